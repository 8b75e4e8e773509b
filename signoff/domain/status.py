"""The status model: what a job can be, what comes next, and every move that is allowed."""

from enum import StrEnum
from typing import Final


class JobStatus(StrEnum):
    """Where a job stands as a piece of business, however the news arrived."""

    QUEUED = "queued"
    RUNNING = "running"
    AWAITING_REVIEW = "awaiting_review"
    DELIVERING = "delivering"
    NEEDS_ATTENTION = "needs_attention"
    COMPLETED = "completed"
    REJECTED = "rejected"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will happen to the job."""
        return not MOVES[self]


class NextAction(StrEnum):
    """What has to happen next, and by that who has to act."""

    WAIT = "wait"
    REVIEW = "review"
    AMEND_REQUEST = "amend_request"
    FIX_CONFIGURATION = "fix_configuration"
    RESTORE_QUOTA = "restore_quota"
    INSPECT = "inspect"
    RETRY = "retry"
    RETRY_DELIVERY = "retry_delivery"
    NONE = "none"


class Actor(StrEnum):
    """Who has to act next."""

    NOBODY = "nobody"
    REQUESTER = "requester"
    REVIEWER = "reviewer"
    OPERATOR = "operator"


class ResponseStatus(StrEnum):
    """What OpenAI last said of the response; a technical fact that never decides a `JobStatus` alone."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_terminal(self) -> bool:
        """Whether OpenAI has stopped working on the response."""
        return self not in {ResponseStatus.QUEUED, ResponseStatus.IN_PROGRESS}

    @classmethod
    def _missing_(cls, _value: object) -> "ResponseStatus":
        """Read a status that this version does not know as `unknown` (the set is open)."""
        return cls.UNKNOWN


_S = JobStatus
MOVES: Final[dict[JobStatus, frozenset[JobStatus]]] = {
    _S.QUEUED: frozenset({_S.RUNNING, _S.NEEDS_ATTENTION, _S.CANCELLED}),
    _S.RUNNING: frozenset({_S.QUEUED, _S.AWAITING_REVIEW, _S.NEEDS_ATTENTION, _S.CANCELLED}),
    _S.AWAITING_REVIEW: frozenset({_S.QUEUED, _S.DELIVERING, _S.REJECTED, _S.EXPIRED, _S.CANCELLED}),
    _S.DELIVERING: frozenset({_S.COMPLETED, _S.AWAITING_REVIEW, _S.NEEDS_ATTENTION, _S.CANCELLED}),
    _S.NEEDS_ATTENTION: frozenset(
        {_S.QUEUED, _S.RUNNING, _S.AWAITING_REVIEW, _S.DELIVERING, _S.FAILED, _S.EXPIRED, _S.CANCELLED}
    ),
    _S.COMPLETED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.FAILED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.CANCELLED: frozenset(),
}
"""From each status, the ones that may follow it. A closed status has none."""

DEFAULT_ACTIONS: Final[dict[JobStatus, NextAction]] = {
    _S.QUEUED: NextAction.WAIT,
    _S.RUNNING: NextAction.WAIT,
    _S.AWAITING_REVIEW: NextAction.REVIEW,
    _S.DELIVERING: NextAction.WAIT,
    _S.NEEDS_ATTENTION: NextAction.INSPECT,
}
"""The next action of a status when nothing more exact is known; closed ones have `none`."""

DEFAULT_ACTORS: Final[dict[JobStatus, Actor]] = {
    _S.AWAITING_REVIEW: Actor.REVIEWER,
    _S.NEEDS_ATTENTION: Actor.OPERATOR,
}
"""Who has to act in a status when nothing more exact is known; in the others nobody has to."""


class IllegalMoveError(Exception):
    """A move that the table lacks: always a bug, never an outcome."""


def check_move(current: JobStatus, following: JobStatus) -> None:
    """Refuse a move that the table lacks.

    Raises:
        IllegalMoveError: The job may not go from the one status to the other.
    """
    if following not in MOVES[current]:
        msg = f"a job may not move from {current} to {following}"
        raise IllegalMoveError(msg)
