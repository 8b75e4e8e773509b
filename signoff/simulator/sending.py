"""Sends webhooks, and sends them again where they were not taken."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from signoff.simulator.events import Event
from signoff.simulator.posting import is_success, post
from signoff.simulator.receivers import Receiver
from signoff.simulator.store import Store
from signoff.simulator.stored import SentEvent
from signoff.simulator.wire import Patience

# Growing, and bounded: OpenAI goes on for 72 hours.
RETRY_DELAYS: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 60.0)


class Sending:
    """What is on its way; each receiver has its own order and its own turns, so that none waits for another."""

    def __init__(self, clock: Callable[[], float], store: Store, patience: Patience) -> None:
        self._clock, self._store, self._patience = clock, store, patience
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, receiver: Receiver, events: list[Event]) -> None:
        """Send the events without waiting for it."""
        self._start(self.send_all(receiver, events))

    async def send_all(self, receiver: Receiver, events: list[Event]) -> None:
        """Send each once, in this order, and start to repeat those that were not taken."""
        for event in events:
            sent = SentEvent(event.id, event.type, event.response_id, endpoint_id=receiver.endpoint_id)
            self._store.note(sent)
            await self._try(receiver, event, sent)
            if not sent.delivered and event.is_genuine:
                self._start(self._repeat(receiver, event, sent))

    def end(self) -> None:
        """Stop sending."""
        for task in self._tasks:
            task.cancel()

    async def _repeat(self, receiver: Receiver, event: Event, sent: SentEvent) -> None:
        for delay in RETRY_DELAYS:
            await self._patience.pause(delay)
            if receiver.webhook() is None:
                return
            await self._try(receiver, event, sent)
            if sent.delivered:
                return

    async def _try(self, receiver: Receiver, event: Event, sent: SentEvent) -> None:
        async with receiver.turns:
            webhook = receiver.webhook()
            if webhook is None:
                return
            sent.tries += 1
            sent.delivered = is_success(await post(webhook.url, event.headers(webhook, self._clock()), event.body()))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
