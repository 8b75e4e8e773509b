"""Everybody who hears of the end of a response: whom the control names, and the registered endpoints."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from signoff.simulator.control import Control
from signoff.simulator.events import UNKNOWN_TYPE, Event
from signoff.simulator.registry import MOST_AT_ONCE, RegisteredEndpoint, Registry
from signoff.simulator.webhook import Webhook


@dataclass(frozen=True, slots=True)
class Receiver:
    """One of them.

    Attributes:
        endpoint_id: None for the one that the control names.
        webhook: Where to, and how signed, at the time of the call; None once the endpoint was deleted.
        turns: How many webhooks may be on their way to it.
        event_types: What it asks for; None for all.
    """

    endpoint_id: str | None
    webhook: Callable[[], Webhook | None]
    turns: asyncio.Semaphore
    event_types: tuple[str, ...] | None = None

    def asked(self, end_type: str, events: list[Event]) -> list[Event]:
        """Return those of the events about one end that it asks for; nobody can ask for an unknown type by name."""
        types = self.event_types
        if types is None:
            return events
        return [each for each in events if (end_type if each.type == UNKNOWN_TYPE else each.type) in types]


class Receivers:
    """All of them, as they are at the time of the call."""

    def __init__(self, clock: Callable[[], float], control: Control, registry: Registry) -> None:
        self._clock, self._control, self._registry = clock, control, registry
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    def exist(self) -> bool:
        """Tell whether there is any."""
        return self._control.steering.webhook is not None or bool(self._registry.all())

    def all(self) -> list[Receiver]:
        """Return each."""
        webhook = self._control.steering.webhook
        steered = [] if webhook is None else [Receiver(None, lambda: webhook, self._turns)]
        return [*steered, *(self._registered(endpoint) for endpoint in self._registry.all())]

    def _registered(self, endpoint: RegisteredEndpoint) -> Receiver:
        def webhook() -> Webhook | None:
            return endpoint.webhook(self._clock()) if self._registry.has(endpoint.id) else None

        return Receiver(endpoint.id, webhook, endpoint.turns, endpoint.settings.event_types)
