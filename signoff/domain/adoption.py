"""Creates whose reply was lost: waiting for a sign of the response, adopting it, and what turns up too late."""

from datetime import datetime
from typing import Final

from signoff.domain.attempt import Stray
from signoff.domain.change import attempt_changed, changed, explained, moved, noted
from signoff.domain.deployment import Failed, Terms
from signoff.domain.failures import Failure
from signoff.domain.model import in_words
from signoff.domain.record import JobRecord
from signoff.domain.response import ResponseSnapshot
from signoff.domain.search import Found
from signoff.domain.status import JobStatus

STRAYS_KEPT: Final = 50
_ADOPTING: Final = frozenset({JobStatus.QUEUED, JobStatus.NEEDS_ATTENTION})


def reply_lost(record: JobRecord, failed: Failed, at: datetime) -> JobRecord:
    """Take a create that may have been accepted: no other one follows before its response was looked for."""
    failure = failed.failure.model_copy(update={"attempt": len(record.attempts)})
    record = changed(attempt_changed(record, failure=failure), failure=failure)
    record = explained(record, f"the reply to the create was lost, so its response is looked for ({failure})")
    return noted(record, "create.unknown", record.reason, at, failure_class=failure.failure_class)


def sign_awaited(record: JobRecord, terms: Terms, at: datetime) -> JobRecord:
    """Wait, within the adoption window, for somebody to announce the response."""
    reason = f"the reply to the create was lost; a sign of its response is waited for {in_words(terms.adoption_window)}"
    record = explained(changed(record, adoption_due_at=at + terms.adoption_window), reason)
    return noted(record, "create.awaited", reason, at)


def may_adopt(record: JobRecord, attempt: int) -> bool:
    """Whether a response of this attempt is the one that the job waits for.

    Once a person has asked for another attempt, it no longer is.
    """
    last = record.attempt
    is_waiting = record.status in _ADOPTING and not record.abandoned and record.judged_from < attempt
    return is_waiting and last is not None and last.number == attempt and last.is_outcome_unknown


def adopted(record: JobRecord, snapshot: ResponseSnapshot, at: datetime) -> JobRecord:
    """Go on with a response whose create was not answered."""
    started_at = record.attempts[-1].started_at
    record = attempt_changed(
        record,
        response_id=snapshot.response_id,
        response_status=snapshot.status,
        created_at=started_at,
        is_adopted=True,
        failure=None,
    )
    record = changed(
        record,
        response_status=snapshot.status,
        failure=None,
        not_before=None,
        adoption_due_at=None,
        attention_due_at=None,
    )
    record = moved(record, JobStatus.RUNNING, "OpenAI works on the response, which was found again", at)
    return noted(record, "response.adopted", f"found again and adopted: {snapshot.response_id}", at)


def strayed(record: JobRecord, stray: Stray, at: datetime) -> JobRecord:
    """Write down a response that the job does not go on with; a repeat changes nothing."""
    if record.knows(stray.response_id):
        return record
    if len(record.strays) >= STRAYS_KEPT:
        return changed(record, strays_omitted=record.strays_omitted + 1)
    used = f", {stray.usage.total_tokens:,} tokens" if stray.usage else ""
    told = f"{stray.response_id} of attempt {stray.attempt} turned up besides: {stray.status}{used}"
    note = f" ({stray.note})" if stray.note else ""
    return noted(changed(record, strays=(*record.strays, stray)), "stray.found", told + note, at)


def unsettled(found: Found, failure: Failure, at: datetime) -> Stray:
    """Describe a stray that could not be stopped; it is written down nevertheless."""
    snapshot = found.snapshot
    return Stray(
        response_id=snapshot.response_id,
        attempt=found.attempt,
        found_at=at,
        status=snapshot.status,
        usage=snapshot.usage,
        model=snapshot.model,
        note=f"that it was stopped could not be confirmed: {failure}",
    )
