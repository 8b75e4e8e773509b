"""Where webhooks are sent, and what makes their signing secret one that can be trusted."""

import base64
import binascii
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from signoff.domain.model import Value

PATH: Final = "/webhooks/openai"
"""Where the gateway takes them."""

RESPONSE_EVENTS: Final = ("response.completed", "response.failed", "response.cancelled", "response.incomplete")
"""The events that move a job."""

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


class Endpoint(Value):
    """Where OpenAI sends webhooks of a project, as it has it registered."""

    endpoint_id: str
    url: str
    name: str = ""
    event_types: tuple[str, ...] = ()
    created_at: datetime | None = None
    secret_hint: str = ""

    @property
    def is_for_gateway(self) -> bool:
        """Whether its path is the one at which the gateway takes webhooks."""
        return urlsplit(self.url).path == PATH

    @property
    def missing_events(self) -> tuple[str, ...]:
        """The events that jobs wait for and that are not sent there."""
        return tuple(event for event in RESPONSE_EVENTS if event not in self.event_types)


class SigningEndpoint(Value):
    """An endpoint with its new secret, which nobody shows again."""

    endpoint: Endpoint
    secret: SecretStr
