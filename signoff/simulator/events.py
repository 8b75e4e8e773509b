"""What is sent when a response ends: one event, or what a fault makes of it."""

import json
import secrets
from dataclasses import dataclass, replace
from typing import Final

from signoff.simulator.event_types import sample_data
from signoff.simulator.script import Json
from signoff.simulator.webhook import Webhook

FAULTS: Final = (
    "early",
    "duplicate",
    "reordered",
    "missing",
    "forged",
    "old",
    "two_signatures",
    "foreign",
    "unknown",
)
ANNOUNCED: Final = ("completed", "failed", "cancelled", "incomplete")
UNKNOWN_TYPE: Final = "response.never_seen_before"
# OpenAI's clients take nothing that is more than 300 seconds old.
OLD_SECONDS: Final = 600
EARLIER_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Event:
    """One webhook.

    Attributes:
        id: Also the header `webhook-id`, which stays the same when it is sent again.
        created_at: Seconds since the epoch.
        data: What it says in place of the id of the response, where it is a sample.
        fault: What is wrong with its signature or its time; empty when nothing is.
    """

    id: str
    type: str
    response_id: str
    created_at: int
    fault: str = ""
    data: Json | None = None

    @property
    def is_genuine(self) -> bool:
        """Whether a receiver should take it; what should be refused is not sent again."""
        return self.fault not in ("forged", "old")

    def body(self) -> bytes:
        """Return what is sent."""
        event = {"id": self.id, "object": "event", "created_at": self.created_at, "type": self.type}
        return json.dumps(event | {"data": self.data or {"id": self.response_id}}).encode()

    def headers(self, webhook: Webhook, now: float) -> dict[str, str]:
        """Return the headers of Standard Webhooks, signed anew for each time that it is sent."""
        timestamp = int(now) - (OLD_SECONDS if self.fault == "old" else 0)
        return {
            "content-type": "application/json",
            "user-agent": "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)",
            "webhook-id": self.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": webhook.sign(self.id, timestamp, self.body(), self.fault),
        }


def events_of(response_id: str, status: str, now: float, fault: str = "") -> list[Event]:
    """Return what is sent, in this order, when a response has ended with this status."""
    event = Event(new_event_id(), f"response.{status}", response_id, int(now))
    earlier = int(now) - EARLIER_SECONDS
    plans = {
        "missing": [],
        "duplicate": [event, event, replace(event, id=new_event_id())],
        "reordered": [event, replace(event, id=new_event_id(), type="response.failed", created_at=earlier)],
        "foreign": [replace(event, id=new_event_id(), response_id=f"resp_{secrets.token_hex(24)}"), event],
        "unknown": [replace(event, id=new_event_id(), type=UNKNOWN_TYPE), event],
    }
    return plans.get(fault, [replace(event, fault=fault)])


def sample_of(event_type: str, now: float) -> Event:
    """Return an event of this type about something that nobody has."""
    return Event(new_event_id(), event_type, "", int(now), data=sample_data(event_type))


def new_event_id() -> str:
    """Return the id of one event."""
    return f"evt_{secrets.token_hex(24)}"
