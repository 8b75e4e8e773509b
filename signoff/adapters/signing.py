"""Signatures by which a receiver knows a delivery as genuine: Standard Webhooks, version 1 (standardwebhooks.com)."""

from datetime import UTC, datetime

from standardwebhooks import Webhook

from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation
from signoff.domain.webhooks import weakness_of


def signature_headers(secret: str, message_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """Sign a body for one sending of it: a repeat has the same id, and a time and a signature of its own."""
    signature = Webhook(secret).sign(message_id, at.astimezone(UTC), body.decode())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


def require_strong(name: str, secret: str) -> None:
    """Refuse a signing secret that could be guessed.

    Raises:
        FaultError: Says what is wrong with it, and does not show it.
    """
    if weakness := weakness_of(secret):
        message = f"the delivery secret {name} can't sign: {weakness}"
        raise FaultError(Observation(stage=Stage.DELIVER, http_status=403, message=message))
