"""The simulator, tested with the real OpenAI client and against OpenAI's published schemas."""
