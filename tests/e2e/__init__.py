"""The whole product as processes, on the real dev server."""
