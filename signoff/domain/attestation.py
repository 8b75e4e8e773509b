"""The gateway's word that a signed-in person said something: a signature that workers check.

An HMAC suffices: whoever could forge one with the key could as well do what a worker does, deliver. The key is in
the environment of both and never in a history.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Sequence
from typing import Final

from signoff.domain.arrangement import Arrangement
from signoff.domain.decision import Decision
from signoff.domain.deliverable import canonical_json

KEY_LEAST_BYTES: Final = 32
_VERSION: Final = "v1"


class Attestor:
    """Vouches for messages with its first key, and takes the word of any of its keys; two during a rotation.

    Raises:
        ValueError: A key has fewer than 32 bytes.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [key.encode() for key in keys]
        for number, key in enumerate(self._keys, start=1):
            if len(key) < KEY_LEAST_BYTES:
                msg = f"key {number} has {len(key)} bytes, and {KEY_LEAST_BYTES} are the least"
                raise ValueError(msg)

    def __bool__(self) -> bool:
        """Whether there is any key."""
        return bool(self._keys)

    def vouched(self, job_id: str, message: Decision | Arrangement) -> str:
        """Give the attestation of a message to a job; empty without a key."""
        return _signed(self._keys[0], job_id, message) if self._keys else ""

    def is_vouched(self, job_id: str, message: Decision | Arrangement) -> bool:
        """Whether a message carries the gateway's word for exactly what it says, to this job."""
        given = message.attestation.encode()
        return any(hmac.compare_digest(_signed(key, job_id, message).encode(), given) for key in self._keys)


def _signed(key: bytes, job_id: str, message: Decision | Arrangement) -> str:
    # Without defaults, so that a version with more fields agrees about a message that does not use them.
    said = message.model_dump(mode="json", exclude={"attestation"}, exclude_defaults=True)
    content = canonical_json([_VERSION, type(message).__name__, job_id, said])
    return f"{_VERSION},{b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()}"
