"""The steering while it runs: what is left of an outage, how many connections are still to be closed."""

from collections.abc import Callable
from dataclasses import replace

from starlette.responses import Response

from signoff.simulator.errors import played
from signoff.simulator.script import Json, Operation, Visit
from signoff.simulator.steering import Steering
from signoff.simulator.wire import Closed, Cut, Late, proxy_page


class Control:
    """Holds the steering and counts down what it limits.

    Attributes:
        start: What holds until something else is set.
        steering: As it was set.
        refuse: Makes the server turn connections away for so many seconds; does nothing where there is no server.
    """

    def __init__(self, clock: Callable[[], float], start: Steering) -> None:
        self.start = self.steering = start
        self.refuse: Callable[[float], None] = lambda _seconds: None
        self._clock = clock
        self._since = clock()
        self._closed = 0

    def set(self, steering: Steering) -> None:
        """Steer like this from now on."""
        self.steering, self._since, self._closed = steering, self._clock(), 0
        if steering.outage and steering.outage.how == "refuse" and steering.outage.seconds is not None:
            self.refuse(steering.outage.seconds)

    def to_json(self) -> Json:
        """Return the steering as it is now: with what is left of its times."""
        left, close, outage = self._seconds_left(), self.steering.close, self.steering.outage
        if outage is not None and outage.seconds is not None:
            outage = replace(outage, seconds=round(left, 3)) if left > 0 else None
        if close is not None and close.times is not None:
            times = close.times - self._closed
            close = replace(close, times=times) if times > 0 else None
        return replace(self.steering, outage=outage, close=close).to_json()

    def outage(self) -> Response | None:
        """Return how a call is answered while the API fails, or None while it does not."""
        outage = self.steering.outage
        if outage is None or self._seconds_left() <= 0:
            return None
        if outage.how == "status":
            return played(outage.status).answer()
        return proxy_page(outage.status) if outage.how == "html" else Closed()

    def closes(self, operation: Operation, when: str) -> bool:
        """Tell whether this call's connection is to be closed at this moment, and count it if so."""
        close = self.steering.close
        if close is None or close.when != when or operation not in close.operations:
            return False
        self._closed += 1
        return close.times is None or self._closed <= close.times

    def spoil(
        self, operation: Operation, visit: Visit | None, answer: Response, on_lost: Callable[[], None]
    ) -> Response:
        """Return what becomes of an answer on its way.

        Args:
            operation: The call.
            visit: What the call did; None when it was refused.
            answer: The answer that should arrive.
            on_lost: Called when it does not.
        """
        is_dropped = self.steering.drop is not None and visit is not None and self.steering.drop.hits(visit)
        if self.closes(operation, "after") or is_dropped:
            on_lost()
            return Closed()
        if self.closes(operation, "during"):
            on_lost()
            return Cut(answer)
        slow = self.steering.slow
        return Late(answer, slow.seconds, on_lost) if slow and operation in slow.operations else answer

    def _seconds_left(self) -> float:
        outage = self.steering.outage
        if outage is None or outage.seconds is None:
            return 1.0
        return outage.seconds - (self._clock() - self._since)
