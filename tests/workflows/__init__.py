"""The workflow, on a server that skips time."""
