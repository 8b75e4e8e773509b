"""Whether what is kept of a job is still what it was, and whether it agrees with itself: pure, one line per thing."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from pydantic import ValidationError

from signoff.domain.decision import DecisionLine
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.handover import Delivery
from signoff.domain.holdings import RECORD, Holding, Part, drafts_of
from signoff.domain.integrity import UnsoundError, read_record, seal_of
from signoff.domain.manifest import MANIFEST, Manifest
from signoff.domain.model import counted, identity
from signoff.domain.record import JobRecord
from signoff.domain.review import Review
from signoff.domain.status import JobStatus

NOBODY_KEEPS_IT: Final = "nobody keeps its digest"


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    DIFFERS = "differs"
    ABSENT = "absent"
    NOT_CHECKABLE = "not checkable"


class Check(NamedTuple):
    """One thing that was checked; `told` says what was found, or why it can't be checked."""

    what: str
    state: State
    told: str = ""


class Found(NamedTuple):
    """A file as it was found."""

    sha256: str
    size_bytes: int


def is_sound(checks: list[Check]) -> bool:
    """Whether nothing differs. What is absent or not checkable is for whoever reads it to judge."""
    return all(check.state is not State.DIFFERS for check in checks)


def of_kept_record(data: bytes) -> tuple[Check, JobRecord | None]:
    """Check a record against its own last field, and give it where it can be relied on."""
    try:
        record = read_record(data, RECORD)
    except UnsoundError as error:
        return Check(RECORD, State.DIFFERS, str(error)), None
    claimed, _ = seal_of(data)
    if not claimed:
        return Check(RECORD, State.NOT_CHECKABLE, "an older version wrote it, without a digest"), record
    return Check(RECORD, State.OK, claimed), record


def of_holding(holding: Holding, data: bytes | None, job_id: str) -> Check | None:
    """Check one object of a job; nothing where none is there and none is missed."""
    if data is None:
        return Check(holding.path, State.ABSENT, holding.about) if holding.is_owed else None
    if not holding.digest:
        return Check(holding.path, State.NOT_CHECKABLE, f"{holding.about}: {NOBODY_KEEPS_IT}")
    if (found := digest_of(data)) != holding.digest:
        return Check(holding.path, State.DIFFERS, f"{holding.about}: has {found}, and {holding.digest} was kept")
    if holding.part is Part.DRAFT and (problem := _in_draft(holding, data, job_id)):
        return Check(holding.path, State.DIFFERS, f"{holding.about}: {problem}")
    return Check(holding.path, State.OK, holding.about)


def of_request(record: JobRecord, submitted: str | None, why: str = "") -> Check:
    """Check which request the job was started with, against Temporal's own word where it still knows."""
    what = "request digest"
    if submitted is None:
        return Check(what, State.NOT_CHECKABLE, why or "Temporal has forgotten the request that the job began with")
    if submitted != record.request_digest:
        return Check(what, State.DIFFERS, f"the record has {record.request_digest}, Temporal has {submitted}")
    return Check(what, State.OK, submitted)


def of_record(record: JobRecord) -> Iterator[Check]:
    """Check that a record agrees with itself: attempts, decisions, approvals, the delivery."""
    yield from _of_attempts(record)
    drafts = {draft.digest for draft in drafts_of(record)}
    for review in record.reviews:
        yield from (_of_decision(line, drafts) for line in review.lines if line.is_accepted)
    yield from _of_delivery(record, drafts)


def of_files(manifest: Manifest, found: Mapping[str, Found]) -> Iterator[Check]:
    """Check the files of a folder against its manifest, and that there are no others."""
    for entry in manifest.files:
        seen = found.get(entry.path)
        if seen is None:
            yield Check(entry.path, State.DIFFERS, f"{entry.about}: the manifest lists it, and it is not there")
        elif seen != (entry.sha256, entry.size_bytes):
            told = f"has {seen.sha256} and {seen.size_bytes:,} bytes, not {entry.sha256} and {entry.size_bytes:,}"
            yield Check(entry.path, State.DIFFERS, f"{entry.about}: {told}")
        else:
            yield Check(entry.path, State.OK, entry.about)
    for absence in manifest.absent:
        yield Check(absence.path, State.ABSENT, f"{absence.about}: {absence.why}")
    listed = {MANIFEST, *(entry.path for entry in manifest.files)}
    yield from (Check(path, State.DIFFERS, "the manifest does not list it") for path in sorted(set(found) - listed))


