"""Scenarios that differ in the course of a response: when it changes, and when it can be seen."""

import math

from signoff.simulator.endings import QUEUED, RUNNING, completed
from signoff.simulator.errors import not_found
from signoff.simulator.kinds import Seconds
from signoff.simulator.script import OPEN_STATUSES, Interruption, Moment, Script, State, Visit
from signoff.simulator.timeline import timeline


def stuck() -> Script:
    """Stay queued for ever."""
    return Script(timeline(math.inf, 0), lambda _run: {})


def stale(*, queued: Seconds = QUEUED) -> Script:
    """Stay in progress for ever."""
    return Script(timeline(queued, math.inf), lambda _run: {})


def zombie(*, queued: Seconds = QUEUED, running: Seconds = RUNNING, after: Seconds = 30) -> Script:
    """Complete some time after a cancel was confirmed."""
    healthy = completed(queued=queued, running=running)

    def state_at(moment: Moment) -> State:
        state = healthy.state_at(moment)
        if state.status == "cancelled" and moment.age >= state.since + after:
            return State("completed", state.since + after)
        return state

    return Script(state_at, healthy.ending)


def lag(
    *, queued: Seconds = QUEUED, running: Seconds = RUNNING, after_create: Seconds = 30, after_end: Seconds = 0
) -> Script:
    """Be unknown for a while after the create, and again after the end."""
    healthy = completed(queued=queued, running=running)

    def is_hidden(moment: Moment) -> bool:
        state = healthy.state_at(moment)
        has_just_ended = state.status not in OPEN_STATUSES and moment.age - state.since < after_end
        return moment.age < after_create or has_just_ended

    def interrupt(visit: Visit) -> Interruption | None:
        return _gone(visit) if visit.operation != "create" and is_hidden(visit.moment) else None

    return Script(healthy.state_at, healthy.ending, interrupt)


def vanishing(*, queued: Seconds = QUEUED, running: Seconds = RUNNING, after: Seconds = 600) -> Script:
    """Be unknown for ever, some time after the create."""
    healthy = completed(queued=queued, running=running)

    def interrupt(visit: Visit) -> Interruption | None:
        return _gone(visit) if visit.operation != "create" and visit.moment.age >= after else None

    return Script(healthy.state_at, healthy.ending, interrupt)


def _gone(visit: Visit) -> Interruption:
    return Interruption(not_found(visit.response_id).answer())
