"""How an operator's word changes a stopped job. A refused one is a line in the record as well."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any, Final

from signoff.domain import redelivering
from signoff.domain.change import changed, explained, may_note_refusal, moved, noted, refusal_noted
from signoff.domain.deliverable import canonical_json
from signoff.domain.delivering import with_delivery
from signoff.domain.errors import BadRequestError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.handover import DeliveryState
from signoff.domain.job import JobRequest, parse_request
from signoff.domain.judging import ATTEMPTS_KEPT
from signoff.domain.model import clipped, in_words
from signoff.domain.record import JobRecord
from signoff.domain.repair import UNASKED, Change, Redirect, Repair, RepairAnswer, RepairKind, RepairLine, merged
from signoff.domain.status import Actor, JobStatus, NextAction

REPAIRS_KEPT: Final = 100
"""How many accepted repairs a record has room for."""

_CHANGES_KEPT: Final = 10
_SHOWN_BYTES: Final = 200
_REFUSED_BYTES: Final = 500
_GOES_TO: Final = {
    JobStatus.DELIVERING: "the approved bytes are delivered again",
    JobStatus.RUNNING: "the response that is known is looked at again",
    JobStatus.QUEUED: "a new attempt is made",
}


def repaired(
    record: JobRecord, request: JobRequest, repair: Repair, at: datetime, redirect: Redirect = UNASKED
) -> tuple[JobRecord, JobRequest, RepairAnswer]:
    """Take a repair, or refuse it with a reason; either way it is a line in the record.

    Returns the record and the request that the job goes on with. A repair that the record knows gets its first
    answer again, and nothing changes. `redirect` is what the deployment says about the destination that it names.
    """
    namesakes = [line for line in record.repairs if line.repair_id == repair.repair_id]
    if known := next((line for line in namesakes if line.is_of(repair)), None):
        return record, request, _answer(record, known)
    refusal = f"the repair id {repair.repair_id} belongs to another repair; choose a new one" if namesakes else ""
    amended = request
    try:
        refusal = refusal or _objection(record, repair, at, redirect)
        amended = _amended(request, repair)
    except BadRequestError as error:
        refusal = refusal or str(error)
    line = _line(record, repair, at, refusal, changes=() if refusal else _changes(record, request, amended, repair))
    if refusal:
        return _refused(record, line), request, _answer(record, line)
    if repair.kind is RepairKind.REDELIVER:
        record = changed(record, repairs=(*record.repairs, line))
        record = redelivering.redelivered(record, repair, line, redirect)
        return record, request, _answer(record, line)
    record = _resumed(changed(record, repairs=(*record.repairs, line)), repair, line)
    return record, amended, _answer(record, line)


def answer_when_closed(record: JobRecord, repair: Repair) -> RepairAnswer:
    """Answer a repair of a job that takes none any more: the first answer again, or that it is closed."""
    known = next((line for line in record.repairs if line.is_of(repair)), None)
    refusal = f"the job is closed ({record.status}: {record.reason})"
    at = record.closed_at or record.since
    return (
        _answer(record, known)
        if known
        else RepairAnswer(is_accepted=False, reason=refusal, status=record.status, at=at)
    )


def may_be_taken(record: JobRecord, request: JobRequest, repair: Repair, at: datetime) -> bool:
    """Whether a repair that the record does not know yet would be taken, if the deployment has nothing against it."""
    after, _, answer = repaired(record, request, repair, at)
    return answer.is_accepted and after is not record


def _objection(record: JobRecord, repair: Repair, at: datetime, redirect: Redirect) -> str:
    is_redelivery = repair.kind is RepairKind.REDELIVER
    more = redelivering.objections(record, repair, redirect) if is_redelivery else ()
    return next(chain(_objections(record, repair, at), more), "")


def _objections(record: JobRecord, repair: Repair, at: datetime) -> Iterator[str]:
    if record.is_closed:
        yield f"the job is closed ({record.status}: {record.reason})"
    is_handed_over = repair.kind is RepairKind.REDELIVER and record.status is JobStatus.DELIVERING
    if record.status is not JobStatus.NEEDS_ATTENTION and not is_handed_over:
        yield f"there is nothing to repair: the job is {record.status} ({record.reason})"
    if record.abandoned:
        yield f"the job is being given up: {record.abandoned}"
    if record.attention_due_at and at >= record.attention_due_at:
        yield f"the time to act ended at {record.attention_due_at:%Y-%m-%d %H:%M:%S} UTC, so the job expires"
    if repair.kind is RepairKind.ABANDON:
        return
    if sum(1 for line in record.repairs if line.is_accepted) >= REPAIRS_KEPT:
        yield f"the job was repaired {REPAIRS_KEPT} times, as often as it may be; abandon it and submit another"
    if record.has_approved_result and (repair.kind is RepairKind.AMEND or repair.is_anew):
        yield "an approved result waits for its delivery, so none is generated again; retry delivers it"
    if _goes_to(record, repair) is JobStatus.QUEUED and len(record.attempts) >= ATTEMPTS_KEPT:
        yield f"the job has begun {ATTEMPTS_KEPT} attempts, as many as it may; abandon it and submit another"


def _goes_to(record: JobRecord, repair: Repair) -> JobStatus:
    """Say where a repaired job goes on: where it stopped, as far as nothing is paid or approved twice for it."""
    if record.has_approved_result:
        return JobStatus.DELIVERING
    failure = record.failure
    is_gone = failure is not None and failure.failure_class is FailureClass.RESULT_LOST
    # A response that could not be judged may be judged by now, and reading it again costs nothing.
    is_unjudged = (
        failure is not None
        and failure.failure_class is FailureClass.UNCLASSIFIED
        and failure.stage is Stage.LOOK
        and bool(record.response_id)
    )
    may_look = (record.is_working_upstream and not is_gone) or is_unjudged
    is_new = repair.kind is RepairKind.AMEND or repair.is_anew or not may_look
    return JobStatus.QUEUED if is_new else JobStatus.RUNNING


def _resumed(record: JobRecord, repair: Repair, line: RepairLine) -> JobRecord:
    why = f": {repair.reason}" if repair.reason else ""
    if repair.kind is RepairKind.ABANDON:
        told = f"given up by {repair.by}{why}"
        record = changed(record, abandoned=told, next_action=NextAction.WAIT, actor=Actor.NOBODY)
        record = explained(record, f"{told}; what still runs at OpenAI is stopped first")
        return noted(record, "repair.taken", told, line.at)
    goes_to = _goes_to(record, repair)
    told = f"{repair.kind} by {repair.by}{why}"
    is_new = goes_to is JobStatus.QUEUED
    if record.rework and record.has_forgotten_turn:
        record = changed(record, rework=record.rework.model_copy(update={"is_standalone": True}))
    if goes_to is JobStatus.DELIVERING:
        for delivery in redelivering.chosen_for(record, repair):
            record = with_delivery(record, delivery.number, line.at, state=DeliveryState.OWED)
    record = changed(
        record,
        failure=None,
        not_before=None,
        attention_due_at=None,
        # What an attempt that goes on fails with from now on counts, what came before it does not.
        judged_from=len(record.attempts) if is_new else len(record.attempts) - 1,
    )
    record = moved(record, goes_to, f"{told}; {_GOES_TO[goes_to]}", line.at)
    named = f" ({', '.join(change.parameter for change in line.changes)})" if line.changes else ""
    return noted(record, "repair.taken", f"{told}{named}; {_GOES_TO[goes_to]}", line.at)


def _amended(request: JobRequest, repair: Repair) -> JobRequest:
    if repair.kind is not RepairKind.AMEND:
        return request
    data = request.model_dump(mode="json") | {"response": merged(request.response, repair.response)}
    return parse_request(data | ({"deadline": repair.deadline} if repair.deadline else {}))


def _line(record: JobRecord, repair: Repair, at: datetime, refusal: str, *, changes: tuple[Change, ...]) -> RepairLine:
    return RepairLine(
        repair_id=repair.repair_id,
        kind=repair.kind,
        by=repair.by,
        digest=repair.digest,
        reason=clipped(repair.reason, limit_bytes=_REFUSED_BYTES) if refusal else repair.reason,
        at=at,
        attempt=len(record.attempts),
        changes=changes,
        is_accepted=not refusal,
        refusal=clipped(refusal, limit_bytes=_REFUSED_BYTES),
    )


def _changes(record: JobRecord, before: JobRequest, after: JobRequest, repair: Repair) -> tuple[Change, ...]:
    if repair.destination:
        return tuple(
            Change(parameter=f"delivery {one.number}", before=one.destination.told, after=repair.destination.told)
            for one in redelivering.chosen_for(record, repair)
            if one.destination != repair.destination
        )
    changes = [
        Change(
            parameter=clipped(name, limit_bytes=_SHOWN_BYTES),
            before=_shown(before.response, name),
            after=_shown(after.response, name),
        )
        for name in sorted(repair.response)[:_CHANGES_KEPT]
    ]
    if repair.deadline:
        was, now = (in_words(one.deadline) if one.deadline else "" for one in (before, after))
        changes.append(Change(parameter="deadline", before=was, after=now))
    return tuple(changes)


def _refused(record: JobRecord, line: RepairLine) -> JobRecord:
    if may_note_refusal(record):
        record = changed(record, repairs=(*record.repairs, line))
    return refusal_noted(record, "repair", f"{line.kind} by {line.by}, refused: {line.refusal}", line.at)


def _answer(record: JobRecord, line: RepairLine) -> RepairAnswer:
    return RepairAnswer(is_accepted=line.is_accepted, reason=line.refusal, status=record.status, at=line.at)


def _shown(parameters: Any, name: str) -> str:  # noqa: ANN401  any JSON
    if name not in parameters:
        return ""
    return clipped(canonical_json(parameters[name]).decode(), limit_bytes=_SHOWN_BYTES)
