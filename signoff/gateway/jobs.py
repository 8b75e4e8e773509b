"""Submitting jobs and reading them."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response

from signoff.domain.closed import ClosedFilters
from signoff.domain.deliverable import Deliverable
from signoff.domain.description import JobDescription, Submitted
from signoff.domain.errors import BadRequestError, RefusedError
from signoff.domain.evidence import EvidenceIndex
from signoff.domain.failures import FailureClass
from signoff.domain.job import parse_request
from signoff.domain.longtext import LARGE_BYTES
from signoff.domain.model import Line, Name
from signoff.domain.record import JobRecord
from signoff.domain.redelivering import redirected_by
from signoff.domain.status import JobStatus
from signoff.gateway.bodies import body_document, body_of
from signoff.gateway.bounds import Bound, moment_of, the_one
from signoff.gateway.callers import AnyCaller, Caller, Jobs, VisibleJob, requires
from signoff.gateway.documents import LOCATION, problems
from signoff.gateway.large import large_deliverable
from signoff.gateway.models import Draft, JobList, JobSubmission
from signoff.gateway.problems import ForbiddenError
from signoff.tokens import Role

router: Final = APIRouter(prefix="/v1/jobs", tags=["jobs"])

_SUBMITTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": Submitted, "description": "The same request had been submitted before.", "headers": LOCATION},
    202: {"description": "The job was started.", "headers": LOCATION},
    **problems(400, 403, 409, 413, 415, 422),
}


@router.post("", status_code=202, responses=_SUBMITTED, openapi_extra=body_document(JobSubmission))
async def submit_job(
    caller: Annotated[Caller, Depends(requires(Role.REQUESTER))],
    submission: Annotated[JobSubmission, Depends(body_of(JobSubmission))],
    jobs: Jobs,
    response: Response,
) -> Submitted:
    """Start a job, or find the one that the same request started before."""
    if submission.requester not in {None, caller.name}:
        raise ForbiddenError(f"requester: this token submits as {caller.name}; leave it out")
    given = submission.model_dump(mode="json", exclude_unset=True)
    request = await asyncio.to_thread(parse_request, {**given, "requester": caller.name})
    submitted = await jobs.submit(request)
    response.headers["Location"] = f"{router.prefix}/{submitted.job_id}"
    response.status_code = 202 if submitted.is_new else 200
    return submitted


@router.get("", responses=problems(400, 422))
async def list_jobs(  # noqa: PLR0913  one parameter per filter
    caller: AnyCaller,
    jobs: Jobs,
    *,
    closed: Annotated[bool, Query(description="Closed jobs, also those that Temporal has forgotten.")] = False,
    status: Annotated[list[JobStatus] | None, Query(description="One; of closed jobs any of several.")] = None,
    requester: Annotated[Name | None, Query()] = None,
    failure_class: Annotated[FailureClass | None, Query(description="Why they have stopped.")] = None,
    label: Annotated[
        list[Line] | None, Query(max_length=20, description="One, as `key=value`; of closed jobs all of several.")
    ] = None,
    reviewer: Annotated[Name | None, Query(description="For whose decision they wait.")] = None,
    since: Annotated[Bound | None, Query(description="Of closed jobs those that closed then or later.")] = None,
    until: Annotated[Bound | None, Query(description="Of closed jobs those that closed before that.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=4_002, description="`next_cursor` of the page before.")] = None,
) -> JobList:
    """List the jobs that the caller may see, the newest first. A new one is listed within about a second.

    Without `closed`, the jobs that Temporal still knows; with it, those that have closed, the last one first.
    """
    if odd := [one for one in label or () if "=" not in one]:
        raise BadRequestError(f"label: it is a key and its value, as in `desk=science`, and not `{odd[0]}`")
    if not caller.may_see(requester or caller.name):
        return JobList(jobs=())
    whose = requester if caller.sees_all else caller.name
    if closed:
        if reviewer is not None:
            raise BadRequestError("reviewer: no closed job waits for anybody's decision; leave it out")
        filters = ClosedFilters(
            statuses=tuple(status or ()),
            labels=tuple(label or ()),
            requester=whose,
            failure_class=failure_class,
            since=moment_of(since),
            until=moment_of(until),
        )
        found = await jobs.closed(filters, limit=limit, cursor=cursor)
        return JobList(**found.model_dump())
    if since or until:
        raise BadRequestError("since, until: they are for closed jobs; add `closed=true`")
    page = await jobs.page(
        status=the_one(status, "status"),
        requester=whose,
        failure_class=failure_class,
        label=the_one(label, "label"),
        reviewer=reviewer,
        limit=limit,
        cursor=cursor,
    )
    return JobList(jobs=tuple(page.jobs), next_cursor=page.next_cursor)


@router.get("/{job_id}", responses=problems(404, 410, 422))
async def get_job(job_id: VisibleJob, jobs: Jobs) -> JobDescription:
    """Say where a job stands now."""
    return await jobs.describe(job_id)


@router.get("/{job_id}/record", responses=problems(404, 410, 422))
async def get_record(job_id: VisibleJob, jobs: Jobs) -> JobRecord:
    """Give everything that happened to a job."""
    return await jobs.record(job_id)


@router.get("/{job_id}/result", responses=problems(404, 409, 410, 422), response_model=Deliverable)
async def get_result(job_id: VisibleJob, jobs: Jobs) -> Deliverable | Response:
    """Fetch what was delivered; refused before the job is completed."""
    data = await jobs.result_bytes(job_id)
    if len(data) <= LARGE_BYTES:
        return Deliverable.model_validate_json(data)
    return large_deliverable(data)


@router.get(
    "/{job_id}/draft",
    responses=problems(403, 404, 409, 410, 422),
    response_model=Draft,
    dependencies=[Depends(requires(Role.REVIEWER, Role.OPERATOR))],
)
async def get_draft(job_id: VisibleJob, jobs: Jobs) -> Draft | Response:
    """Fetch what is held for review, as a reviewer must see it before deciding."""
    deliverable, record = await jobs.draft(job_id)
    if record.deliverable is None:
        raise RefusedError(f"{job_id} holds nothing to review")
    held = record.deliverable
    draft = Draft(
        digest=held.digest,
        deliverable=deliverable,
        findings=held.findings,
        redirect=record.review.redirect if record.review else 0,
        changes=redirected_by(record),
        deliveries=record.handovers,
        record=record,
    )
    if held.size_bytes <= LARGE_BYTES:
        return draft
    return Response(await asyncio.to_thread(draft.model_dump_json), media_type="application/json")


@router.get(
    "/{job_id}/evidence",
    responses=problems(403, 404, 409, 410, 422),
    dependencies=[Depends(requires(Role.REVIEWER, Role.OPERATOR))],
)
async def get_evidence(
    job_id: VisibleJob,
    jobs: Jobs,
    attempt: Annotated[int | None, Query(ge=1, le=10_000, description="By default that of the held draft.")] = None,
) -> EvidenceIndex:
    """Say what stands behind a result: steps, citations with the words they stand for, usage, times."""
    return await jobs.evidence(job_id, attempt)
