"""What the archive holds of a job beside its record: each object with what it is, and what it can be held against."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from signoff.domain import layout
from signoff.domain.deliverable import DeliverableRef
from signoff.domain.record import JobRecord

RECORD: Final = "record.json"
"""The path of the record below the folder of its job; every path here is one below that folder."""

_PLAIN_PATH: Final = re.compile(r"(?!.*(^|/)\.)[A-Za-z0-9._-]{1,255}(/[A-Za-z0-9._-]{1,255}){0,4}")


class Part(StrEnum):
    """What a file of a job is."""

    RECORD = "record"
    REQUEST = "request"
    RESPONSE = "response"
    EVIDENCE = "evidence"
    STRAY = "stray"
    DRAFT = "draft"
    APPROVED = "approved"
    REPORT = "report"


class Holding(NamedTuple):
    """One object of a job. `digest` is what it must have, empty where nobody keeps it; `size_bytes` 0 likewise.

    `is_owed` says that the record speaks of it, so that it is missed where it is not there.
    """

    path: str
    part: Part
    about: str
    digest: str = ""
    size_bytes: int = 0
    is_owed: bool = True


def holdings(record: JobRecord) -> Iterator[Holding]:
    """List what the archive holds of a job, in the order of its life."""
    job_id = record.job_id
    for attempt in record.attempts:
        number = attempt.number
        yield Holding(
            _below(job_id, layout.request_path(job_id, number)), Part.REQUEST, f"the parameters of attempt {number}"
        )
        yield Holding(
            _below(job_id, layout.body_path(job_id, number)),
            Part.RESPONSE,
            f"the response body of attempt {number}",
            attempt.body_digest,
            is_owed=bool(attempt.body_digest),
        )
        if attempt.evidence:
            path = _below(job_id, layout.evidence_path(job_id, number))
            yield Holding(path, Part.EVIDENCE, f"the evidence index of attempt {number}", attempt.evidence.digest)
    for stray in record.strays:
        about = f"the body of the stray response {stray.response_id}"
        yield Holding(_below(job_id, layout.stray_path(job_id, stray.response_id)), Part.STRAY, about)
        if stray.evidence:
            path = _below(job_id, layout.stray_evidence_path(job_id, stray.response_id))
            about = f"the evidence index of the stray response {stray.response_id}"
            yield Holding(path, Part.EVIDENCE, about, stray.evidence.digest)
    for place, draft in enumerate(drafts_of(record), start=1):
        by = f", edited by {draft.author}" if draft.author else ""
        path = _below(job_id, layout.deliverable_path(job_id, draft.digest))
        yield Holding(
            path, Part.DRAFT, f"draft {place}, of attempt {draft.attempt}{by}", draft.digest, draft.size_bytes
        )


def drafts_of(record: JobRecord) -> tuple[DeliverableRef, ...]:
    """Give each draft once, the oldest first; records from before drafts were listed have the last one alone."""
    named = {one.digest: one for one in record.drafts}
    if record.deliverable:
        named.setdefault(record.deliverable.digest, record.deliverable)
    return tuple(named.values())


def approved_draft(record: JobRecord) -> DeliverableRef | None:
    """Give the draft that enough people approved, if there is one."""
    review = record.review
    if review is None or not review.has_approved_bytes:
        return None
    return next((one for one in drafts_of(record) if one.digest == review.digest), None)


def is_plain_path(path: str) -> bool:
    """Whether a path leads nowhere but below the folder that it is taken from."""
    return _PLAIN_PATH.fullmatch(path) is not None


def _below(job_id: str, path: str) -> str:
    return path.removeprefix(f"jobs/{job_id}/")
