"""An offline OpenAI for the Responses API in background mode.

It shares no code and no type with the product that it tests, or it would agree with the product's mistakes.
What it can play, and how a request chooses, is in README.md beside this file.
"""

from signoff.simulator.app import create_app

__all__ = ["create_app"]
