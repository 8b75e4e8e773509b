"""How jobs and the local stack are started: the `signoff` command and the demo."""
