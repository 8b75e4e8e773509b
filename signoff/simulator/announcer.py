"""Announces the ends of responses to everybody who asked for it."""

import asyncio
from collections.abc import Callable
from typing import Final

from signoff.simulator.agenda import Agenda
from signoff.simulator.events import ANNOUNCED, Event, events_of
from signoff.simulator.receivers import Receiver, Receivers
from signoff.simulator.sending import Sending
from signoff.simulator.store import Store
from signoff.simulator.stored import StoredResponse
from signoff.simulator.timeline import next_change

TICK_SECONDS: Final = 0.02


class Announcer:
    """Watches for ends while there are receivers.

    The state of a response is computed from the clock, so nothing happens by itself when one ends. Each is looked
    at when its state is due to change, not at each tick, so that thousands that wait cost nothing.
    """

    def __init__(self, clock: Callable[[], float], store: Store, receivers: Receivers, sending: Sending) -> None:
        self._clock, self._store, self.receivers, self._sending = clock, store, receivers, sending
        self._looks: Agenda[StoredResponse] = Agenda()
        self._late: Agenda[tuple[StoredResponse, str, list[Event]]] = Agenda()
        self._ticker: asyncio.Task[None] | None = None

    def watch(self, response: StoredResponse) -> None:
        """Announce the end of this response; call it again when its course has changed."""
        if not self.receivers.exist():
            return
        self._look_at(response, self._clock())
        if self._ticker is None:
            self._ticker = asyncio.get_running_loop().create_task(self._tick())

    def watch_all(self) -> None:
        """Announce the ends that are still to come, after the first receiver came."""
        self._looks.clear()
        now = self._clock()
        for response in self._store.kept():
            response.announced = response.state(now).status
            self.watch(response)

    async def accepted(self, response: StoredResponse) -> None:
        """Watch a new response, and announce its end before its create is answered where a fault says so."""
        if self.receivers.exist() and response.script.webhook == "early":
            status = response.state(self._clock()).status
            response.announced = status if status in ANNOUNCED else "completed"
            events = events_of(response.id, response.announced, self._clock())
            plans = self._plans(response.announced, events)
            await asyncio.gather(*(self._sending.send_all(receiver, asked) for receiver, asked in plans))
        self.watch(response)

    def end(self) -> None:
        """Stop watching and sending."""
        self._sending.end()
        if self._ticker:
            self._ticker.cancel()

    async def _tick(self) -> None:
        while True:
            now = self._clock()
            for response in self._looks.due(now):
                self._look_at(response, now)
            for response, status, events in self._late.due(now):
                if self._store.has(response.id):
                    self._announce(status, events)
            await asyncio.sleep(TICK_SECONDS)

    def _look_at(self, response: StoredResponse, now: float) -> None:
        """Announce what has changed, and come back when the next change is due."""
        if not self.receivers.exist() or not self._store.has(response.id):
            return
        status, script = response.state(now).status, response.script
        if status in ANNOUNCED and status != response.announced:
            response.announced = status
            events = events_of(response.id, status, now, script.webhook)
            if script.webhook_delay:
                self._late.put(response.changed_at(now) + script.webhook_delay, (response, status, events))
            else:
                self._announce(status, events)
        moment = response.moment(now)
        age = next_change(script.state_at, moment)
        if age is not None:
            # One that is found a little too early is due again at the next tick.
            self._looks.put(now + age - moment.age, response)

    def _announce(self, status: str, events: list[Event]) -> None:
        for receiver, asked in self._plans(status, events):
            self._sending.start(receiver, asked)

    def _plans(self, status: str, events: list[Event]) -> list[tuple[Receiver, list[Event]]]:
        plans = [(each, each.asked(f"response.{status}", events)) for each in self.receivers.all()]
        return [(receiver, asked) for receiver, asked in plans if asked]
