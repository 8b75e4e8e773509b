"""What a scenario decides: when a response changes, how it ends, and which calls go wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from starlette.responses import Response

from signoff.simulator.request import CreateRequest

Json: TypeAlias = dict[str, Any]
Operation: TypeAlias = Literal["create", "retrieve", "cancel", "delete"]

OPEN_STATUSES = ("queued", "in_progress")


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in the life of a response; both numbers are seconds since its create."""

    age: float
    cancelled_at: float | None = None


@dataclass(frozen=True, slots=True)
class State:
    """A status, and the age in seconds at which the response took it."""

    status: str
    since: float


@dataclass(frozen=True, slots=True)
class Run:
    """What an ending is written from.

    Attributes:
        include: The evidence asked for, by the create or by this retrieve.
    """

    response_id: str
    request: CreateRequest
    include: frozenset[str]


@dataclass(frozen=True, slots=True)
class Visit:
    """One call that concerns a response.

    Attributes:
        nth: 1 for the first such call; creates are counted per `signoff_job_id`, all others per response.
    """

    operation: Operation
    nth: int
    response_id: str
    moment: Moment


@dataclass(frozen=True, slots=True)
class Interruption:
    """An answer that takes the place of the healthy one.

    Attributes:
        acts: Whether the call takes effect nevertheless, so that only its reply is lost.
    """

    answer: Response
    acts: bool = False


def never(_visit: Visit) -> Interruption | None:
    """Leave every call alone."""
    return None


@dataclass(frozen=True, slots=True)
class Script:
    """What one response does in its life; a new fault is another function in one of these places.

    Attributes:
        state_at: Pure, so that a body can be built at any time without a task that keeps it up to date.
        ending: The fields that a body gains once the response has ended: output, usage, error and so on.
        interrupt: Asked before every call; an answer from it takes the place of the healthy one.
    """

    state_at: Callable[[Moment], State]
    ending: Callable[[Run], Json]
    interrupt: Callable[[Visit], Interruption | None] = never


def timeline(queued: float, running: float, last: str = "completed") -> Callable[[Moment], State]:
    """Return the healthy course: queued, in progress, then `last`, unless a cancel came before the end."""
    end = queued + running

    def state_at(moment: Moment) -> State:
        if moment.cancelled_at is not None and moment.cancelled_at < end:
            return State("cancelled", moment.cancelled_at)
        if moment.age < queued:
            return State("queued", 0.0)
        return State("in_progress", queued) if moment.age < end else State(last, end)

    return state_at
