"""Where webhooks go, and how they are signed: Standard Webhooks, as OpenAI uses it."""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from signoff.simulator.fields import Field, nullable, read_fields

PREFIX: Final = "whsec_"
FEWEST_SECRET_BYTES: Final = 24
TAKES_URL: Final = "an http:// address of this machine, such as http://127.0.0.1:8088/webhooks"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver of webhooks.

    Attributes:
        url: On this machine only, so that a slip of the pen sends nothing into the world.
        second_secret: Signs too where it is given, as during a rotation.
    """

    url: str
    secret: str
    second_secret: str | None = None

    @classmethod
    def read(cls, given: object) -> "Webhook":
        """Return the receiver that this JSON describes."""
        secret = Field(f"'{PREFIX}' and base64 of at least {FEWEST_SECRET_BYTES} bytes", _checked_secret)
        fields = {
            "url": Field(TAKES_URL, checked_url),
            "secret": secret,
            "second_secret": nullable(secret),
        }
        return cls(**read_fields(given, "webhook", fields))

    def sign(self, message_id: str, timestamp: int, body: bytes, how: str = "usual") -> str:
        """Return the header `webhook-signature`.

        Args:
            message_id: The header `webhook-id`.
            timestamp: The header `webhook-timestamp`, in seconds since the epoch.
            body: What is sent.
            how: `usual`, `forged` (by a secret that nobody knows), or `two_signatures` (a stranger's and a true one).
        """
        known = [self.secret, *([self.second_secret] if self.second_secret else [])]
        signers = {"forged": [new_secret()], "two_signatures": [new_secret(), *known]}.get(how, known)
        return " ".join(signature(secret, message_id, timestamp, body) for secret in signers)


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return one signature of Standard Webhooks."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def new_secret() -> str:
    """Return a secret that nobody else has."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def _checked_secret(given: Any) -> str:  # noqa: ANN401 -- any JSON value
    try:
        is_secret = isinstance(given, str) and given.startswith(PREFIX) and len(_key(given)) >= FEWEST_SECRET_BYTES
    except binascii.Error:
        is_secret = False
    if not is_secret:
        raise ValueError(given)
    return str(given)


def checked_url(given: Any) -> str:  # noqa: ANN401 -- any JSON value
    """Return the address of a receiver, or raise ValueError where it is none on this machine."""
    if not isinstance(given, str) or not given.isascii() or any(sign.isspace() for sign in given):
        raise ValueError(given)
    parts = urlsplit(given)
    host = parts.hostname or ""
    is_here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    if parts.scheme != "http" or not is_here or parts.username is not None or parts.port == 0:
        raise ValueError(given)
    return given
