"""Values of the domain for tests: each is valid as it stands, and a test names only what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from signoff.domain import deciding, delivering, progress, repairing, reviewing
from signoff.domain.attempt import Ended, Stray
from signoff.domain.decision import Decision, DecisionKind
from signoff.domain.deliverable import DeliverableRef
from signoff.domain.delivery import Receipt
from signoff.domain.deployment import DeploymentPolicy, Failed, JobPolicy, Terms
from signoff.domain.failures import Failure, FailureClass, Stage
from signoff.domain.job import JobRequest, parse_request
from signoff.domain.observation import Observation
from signoff.domain.panel import House
from signoff.domain.policies import Verdict, VerdictKind
from signoff.domain.record import JobRecord
from signoff.domain.repair import Repair, RepairKind
from signoff.domain.response import ResponseSnapshot
from signoff.domain.review import Review, ReviewPolicy, panel_for
from signoff.domain.status import Actor, JobStatus, NextAction, ResponseStatus
from signoff.domain.usage import Usage

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DIGEST = f"sha256:{'a' * 64}"
OTHER_DIGEST = f"sha256:{'b' * 64}"
EDITED_DIGEST = "sha256:" + "e" * 64


def request_data(**changes: Any) -> dict[str, Any]:
    return {"requester": "a-service", "response": {"model": "a-model", "input": "a question"}, **changes}


def a_request(**changes: Any) -> JobRequest:
    return parse_request(request_data(**changes))


def asking(**parameters: Any) -> JobRequest:
    """Make a request with more parameters of `responses.create`."""
    return a_request(response={"model": "a-model", **parameters})


def seen(stage: Stage = Stage.LOOK, **facts: Any) -> Observation:
    return Observation(stage=stage, **facts)


def a_failure(failure_class: FailureClass = FailureClass.TRANSIENT, **changes: Any) -> Failure:
    facts: dict[str, Any] = {"stage": Stage.LOOK, "message": "a fault", "at": AT, **changes}
    return Failure(failure_class=failure_class, **facts)


def terms(
    failure_class: FailureClass = FailureClass.TRANSIENT,
    stage: Stage = Stage.LOOK,
    *,
    job: dict[str, Any] | None = None,
    **deployment: Any,
) -> Terms:
    """Give what holds after a failure, under what a deployment and a job set."""
    policy = DeploymentPolicy.model_validate(deployment)
    return policy.terms(failure_class, stage, JobPolicy.model_validate(job or {}))


def a_failed(
    failure_class: FailureClass = FailureClass.TRANSIENT, *, under: dict[str, Any] | None = None, **changes: Any
) -> Failed:
    """Give a failure with its terms; `under` is what the deployment sets."""
    failure = a_failure(failure_class, **changes)
    return Failed(failure=failure, terms=terms(failure_class, failure.stage, **(under or {})))


def lost_reply(**changes: Any) -> Failed:
    """Give a create that may have been accepted."""
    return a_failed(FailureClass.OUTCOME_UNKNOWN, **{"stage": Stage.CREATE, "message": "no reply", **changes})


def a_repair(kind: RepairKind = RepairKind.RETRY, **changes: Any) -> Repair:
    facts: dict[str, Any] = {"repair_id": "r1", "by": "olga", **changes}
    if kind is RepairKind.AMEND:
        facts = {"response": {"max_output_tokens": 8_000}, **facts}
    return Repair(kind=kind, **facts)


def a_snapshot(status: ResponseStatus = ResponseStatus.IN_PROGRESS, **changes: Any) -> ResponseSnapshot:
    facts: dict[str, Any] = {"response_id": "resp_1", **changes}
    return ResponseSnapshot(status=status, **facts)


def a_stray(response_id: str = "resp_s", *, tokens: int | None = None, **changes: Any) -> Stray:
    usage = None if tokens is None else Usage(input_tokens=tokens, output_tokens=0, total_tokens=tokens)
    facts: dict[str, Any] = {"attempt": 1, "found_at": AT, "status": ResponseStatus.CANCELLED, **changes}
    return Stray(response_id=response_id, usage=usage, **facts)


def a_draft(digest: str = DIGEST, **changes: Any) -> DeliverableRef:
    facts: dict[str, Any] = {"size_bytes": 100, "attempt": 1, **changes}
    return DeliverableRef(digest=digest, **facts)


def an_end(status: ResponseStatus = ResponseStatus.COMPLETED, **changes: Any) -> Ended:
    facts: dict[str, Any] = {"body_digest": OTHER_DIGEST, "looks": 3, **changes}
    return Ended(snapshot=a_snapshot(status), **facts)


def a_decision(
    reviewer: str = "ana", kind: DecisionKind = DecisionKind.APPROVE, digest: str = DIGEST, **changes: Any
) -> Decision:
    edit = {"edited_digest": EDITED_DIGEST} if kind is DecisionKind.APPROVE_EDITED else {}
    facts: dict[str, Any] = {"decision_id": f"{reviewer}-{kind}-{digest[-4:]}", "comment": "seen", **edit, **changes}
    return Decision(reviewer=reviewer, kind=kind, digest=digest, **facts)


def a_review(policy: ReviewPolicy | None = None, **changes: Any) -> Review:
    policy = policy or ReviewPolicy()
    facts: dict[str, Any] = {
        "digest": DIGEST,
        "requester": "a-service",
        "opened_at": AT,
        "due_at": AT + policy.window,
        "panel": panel_for(policy, House()),
        **changes,
    }
    return Review(policy=policy, **facts)


def a_receipt(digest: str = DIGEST) -> Receipt:
    return Receipt(channel="release", destination="the requester", reference="r-1", digest=digest, at=AT)


def a_record(status: JobStatus = JobStatus.QUEUED, **policy: Any) -> JobRecord:
    """Bring a job to a status on the shortest way through the progress functions."""
    record = progress.opened(a_request(), job_id="a-job", at=AT)
    if status is JobStatus.QUEUED:
        return record
    if status is JobStatus.CANCELLED:
        return progress.cancelled(record, "stopped by ana", AT)
    record = progress.response_created(progress.attempt_begun(record, AT), a_snapshot(), AT)
    if status is JobStatus.RUNNING:
        return record
    if status is JobStatus.NEEDS_ATTENTION:
        parked = Verdict(kind=VerdictKind.PARK, next_action=NextAction.INSPECT, actor=Actor.OPERATOR)
        return progress.stopped(record, a_failed(FailureClass.UNCLASSIFIED), parked, AT)
    if status is JobStatus.FAILED:
        stopped = a_record(JobStatus.NEEDS_ATTENTION)
        stopped, _, _ = repairing.repaired(stopped, a_request(), a_repair(RepairKind.ABANDON, repair_id="given-up"), AT)
        return progress.given_up(stopped, AT)
    return _reviewed(record, status, ReviewPolicy(**policy))


def _reviewed(record: JobRecord, status: JobStatus, policy: ReviewPolicy) -> JobRecord:
    record = reviewing.held(progress.response_ended(record, an_end(), AT), a_draft(), policy, AT)
    match status:
        case JobStatus.AWAITING_REVIEW:
            return record
        case JobStatus.EXPIRED:
            return reviewing.expired(record, "nobody decided in time", AT)
        case JobStatus.REJECTED:
            return deciding.decided(record, a_decision(kind=DecisionKind.REJECT), AT)[0]
    record = deciding.decided(record, a_decision(), AT)[0]
    return record if status is JobStatus.DELIVERING else delivering.taken(record, 1, a_receipt(), AT)
