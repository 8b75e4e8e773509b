"""Replay of committed histories: what running jobs need of every later version of the workflow."""
