"""Erasing the content of a closed job, and the tombstone that says so."""

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError

from signoff.domain.deliverable import Digest
from signoff.domain.failures import BoundedText
from signoff.domain.integrity import UnsoundError
from signoff.domain.job import JobId
from signoff.domain.model import Input, Name, Value
from signoff.domain.record import JobRecord
from signoff.domain.removal import Erased, Kind

REASON_LIMIT: Final = 1_000
LISTED: Final = 10_000
"""How many removed objects a tombstone lists; what lies beyond is removed as well, and counted."""

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=REASON_LIMIT)]


class Erasure(Input):
    """What an operator asks for: all content of a closed job is to go.

    `keeps_history` leaves Temporal its history of the job, `keeps_upstream` OpenAI its responses. A repeat gets the
    first answer, and does what the first one left out or could not do.
    """

    job_id: JobId
    by: Name
    reason: Reason
    keeps_history: bool = False
    keeps_upstream: bool = False


class Fate(StrEnum):
    """What became of a copy outside of the archive."""

    PENDING = "pending"
    """It is still to be removed."""

    REMOVED = "removed"
    """It was removed, or was not there any more."""

    KEPT = "kept"
    """Whoever erased asked for it to stay."""

    REFUSED = "refused"
    """It could not be removed; the note says why."""


class RemovedObject(Value):
    """One object that lay in the archive. `digest` is the sha256 of its content."""

    path: str
    kind: Kind
    size_bytes: int
    digest: Digest


class Copy(Value):
    """A copy outside of the archive: a response at OpenAI, or the history at Temporal."""

    of: str
    fate: Fate = Fate.PENDING
    note: BoundedText = ""


class Tombstone(Value):
    """What is left of an erased job beside its record: who, when, why, and the digests of all that was removed.

    `request_digest` and `digests` are those that the record knew: of the request, the response bodies and the
    deliverables. `history` is Temporal's copy, `responses` are OpenAI's. `done_at` is when the last part of it was
    settled; without it, the erasure is under way.
    """

    version: Literal[1] = 1
    job_id: str
    erased: Erased
    request_digest: str = ""
    digests: tuple[str, ...] = ()
    objects: tuple[RemovedObject, ...] = ()
    objects_omitted: int = 0
    history: Copy = Copy(of="history")
    responses: tuple[Copy, ...] = ()
    done_at: AwareDatetime | None = None

    @property
    def count(self) -> int:
        """How many objects were removed from the archive."""
        return len(self.objects) + self.objects_omitted

    @property
    def copies(self) -> tuple[Copy, ...]:
        """Every copy outside of the archive."""
        return (self.history, *self.responses)

    def listing(self, found: Iterable[RemovedObject]) -> Self:
        """Add what was found in the archive and is about to be removed; what is listed already is not added again."""
        known = {one.path: one for one in self.objects}
        new = [one for one in found if known.get(one.path) != one]
        room = max(LISTED - len(self.objects), 0)
        omitted = self.objects_omitted + len(new[room:])
        return self.model_copy(update={"objects": (*self.objects, *new[:room]), "objects_omitted": omitted})

    def serves(self, asked: Erasure) -> bool:
        """Whether nothing of what is asked for is left to do."""
        return self.done_at is not None and self == self.reopened_for(asked)

    def reopened_for(self, asked: Erasure) -> Self:
        """Have done what an earlier erasure left out or could not do, where that is asked for now."""
        history = _reopened(self.history, keeps=asked.keeps_history)
        responses = tuple(_reopened(one, keeps=asked.keeps_upstream) for one in self.responses)
        is_same = (history, responses) == (self.history, self.responses)
        changes = {"history": history, "responses": responses, "done_at": self.done_at if is_same else None}
        return self.model_copy(update=changes)


class ErasureAnswer(Value):
    """What an operator is told. `is_done` is false while the erasure goes on by itself."""

    job_id: str
    at: AwareDatetime
    by: str
    reason: str
    is_done: bool
    objects: int
    history: Copy
    responses: Annotated[tuple[Copy, ...], Field(max_length=LISTED)] = ()


def answer_for(tombstone: Tombstone) -> ErasureAnswer:
    """Say what a tombstone says, without the list of objects."""
    return ErasureAnswer(
        job_id=tombstone.job_id,
        **tombstone.erased.model_dump(),
        is_done=tombstone.done_at is not None,
        objects=tombstone.count,
        history=tombstone.history,
        responses=tombstone.responses,
    )


def begun(asked: Erasure, record: JobRecord | None, at: AwareDatetime) -> Tombstone:
    """Write the tombstone of a job, before anything is removed."""
    return Tombstone(
        job_id=asked.job_id,
        erased=Erased(at=at, by=asked.by, reason=asked.reason),
        request_digest=record.request_digest if record else "",
        digests=tuple(dict.fromkeys(_digests(record))) if record else (),
        responses=tuple(_settled(Copy(of=one), keeps=asked.keeps_upstream) for one in _responses(record)),
        history=_settled(Copy(of="history"), keeps=asked.keeps_history),
    )


def render_tombstone(tombstone: Tombstone) -> bytes:
    """Render a tombstone as the archive keeps it."""
    return tombstone.model_dump_json(indent=2).encode()


def read_tombstone(data: bytes, path: str) -> Tombstone:
    """Read a tombstone.

    Raises:
        UnsoundError: It is none.
    """
    try:
        return Tombstone.model_validate(json.loads(data))
    except (ValueError, RecursionError, ValidationError):
        told = "restore it from a copy; or remove it, and erase the job again"
        raise UnsoundError(f"{path} was torn or changed, so it does not say what was erased: {told}") from None


def _settled(copy: Copy, *, keeps: bool) -> Copy:
    return copy.model_copy(update={"fate": Fate.KEPT}) if keeps else copy


def _reopened(copy: Copy, *, keeps: bool) -> Copy:
    is_left = copy.fate in {Fate.KEPT, Fate.REFUSED}
    return copy.model_copy(update={"fate": Fate.PENDING, "note": ""}) if is_left and not keeps else copy


def _digests(record: JobRecord) -> Iterator[str]:
    yield from (attempt.body_digest for attempt in record.attempts if attempt.body_digest)
    yield from (draft.digest for draft in record.drafts)


def _responses(record: JobRecord | None) -> Iterable[str]:
    if record is None:
        return ()
    known = [attempt.response_id for attempt in record.attempts] + [stray.response_id for stray in record.strays]
    return dict.fromkeys(one for one in known if one)
