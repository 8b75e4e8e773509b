"""What makes the signing secret of webhooks one that can be trusted."""

import base64
import binascii
from typing import Final

PREFIX: Final = "whsec_"
FEWEST_BYTES: Final = 24
"""As many as Standard Webhooks asks for. A verifier takes a shorter key too, even an empty one that anyone guesses."""


def weakness_of(secret: str) -> str:
    """Say what is wrong with a signing secret, without quoting it; empty for one that is fine."""
    if not secret.startswith(PREFIX):
        return f"it does not begin with {PREFIX}; copy the whole secret"
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return f"what follows {PREFIX} is no base64; copy the whole secret"
    if len(key) < FEWEST_BYTES:
        return f"it decodes to {len(key)} bytes, and {FEWEST_BYTES} are the least that can't be guessed"
    return ""