def _in_draft(holding: Holding, data: bytes, job_id: str) -> str:
    try:
        draft = Deliverable.model_validate_json(data)
    except ValidationError:
        return "it is no deliverable"
    if draft.job_id != job_id:
        return f"it is of the job {draft.job_id}"
    return "" if len(data) == holding.size_bytes else f"it has {len(data):,} bytes, not {holding.size_bytes:,}"


def _of_attempts(record: JobRecord) -> Iterator[Check]:
    """Until somebody amends it, each attempt is at the request that was submitted."""
    amended = [line.attempt for line in record.repairs if line.is_accepted and line.kind == "amend"]
    for attempt in record.attempts:
        if attempt.request_digest and attempt.number <= min(amended, default=attempt.number):
            is_same = attempt.request_digest == record.request_digest
            told = (
                "at the request as submitted" if is_same else f"was at {attempt.request_digest}, and nobody amended it"
            )
            yield Check(f"attempt {attempt.number}", State.OK if is_same else State.DIFFERS, told)


def _of_decision(line: DecisionLine, drafts: set[str]) -> Check:
    what = f"decision {line.decision_id}"
    about = f"{line.kind} by {line.reviewer}"
    unknown = [digest for digest in (line.digest, line.edited_digest) if digest and digest not in drafts]
    if unknown:
        return Check(what, State.DIFFERS, f"{about}: {unknown[0]} is no draft of the job")
    return Check(what, State.OK, f"{about}, of {line.edited_digest or line.digest}")


def _of_delivery(record: JobRecord, drafts: set[str]) -> Iterator[Check]:
    must_be_approved = record.status in {JobStatus.COMPLETED, JobStatus.DELIVERING}
    if not record.receipts and not must_be_approved:
        return
    if record.review is None:
        yield Check("approvals", State.DIFFERS, "it was delivered, and never held for review")
        return
    needed = [_approving(record, one) for one in record.handovers if one.receipt]
    needed += [record.review] if must_be_approved else []
    yield from (_of_approvals(review, drafts) for review in record.reviews if review in needed)
    is_completed = record.status is JobStatus.COMPLETED
    yield from (_of_receipt(record, one) for one in record.handovers if one.receipt or is_completed)
    if len(record.handovers) > 1:
        yield _of_destinations(record)


def _approving(record: JobRecord, delivery: Delivery) -> Review:
    """Give the review under which something arrived: what comes after it asks for other destinations alone."""
    reviews = record.reviews
    first = max(place for place, review in enumerate(reviews) if not (place and review.redirect))
    # The clock of an older record's receipt may be behind that of its review, so the first one counts anyway.
    later = [review for review in reviews[first + 1 :] if review.opened_at < delivery.since]
    return later[-1] if later else reviews[first]


def _of_receipt(record: JobRecord, delivery: Delivery) -> Check:
    what = "receipt" if len(record.handovers) == 1 else f"receipt {delivery.number}"
    receipt = delivery.receipt
    if receipt is None:
        return Check(what, State.DIFFERS, "the job is completed, and there is none")
    approved = _approving(record, delivery).digest
    if receipt.digest != approved:
        return Check(what, State.DIFFERS, f"for {receipt.digest}; held was {approved}")
    if delivery.number == 1 and record.receipt != receipt and (record.receipt or record.status is JobStatus.COMPLETED):
        return Check(what, State.DIFFERS, "the record names another one of the first delivery, or none")
    return Check(what, State.OK, receipt.digest)


def _of_destinations(record: JobRecord) -> Check:
    """Nothing went to the same place twice, and the first place is the one that older readers know."""
    places = [delivery.destination for delivery in record.handovers]
    for number, place in enumerate(places, 1):
        if place in places[: number - 1]:
            told = f"deliveries {places.index(place) + 1} and {number} go to the same place"
            return Check("destinations", State.DIFFERS, told)
    if record.destination != places[0]:
        return Check("destinations", State.DIFFERS, "the record has two different ones of the first delivery")
    return Check("destinations", State.OK, f"{len(places)}, each another one")


def _of_approvals(review: Review, drafts: set[str]) -> Check:
    what = f"approvals of redirect {review.redirect}" if review.redirect else "approvals"
    approvers, needed = review.approvers, review.policy.approvals
    told = f"{counted(len(approvers), 'approval')} of {needed} needed: {', '.join(approvers) or 'nobody'}"
    own = identity(review.requester) in map(identity, approvers) and not review.policy.allow_self_approval
    if own:
        return Check(what, State.DIFFERS, f"{told}; the requester may not approve")
    if review.digest not in drafts:
        return Check(what, State.DIFFERS, f"{told}; {review.digest} is no draft of the job")
    return Check(what, State.OK if review.is_approved else State.DIFFERS, told)
