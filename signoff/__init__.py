"""Signoff: OpenAI background responses as durable jobs that a person signs off."""
