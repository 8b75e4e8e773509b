"""The pages of the review. Every one needs somebody who is signed in, and a GET never decides anything.

A page takes its person as `Annotated[Caller, Depends(requires_role(...))]`. A POST also takes `CheckedForm` of
`signoff.gateway.pages.csrf`, which is the form once its hidden field `csrf` has been checked. Errors become pages by
`signoff.gateway.pages.messages`.
"""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from signoff.domain.decision import MessageId
from signoff.domain.errors import BadRequestError, NoSuchJobError, RefusedError, UnreachableError
from signoff.gateway.callers import Caller, JobIdInPath, Jobs
from signoff.gateway.events import EventStream
from signoff.gateway.feeds import Feed
from signoff.gateway.pages.csrf import CheckedForm
from signoff.gateway.pages.deciding import Notice, hand_in, read_arrangement, read_decision, taken
from signoff.gateway.pages.detail import Asked
from signoff.gateway.pages.inbox import COUNTED, OTHERS, read_filter, read_inbox
from signoff.gateway.pages.live import STREAM_HEADERS, changes_of
from signoff.gateway.pages.parts import parts_of
from signoff.gateway.pages.sessions import SignedIn, requires_role, signed_in
from signoff.gateway.pages.showing import (
    View,
    job_page,
    left_page,
    refusal_page,
    status_page,
    telling,
    unreadable_page,
    unsure_page,
)
from signoff.gateway.pages.templating import page
from signoff.tokens import Role

router = APIRouter(include_in_schema=False, dependencies=[Depends(signed_in)])

Reviewing = Annotated[Caller, Depends(requires_role(Role.REVIEWER, Role.OPERATOR))]
Deciding = Annotated[Caller, Depends(requires_role(Role.REVIEWER))]
Place = Annotated[int, Query(ge=0, le=100_000)]

_ATTACHED: Final = 'attachment; filename="{}-draft-{}.json"'


@router.get("/review")
async def show_jobs(request: Request, person: SignedIn, jobs: Jobs) -> Response:
    """Show what waits for whoever is signed in; to a requester, the jobs of its own."""
    try:
        asked, problem = read_filter(request.query_params, person), ""
    except BadRequestError as error:
        asked, problem = read_filter({}, person), str(error)
    inbox = await read_inbox(jobs, asked, person)
    status = HTTPStatus.SERVICE_UNAVAILABLE if inbox.problem else HTTPStatus.OK
    return page(
        request,
        "inbox.html",
        status=status,
        inbox=inbox,
        problem=problem or inbox.problem,
        counted=COUNTED,
        others=OTHERS,
        tell=telling(),
    )


async def _seen(job_id: JobIdInPath, person: SignedIn, jobs: Jobs) -> str:
    """Let a person see a job. One that is somebody else's answers exactly like one that is not there."""
    if person.sees_all:
        return job_id
    try:
        is_theirs = person.may_see(await jobs.requester(job_id))
    except NoSuchJobError:
        is_theirs = False
    if not is_theirs:
        raise NoSuchJobError(f"You have no job {job_id}.")
    return job_id


SeenJob = Annotated[str, Depends(_seen)]


async def _asked(
    before: Place = 0, after: Place = 0, decided: Annotated[MessageId | None, Query()] = None
) -> tuple[Asked, str]:
    """Read which drafts to compare, and which decision to tell about."""
    return Asked(before, after), decided or ""


@router.get("/review/{job_id}")
async def show_job(
    request: Request,
    job_id: SeenJob,
    person: SignedIn,
    jobs: Jobs,
    wanted: Annotated[tuple[Asked, str], Depends(_asked)],
) -> Response:
    """Show one job: to reviewers with what is held, to its requester where it stands."""
    if not person.sees_all:
        return await status_page(request, job_id)
    try:
        record = await jobs.record(job_id)
    except UnreachableError:
        return await status_page(request, job_id)
    asked, decided = wanted
    return await job_page(request, record, View(taken(record, decided, person) if decided else None, asked))


@router.get("/review/{job_id}/drafts/{place}")
async def download(job_id: SeenJob, place: int, _person: Reviewing, jobs: Jobs) -> Response:
    """Give the very bytes of a draft, as a file."""
    record = await jobs.record(job_id)
    if not 1 <= place <= len(record.drafts):
        raise NoSuchJobError(f"{job_id} has no draft {place}; it has {len(record.drafts)}")
    data = await jobs.draft_bytes(job_id, record.drafts[place - 1].digest)
    named = {"Content-Disposition": _ATTACHED.format(job_id, place)}
    return Response(data, media_type="application/json", headers=named)


@router.post("/review/{job_id}/decide")
async def decide(request: Request, job_id: JobIdInPath, person: Deciding, form: CheckedForm, jobs: Jobs) -> Response:
    """Hand in a decision, and show the job with what came of it. What was typed is never lost."""
    try:
        sent = read_decision(form)
    except BadRequestError as error:
        return unreadable_page(request, job_id, form, error)
    try:
        answer = await hand_in(jobs, job_id, sent, person)
    except (BadRequestError, RefusedError) as error:
        return await refusal_page(request, job_id, sent, str(error))
    except UnreachableError as error:
        return unsure_page(request, job_id, sent, error)
    if answer.is_pending:
        return left_page(request, job_id)
    if not answer.is_accepted:
        return await refusal_page(request, job_id, sent, answer.reason)
    return RedirectResponse(f"/review/{job_id}?decided={sent.message_id}", HTTPStatus.SEE_OTHER)


@router.post("/review/{job_id}/arrange")
async def arrange(request: Request, job_id: JobIdInPath, person: Deciding, form: CheckedForm, jobs: Jobs) -> Response:
    """Claim a review, release it, hand over a seat, or move its end."""
    try:
        arrangement = read_arrangement(form).by(person)
    except BadRequestError as error:
        return unreadable_page(request, job_id, form, error)
    answer = await jobs.arrange(job_id, arrangement)
    if answer.is_accepted:
        return RedirectResponse(f"/review/{job_id}", HTTPStatus.SEE_OTHER)
    notice = Notice("bad", "That is not arranged", f"{answer.reason}.")
    return await job_page(request, await jobs.record(job_id), View(notice, status=HTTPStatus.CONFLICT))


async def _viewed(request: Request, job_id: SeenJob) -> AsyncIterator[Feed | None]:
    feeds = parts_of(request).feeds
    if feeds is None:
        yield None
        return
    async with feeds.viewed(job_id) as feed:
        yield feed


@router.get("/review/{job_id}/events")
async def tell_changes(feed: Annotated[Feed | None, Depends(_viewed)], _person: SignedIn, after: Place = 0) -> Response:
    """Tell an open page that its job changed; nothing more is said of one that is closed and seen."""
    if feed is None or (feed.is_over and after >= len(feed.lines)):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return EventStream(changes_of(feed, after), headers=STREAM_HEADERS)
