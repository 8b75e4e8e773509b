"""What people say to a job: decisions, repairs, a cancel. Who says it is the name of the token."""

import uuid
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response

from signoff.client import JobClient
from signoff.domain.decision import Decision, DecisionAnswer
from signoff.domain.repair import RepairAnswer
from signoff.gateway.bodies import body_document, body_of
from signoff.gateway.callers import AnyCaller, Caller, JobIdInPath, Jobs, SteerableJob, requires
from signoff.gateway.documents import LOCATION, problems
from signoff.gateway.models import (
    AbandonBody,
    AmendBody,
    CancelAsked,
    CancelBody,
    DecisionBody,
    RedeliverBody,
    RetryBody,
)
from signoff.gateway.problems import NotDoneError
from signoff.tokens import Role

router: Final = APIRouter(prefix="/v1/jobs/{job_id}", tags=["acting"])

_PROBLEMS: Final = problems(400, 403, 404, 409, 410, 413, 415, 422)
_CANCELLED: Final[dict[int | str, dict[str, Any]]] = {
    202: {"description": "The cancel was passed on.", "headers": LOCATION},
    **_PROBLEMS,
}
_LEFT: Final = "No worker answers now; the decision is recorded, and will be applied under the same rules."
_DECIDED: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": DecisionAnswer, "description": _LEFT},
    **_PROBLEMS,
}
Reviewer = Annotated[Caller, Depends(requires(Role.REVIEWER))]
Operator = Annotated[Caller, Depends(requires(Role.OPERATOR))]


@router.post("/decisions", responses=_DECIDED, openapi_extra=body_document(DecisionBody))
async def decide(
    job_id: JobIdInPath,
    caller: Reviewer,
    body: Annotated[DecisionBody, Depends(body_of(DecisionBody))],
    jobs: Jobs,
    response: Response,
) -> DecisionAnswer:
    """Decide on what is held for review. A decision that does not count is a 409 with the reason."""
    answer = await _decided(jobs, job_id, body, caller.name)
    if answer.is_pending:
        response.status_code = 202
        return answer
    return _counted(answer)


@router.post("/cancel", status_code=202, responses=_CANCELLED, openapi_extra=body_document(CancelBody))
async def cancel(
    job_id: SteerableJob,
    caller: AnyCaller,
    body: Annotated[CancelBody, Depends(body_of(CancelBody))],
    jobs: Jobs,
    response: Response,
) -> CancelAsked:
    """Ask to stop a job, in any open status, and the paid work behind it."""
    await jobs.cancel(job_id, by=caller.name, reason=body.reason)
    response.headers["Location"] = f"/v1/jobs/{job_id}"
    return CancelAsked(job_id=job_id)


@router.post("/retry", responses=_PROBLEMS, openapi_extra=body_document(RetryBody))
async def retry(
    job_id: JobIdInPath, caller: Operator, body: Annotated[RetryBody, Depends(body_of(RetryBody))], jobs: Jobs
) -> RepairAnswer:
    """Have a stopped job go on from where it stopped."""
    answer = await jobs.retry(
        job_id, by=caller.name, reason=body.reason, is_anew=body.is_anew, repair_id=body.repair_id or ""
    )
    return _taken(answer)


@router.post("/amend", responses=_PROBLEMS, openapi_extra=body_document(AmendBody))
async def amend(
    job_id: SteerableJob, caller: AnyCaller, body: Annotated[AmendBody, Depends(body_of(AmendBody))], jobs: Jobs
) -> RepairAnswer:
    """Have a stopped job make a new attempt with changed response parameters."""
    deadline = {"deadline": body.deadline} if body.deadline else {}
    return _taken(
        await jobs.amend(
            job_id,
            response=body.response,
            by=caller.name,
            reason=body.reason,
            repair_id=body.repair_id or "",
            **deadline,
        )
    )


@router.post("/redeliver", responses=_PROBLEMS, openapi_extra=body_document(RedeliverBody))
async def redeliver(
    job_id: JobIdInPath, caller: Operator, body: Annotated[RedeliverBody, Depends(body_of(RedeliverBody))], jobs: Jobs
) -> RepairAnswer:
    """Have an approved result handed over again, or to another destination, without generating anything."""
    return _taken(
        await jobs.redeliver(
            job_id,
            by=caller.name,
            reason=body.reason,
            delivery=body.delivery,
            destination=body.destination,
            repair_id=body.repair_id or "",
        )
    )


@router.post("/abandon", responses=_PROBLEMS, openapi_extra=body_document(AbandonBody))
async def abandon(
    job_id: JobIdInPath, caller: Operator, body: Annotated[AbandonBody, Depends(body_of(AbandonBody))], jobs: Jobs
) -> RepairAnswer:
    """Give a stopped job up for good."""
    repair_id = body.repair_id or ""
    return _taken(await jobs.abandon(job_id, by=caller.name, reason=body.reason, repair_id=repair_id))


async def _decided(jobs: JobClient, job_id: str, body: DecisionBody, reviewer: str) -> DecisionAnswer:
    decision_id = body.decision_id or uuid.uuid4().hex
    if body.text is not None:
        await jobs.requester(job_id)  # the archive alone could not tell that there is no such job
        return await jobs.approve_edited(
            job_id,
            digest=body.digest,
            text=body.text,
            reviewer=reviewer,
            comment=body.comment,
            decision_id=decision_id,
        )
    decision = Decision(
        decision_id=decision_id,
        kind=body.kind,
        digest=body.digest,
        reviewer=reviewer,
        comment=body.comment,
        redirect=body.redirect,
    )
    return await jobs.decide(job_id, decision)


def _counted(answer: DecisionAnswer) -> DecisionAnswer:
    if not answer.is_accepted:
        raise NotDoneError(answer.reason, answer.status, answer.at)
    return answer


def _taken(answer: RepairAnswer) -> RepairAnswer:
    if not answer.is_accepted:
        raise NotDoneError(answer.reason, answer.status, answer.at)
    return answer
