"""Jobs that stopped in every way there is, and a person's word on them."""

from datetime import datetime
from typing import Final

from signoff.domain import progress, repairing
from signoff.domain.failures import FailureClass as C
from signoff.domain.failures import Stage
from signoff.domain.judging import ATTEMPTS_KEPT
from signoff.domain.policies import Verdict, VerdictKind
from signoff.domain.record import JobRecord
from signoff.domain.repair import Repair, RepairAnswer, RepairKind
from signoff.domain.status import Actor, JobStatus, NextAction, ResponseStatus
from tests.domain.making import AT, HOUR, a_failed, a_record, a_repair, a_request, an_end

S = JobStatus
VERBS: Final = {
    "retry": a_repair(),
    "anew": a_repair(is_anew=True),
    "amend": a_repair(RepairKind.AMEND),
    "abandon": a_repair(RepairKind.ABANDON, reason="too late"),
}
RETRY, ANEW, AMEND, ABANDON = VERBS.values()


def repaired(record: JobRecord, repair: Repair, at: datetime = AT + HOUR) -> tuple[JobRecord, RepairAnswer]:
    record, _, answer = repairing.repaired(record, a_request(), repair, at)
    return record, answer


def park(record: JobRecord, failure_class: C, stage: Stage) -> JobRecord:
    parked = Verdict(kind=VerdictKind.PARK, next_action=NextAction.INSPECT, actor=Actor.OPERATOR)
    return progress.stopped(record, a_failed(failure_class, stage=stage), parked, AT)


def create_failed(failure_class: C) -> JobRecord:
    return park(progress.attempt_begun(a_record(), AT), failure_class, Stage.CREATE)


def look_failed(failure_class: C, status: ResponseStatus | None = None) -> JobRecord:
    """Stop at a look: at one that failed, or at the end that it saw."""
    record = a_record(S.RUNNING)
    if status:
        record = progress.response_ended(record, an_end(status), AT)
    return park(record, failure_class, Stage.LOOK)


def delivery_failed(failure_class: C = C.CONFIGURATION) -> JobRecord:
    return park(a_record(S.DELIVERING), failure_class, Stage.DELIVER)


def full() -> JobRecord:
    """Stop a job that has begun as many attempts as it may."""
    record = create_failed(C.QUOTA)
    attempt = record.attempts[-1]
    return record.model_copy(
        update={"attempts": tuple(attempt.model_copy(update={"number": n + 1}) for n in range(ATTEMPTS_KEPT))}
    )


# For each way of having stopped: where a retry goes on, and where a retry anew or an amendment does.
STOPPED: Final = {
    "refused create": (create_failed(C.CONFIGURATION), S.QUEUED, S.QUEUED),
    "unreadable refusal": (create_failed(C.UNCLASSIFIED), S.QUEUED, S.QUEUED),
    "lost create": (park(progress.attempt_begun(a_record(), AT), C.OUTCOME_UNKNOWN, Stage.CREATE), S.QUEUED, S.QUEUED),
    "look failed": (look_failed(C.CONFIGURATION), S.RUNNING, S.QUEUED),
    "looks were given up": (look_failed(C.TRANSIENT), S.RUNNING, S.QUEUED),
    "stop not confirmed": (look_failed(C.TIMEOUT), S.RUNNING, S.QUEUED),
    "status of tomorrow": (look_failed(C.UNCLASSIFIED, ResponseStatus.UNKNOWN), S.RUNNING, S.QUEUED),
    # It has ended, but reading it again costs nothing, and a later version may know what it is.
    "end that nobody knows": (look_failed(C.UNCLASSIFIED, ResponseStatus.COMPLETED), S.RUNNING, S.QUEUED),
    "result lost": (look_failed(C.RESULT_LOST), S.QUEUED, S.QUEUED),
    "response failed": (look_failed(C.QUOTA, ResponseStatus.FAILED), S.QUEUED, S.QUEUED),
    "response incomplete": (look_failed(C.POLICY, ResponseStatus.INCOMPLETE), S.QUEUED, S.QUEUED),
    "time limit": (look_failed(C.TIMEOUT, ResponseStatus.CANCELLED), S.QUEUED, S.QUEUED),
    "delivery failed": (delivery_failed(), S.DELIVERING, None),
    "delivery unknown": (delivery_failed(C.OUTCOME_UNKNOWN), S.DELIVERING, None),
    "delivery odd": (delivery_failed(C.UNCLASSIFIED), S.DELIVERING, None),
}
