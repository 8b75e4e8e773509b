"""Tests of the `signoff` command, the local stack and the demo."""
