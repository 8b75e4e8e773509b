"""When the state of a response changes."""

from collections.abc import Callable
from dataclasses import replace

from signoff.simulator.script import OPEN_STATUSES, Interrupt, Interruption, Moment, Script, State, StateAt, Visit

SHORTEST_SECONDS, LONGEST_SECONDS = 0.001, 30 * 24 * 3600


def timeline(queued: float, running: float, last: str = "completed") -> StateAt:
    """Return the healthy course: queued, in progress, then `last`, unless a cancel came before the end."""
    end = queued + running

    def state_at(moment: Moment) -> State:
        if moment.cancelled_at is not None and moment.cancelled_at < end:
            return State("cancelled", moment.cancelled_at)
        if moment.age < queued:
            return State("queued", 0.0)
        return State("in_progress", queued) if moment.age < end else State(last, end)

    return state_at


def continued(old: Script, new: Script, at: Moment) -> Script:
    """Return the script of a response that follows the new one from this moment on.

    What has been reached stays: a response that has ended keeps its ending, and one in progress is not queued again.
    Only the calls of an ended one follow the new script.
    """
    reached = old.state_at(at)
    if reached.status not in OPEN_STATUSES:
        return replace(new, state_at=old.state_at, ending=old.ending, interrupt=_shifted(new.interrupt, at.age))

    def state_at(moment: Moment) -> State:
        if moment.age < at.age:
            return old.state_at(moment)
        state = new.state_at(_since(moment, at.age))
        return reached if state.status == "queued" else State(state.status, state.since + at.age)

    return replace(new, state_at=state_at, interrupt=_shifted(new.interrupt, at.age))


def next_change(state_at: StateAt, moment: Moment) -> float | None:
    """Return the age at which the status will be another, to a millisecond; None when it stays for weeks.

    A status that lasts shorter than the time until it comes may be passed over.
    """
    status, low, step = state_at(moment).status, moment.age, SHORTEST_SECONDS
    while step < LONGEST_SECONDS:
        high = moment.age + step
        if state_at(replace(moment, age=high)).status != status:
            return _border(lambda age: state_at(replace(moment, age=age)).status == status, low, high)
        low, step = high, step * 1.5
    return None


def _border(is_before: Callable[[float], bool], low: float, high: float) -> float:
    while high - low > SHORTEST_SECONDS:
        middle = (low + high) / 2
        low, high = (middle, high) if is_before(middle) else (low, middle)
    return high


def _shifted(interrupt: Interrupt, age: float) -> Interrupt:
    def shifted(visit: Visit) -> Interruption | None:
        return interrupt(replace(visit, moment=_since(visit.moment, age)))

    return shifted


def _since(moment: Moment, age: float) -> Moment:
    cancelled_at = None if moment.cancelled_at is None else moment.cancelled_at - age
    return Moment(max(0.0, moment.age - age), cancelled_at)
