"""How a job that stopped is set going again, or ended: what to type, and what each of it costs."""

import uuid
from typing import Final

from signoff.domain import repairing
from signoff.domain.failures import POSSIBLY_SENT, Failure, FailureClass, Stage
from signoff.domain.job import parse_request
from signoff.domain.record import JobRecord
from signoff.domain.repair import Repair, RepairAnswer, RepairKind
from signoff.domain.status import JobStatus
from starter.advice import Step, announcing, typed

_AMENDMENTS: Final[dict[str, tuple[str, ...]]] = {
    "max_output_tokens": ("--set", "max_output_tokens=8000"),
    "context_length_exceeded": ("--set", "truncation=auto"),
    "model_not_found": ("--set", "model=MODEL"),
    "previous_response_not_found": ("--unset", "previous_response_id"),
    "unsupported_parameter": ("--unset", "NAME"),
    "deadline": ("--set", "reasoning.effort=low"),
}
"""What is most likely to help, by the code of the failure."""

_REWRITTEN: Final = ("--file", "changes.json")
_ANYTHING: Final = ("--set", "NAME=VALUE")
_ASKED_WRONGLY: Final = frozenset({FailureClass.MALFORMED_INPUT, FailureClass.POLICY, FailureClass.REVIEW_REQUIRED})
"""The same request again would most likely end in the same way."""

_STAND_IN: Final = parse_request({"requester": "anyone", "response": {"model": "any"}})
"""Where a retry leads does not depend on the request."""


def remedies(record: JobRecord) -> list[Step]:
    """Everything that may be done about a job that stopped, the likeliest first."""
    job_id = record.job_id
    if record.abandoned:
        return [Step(typed("watch", job_id, "--until", "closed"))]
    again, amending = _retries(record), _amending(record)
    failure_class = record.failure.failure_class if record.failure else None
    is_wrong = failure_class in _ASKED_WRONGLY and not record.has_forgotten_turn
    steps = [*amending, *again] if is_wrong else [*again, *amending]
    if record.attempt and record.attempt.is_outcome_unknown:
        steps = [announcing(job_id), *steps]
    return [
        *steps,
        Step(typed("abandon", job_id, "--reason", "why"), "give it up for good: it ends as failed"),
        Step(typed("cancel", job_id), "stop it as no longer wanted: it ends as cancelled"),
    ]


def rehearsed(record: JobRecord, *, is_anew: bool = False) -> RepairAnswer:
    """Try a retry on a copy of the record, to see where it would lead."""
    repair = Repair(repair_id=uuid.uuid4().hex, kind=RepairKind.RETRY, by="anyone", is_anew=is_anew)
    _, _, answer = repairing.repaired(record, _STAND_IN, repair, record.since)
    return answer


def _retries(record: JobRecord) -> list[Step]:
    found = []
    plain, anew = rehearsed(record), rehearsed(record, is_anew=True)
    if plain.is_accepted:
        found.append(Step(typed("retry", record.job_id), _purpose(record, plain.status)))
    if record.has_approved_result:
        found += _redeliveries(record)
    if anew.is_accepted and anew.status is not plain.status:
        stop = f"stop {record.response_id}, then " if record.is_working_upstream else ""
        found.append(Step(typed("retry", record.job_id, "--anew"), f"{stop}pay for a new attempt instead"))
    return found


def _redeliveries(record: JobRecord) -> list[Step]:
    missing = [delivery for delivery in record.handovers if not delivery.is_delivered]
    is_one = len(record.handovers) == 1
    which = [() if is_one else ("--delivery", str(delivery.number)) for delivery in missing]
    goes_to = "send the approved bytes somewhere else; people approve that first, unless the policy says otherwise"
    alone = [Step(typed("redeliver", record.job_id, *one), "try that delivery alone again") for one in which if one]
    return [*alone, Step(typed("redeliver", record.job_id, *which[0], "--to", "DESTINATION"), goes_to)]


def _may_have_arrived(record: JobRecord) -> bool:
    failures = (record.failure, *(delivery.failure for delivery in record.handovers if not delivery.is_delivered))
    return any(failure is not None and failure.code == POSSIBLY_SENT for failure in failures)


def _purpose(record: JobRecord, goes_to: JobStatus) -> str:
    if goes_to is JobStatus.DELIVERING:
        twice = "; whoever has it already gets it twice" if _may_have_arrived(record) else ""
        return f"deliver the approved bytes again; nothing is generated or paid{twice}"
    if goes_to is JobStatus.RUNNING:
        return f"look at {record.response_id} again, free of charge"
    if record.attempt and record.attempt.is_outcome_unknown:
        return "make a new attempt; should the lost response exist after all, both are paid"
    if record.has_forgotten_turn:
        return "ask for the changes again, quoting the draft that is kept here; paid if OpenAI takes it"
    if record.failure and record.failure.failure_class in _ASKED_WRONGLY:
        return "ask the very same again, which is paid if OpenAI takes it, and likely to end like this"
    return "make a new attempt with the same request, which is paid if OpenAI takes it"


def _amending(record: JobRecord) -> list[Step]:
    if record.has_approved_result:
        return []
    example = _example(record.failure)
    stop = f"stop {record.response_id}, then " if record.is_working_upstream else ""
    such_as = ', such as {"input": "..."} in that file' if example is _REWRITTEN else ""
    purpose = f"{stop}make a new, paid attempt with changed parameters{such_as}"
    return [Step(typed("amend", record.job_id, *example, "--reason", "why"), purpose)]


def _example(failure: Failure | None) -> tuple[str, ...]:
    if failure is None or failure.stage is Stage.ARCHIVE:
        return _ANYTHING
    is_about_content = failure.failure_class in {FailureClass.POLICY, FailureClass.REVIEW_REQUIRED}
    return _AMENDMENTS.get(failure.code, _REWRITTEN if is_about_content else _ANYTHING)
