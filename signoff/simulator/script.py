"""What a scenario decides: when a response changes, how it ends, and which calls go wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from starlette.responses import Response

from signoff.simulator.request import CreateRequest

Json: TypeAlias = dict[str, Any]
Operation: TypeAlias = Literal["create", "retrieve", "cancel", "delete", "list"]

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
        now: Seconds since the epoch.
        job_id: The `signoff_job_id` of the create; empty without one.
        create: Which of its job's creates the response came from.
    """

    operation: Operation
    nth: int
    response_id: str
    moment: Moment
    now: float
    job_id: str
    create: int


@dataclass(frozen=True, slots=True)
class Interruption:
    """An answer that takes the place of the healthy one.

    Attributes:
        acts: Whether the call takes effect nevertheless, so that only its reply is lost.
    """

    answer: Response
    acts: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call is answered with, and the visit that it was; None when it was refused."""

    answer: Response
    visit: Visit | None = None


StateAt: TypeAlias = Callable[[Moment], State]
Ending: TypeAlias = Callable[[Run], Json]
Interrupt: TypeAlias = Callable[[Visit], Interruption | None]


def never(_visit: Visit) -> Interruption | None:
    """Leave every call alone."""
    return None


@dataclass(frozen=True, slots=True)
class Script:
    """What one response does in its life; a new fault is another function in one of the first three places.

    Attributes:
        state_at: Pure, so that a body can be built at any time without a task that keeps it up to date.
        ending: The fields that a body gains once the response has ended: output, usage, error and so on.
        interrupt: Asked before every call; an answer from it takes the place of the healthy one.
        late_cancel: The HTTP status of a cancel that comes after the end.
        webhook: What goes wrong with the webhook of its end; empty when nothing does.
        webhook_delay: How many seconds after its end the webhook comes.
        times: For how many of its job's creates it plays; None for one, or for all where nothing follows it.
        later: What plays after these times where nothing follows; None for itself.
    """

    state_at: StateAt
    ending: Ending
    interrupt: Interrupt = never
    late_cancel: int = 400
    webhook: str = ""
    webhook_delay: float = 0.0
    times: int | None = None
    later: "Script | None" = None
