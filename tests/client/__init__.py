"""`JobClient` on the real dev server."""
