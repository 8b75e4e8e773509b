"""The pages that people use in a browser: signing in, and reviewing what is held."""
