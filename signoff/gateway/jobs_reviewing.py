"""Around a review: who is on it, whose seat it is, until when, and every draft that was held."""

import uuid
from typing import Annotated, Final

from fastapi import APIRouter, Depends

from signoff.client import JobClient
from signoff.domain.arrangement import Arrangement, ArrangementAnswer, ArrangementKind
from signoff.domain.deliverable import DeliverableRef, Digest
from signoff.domain.record import JobRecord
from signoff.gateway.bodies import body_document, body_of
from signoff.gateway.callers import Caller, JobIdInPath, Jobs, requires
from signoff.gateway.documents import problems
from signoff.gateway.models import (
    ArrangementBody,
    DelegationBody,
    DraftList,
    EarlierDraft,
    ExtensionBody,
    ListedDraft,
)
from signoff.gateway.problems import NotDoneError
from signoff.tokens import Role

router: Final = APIRouter(prefix="/v1/jobs/{job_id}", tags=["reviewing"])

_PROBLEMS: Final = problems(400, 403, 404, 409, 410, 413, 415, 422)
Reviewer = Annotated[Caller, Depends(requires(Role.REVIEWER))]
ReviewerOrOperator = Annotated[Caller, Depends(requires(Role.REVIEWER, Role.OPERATOR))]
Why = Annotated[ArrangementBody, Depends(body_of(ArrangementBody))]


@router.post("/claim", responses=_PROBLEMS, openapi_extra=body_document(ArrangementBody))
async def claim(job_id: JobIdInPath, caller: Reviewer, body: Why, jobs: Jobs) -> ArrangementAnswer:
    """Tell the other reviewers that the caller is on it; that keeps nobody from deciding."""
    return await _arranged(jobs, job_id, _arrangement(ArrangementKind.CLAIM, caller, body))


@router.post("/release", responses=_PROBLEMS, openapi_extra=body_document(ArrangementBody))
async def release(job_id: JobIdInPath, caller: Reviewer, body: Why, jobs: Jobs) -> ArrangementAnswer:
    """Take the caller's claim back."""
    return await _arranged(jobs, job_id, _arrangement(ArrangementKind.RELEASE, caller, body))


@router.post("/delegate", responses=_PROBLEMS, openapi_extra=body_document(DelegationBody))
async def delegate(
    job_id: JobIdInPath,
    caller: Reviewer,
    body: Annotated[DelegationBody, Depends(body_of(DelegationBody))],
    jobs: Jobs,
) -> ArrangementAnswer:
    """Hand the caller's seat in this review to somebody else."""
    return await _arranged(jobs, job_id, _arrangement(ArrangementKind.DELEGATE, caller, body))


@router.post("/extend", responses=_PROBLEMS, openapi_extra=body_document(ExtensionBody))
async def extend(
    job_id: JobIdInPath,
    caller: ReviewerOrOperator,
    body: Annotated[ExtensionBody, Depends(body_of(ExtensionBody))],
    jobs: Jobs,
) -> ArrangementAnswer:
    """Move the end of the review to a later time."""
    return await _arranged(jobs, job_id, _arrangement(ArrangementKind.EXTEND, caller, body))


@router.get(
    "/drafts",
    responses=problems(403, 404, 410, 422),
    dependencies=[Depends(requires(Role.REVIEWER, Role.OPERATOR))],
)
async def list_drafts(job_id: JobIdInPath, jobs: Jobs) -> DraftList:
    """List every draft that was held for review, edits among them, with what was said of each."""
    record = await jobs.record(job_id)
    held = record.deliverable.digest if record.deliverable else None
    return DraftList(
        held=held,
        redirect=record.review.redirect if record.review else 0,
        deliveries=record.handovers,
        drafts=tuple(_listed(draft, record) for draft in record.drafts),
    )


@router.get(
    "/drafts/{digest}",
    responses=problems(403, 404, 409, 410, 422),
    dependencies=[Depends(requires(Role.REVIEWER, Role.OPERATOR))],
)
async def get_earlier_draft(job_id: JobIdInPath, digest: Digest, jobs: Jobs) -> EarlierDraft:
    """Fetch any draft of the job by its digest."""
    await jobs.requester(job_id)  # the archive alone could not tell that there is no such job
    return EarlierDraft(digest=digest, deliverable=await jobs.deliverable(job_id, digest))


def _arrangement(
    kind: ArrangementKind, caller: Caller, body: ArrangementBody | DelegationBody | ExtensionBody
) -> Arrangement:
    return Arrangement(
        arrangement_id=body.arrangement_id or uuid.uuid4().hex,
        kind=kind,
        by=caller.name,
        reason=body.reason,
        **body.model_dump(exclude={"arrangement_id", "reason"}),
    )


async def _arranged(jobs: JobClient, job_id: str, arrangement: Arrangement) -> ArrangementAnswer:
    answer = await jobs.arrange(job_id, arrangement)
    if not answer.is_accepted:
        raise NotDoneError(answer.reason, answer.status, answer.at)
    return answer


def _listed(draft: DeliverableRef, record: JobRecord) -> ListedDraft:
    said = tuple(line for review in record.reviews for line in review.lines if line.digest == draft.digest)
    return ListedDraft(**draft.model_dump(), decisions=said)
