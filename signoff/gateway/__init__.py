"""The gateway: webhooks and jobs over HTTP."""
