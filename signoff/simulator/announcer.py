"""Sends webhooks when responses end."""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Coroutine
from typing import Any, Final

from signoff.simulator.control import Control
from signoff.simulator.events import ANNOUNCED, Event, events_of
from signoff.simulator.posting import is_taken
from signoff.simulator.store import Store
from signoff.simulator.stored import SentEvent, StoredResponse
from signoff.simulator.timeline import SHORTEST_SECONDS, next_change
from signoff.simulator.webhook import Webhook
from signoff.simulator.wire import Patience

# Growing, and bounded: OpenAI goes on for 72 hours.
RETRY_DELAYS: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 60.0)
TICK_SECONDS: Final = 0.02
MOST_AT_ONCE: Final = 64


class Announcer:
    """Watches for ends while there is a receiver.

    The state of a response is computed from the clock, so nothing happens by itself when one ends. Each is looked
    at when its state is due to change, not at each tick, so that thousands that wait cost nothing.
    """

    def __init__(self, clock: Callable[[], float], store: Store, control: Control, patience: Patience) -> None:
        self._clock, self._store, self._control, self._patience = clock, store, control, patience
        self._due: list[tuple[float, int, StoredResponse]] = []
        self._count = itertools.count()
        self._ticker: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    def watch(self, response: StoredResponse) -> None:
        """Announce the end of this response; call it again when its course has changed."""
        if self._control.steering.webhook is None:
            return
        self._look_at(response, self._clock())
        if self._ticker is None:
            self._ticker = asyncio.get_running_loop().create_task(self._tick())

    def watch_all(self) -> None:
        """Announce the ends that are still to come, after a receiver was set."""
        self._due.clear()
        now = self._clock()
        for response in self._store.kept():
            response.announced = response.state(now).status
            self.watch(response)

    async def accepted(self, response: StoredResponse) -> None:
        """Watch a new response, and announce its end before its create is answered where a fault says so."""
        webhook = self._control.steering.webhook
        if webhook is not None and response.script.webhook == "early":
            status = response.state(self._clock()).status
            response.announced = status if status in ANNOUNCED else "completed"
            for event in events_of(response.id, response.announced, self._clock()):
                await self._send(event, webhook)
        self.watch(response)

    def end(self) -> None:
        """Stop watching and sending."""
        for task in (*self._sending, *([self._ticker] if self._ticker else [])):
            task.cancel()

    async def _tick(self) -> None:
        while True:
            now = self._clock()
            for response in self._ready(now):
                self._look_at(response, now)
            await asyncio.sleep(TICK_SECONDS)

    def _ready(self, now: float) -> list[StoredResponse]:
        # One that is found a little too early is due again at the next tick.
        ready = []
        while self._due and self._due[0][0] <= now + SHORTEST_SECONDS:
            ready.append(heapq.heappop(self._due)[2])
        return ready

    def _look_at(self, response: StoredResponse, now: float) -> None:
        """Announce what has changed, and come back when the next change is due."""
        status, webhook = response.state(now).status, self._control.steering.webhook
        if webhook is None or not self._store.has(response.id):
            return
        if status in ANNOUNCED and status != response.announced:
            response.announced = status
            self._start(self._send_all(events_of(response.id, status, now, response.script.webhook), webhook))
        moment = response.moment(now)
        age = next_change(response.script.state_at, moment)
        if age is not None:
            heapq.heappush(self._due, (now + age - moment.age, next(self._count), response))

    async def _send_all(self, events: list[Event], webhook: Webhook) -> None:
        for event in events:
            await self._send(event, webhook)

    async def _send(self, event: Event, webhook: Webhook) -> None:
        """Send it once, and start to repeat it where it was not taken."""
        sent = SentEvent(event.id, event.type, event.response_id)
        self._store.note(sent)
        await self._try(event, webhook, sent)
        if not sent.delivered and event.is_genuine:
            self._start(self._repeat(event, webhook, sent))

    async def _repeat(self, event: Event, webhook: Webhook, sent: SentEvent) -> None:
        for delay in RETRY_DELAYS:
            await self._patience.pause(delay)
            await self._try(event, webhook, sent)
            if sent.delivered:
                return

    async def _try(self, event: Event, webhook: Webhook, sent: SentEvent) -> None:
        async with self._turns:
            sent.tries += 1
            sent.delivered = await is_taken(webhook.url, event.headers(webhook, self._clock()), event.body())

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
