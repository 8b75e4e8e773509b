"""The page of one job, and the pages that stand in for it."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, NamedTuple

from fastapi import Request
from starlette.responses import Response

from signoff.domain.errors import UnreachableError
from signoff.domain.record import JobRecord
from signoff.gateway.callers import caller_of
from signoff.gateway.pages.deciding import DecisionForm, Notice, refused
from signoff.gateway.pages.detail import NOTHING_ASKED, NOTHING_TYPED, Asked, Typed, read_detail
from signoff.gateway.pages.messages import Message, message_page
from signoff.gateway.pages.parts import parts_of
from signoff.gateway.pages.telling import Telling
from signoff.gateway.pages.templating import page

_LEFT: Final = Message(
    title="Recorded, will be applied",
    text="No worker answers now. Your decision is left with the job and will be applied once one does, under the same"
    " rules: whether it counts is not known yet.",
    advice="Look at the job later. Sending the decision again does no harm, and is not needed.",
)
_UNSURE: Final = "Nobody knows whether it was recorded"


class View(NamedTuple):
    """What a job's page shows beside the job itself."""

    notice: Notice | None = None
    asked: Asked = NOTHING_ASKED
    typed: Typed = NOTHING_TYPED
    status: HTTPStatus = HTTPStatus.OK


def telling() -> Telling:
    """Say things as of now."""
    return Telling(datetime.now(UTC))


async def job_page(request: Request, record: JobRecord, view: View) -> Response:
    """Show a job with what is held, for those who may see it."""
    tell = telling()
    person = await caller_of(request)
    jobs = parts_of(request).jobs
    detail = await read_detail(jobs, record, person, tell.now, asked=view.asked, typed=view.typed)
    return page(request, "job.html", status=view.status, detail=detail, notice=view.notice, tell=tell)


async def status_page(request: Request, job_id: str) -> Response:
    """Show where a job stands, and nothing of what it holds; it needs no worker."""
    job = await parts_of(request).jobs.describe(job_id)
    return page(request, "status.html", job=job, tell=telling())


async def refusal_page(request: Request, job_id: str, sent: DecisionForm, reason: str) -> Response:
    """Show the job as it is now, why a decision does not count, and everything that was typed."""
    record = await parts_of(request).jobs.record(job_id)
    notice = refused(record, sent, reason)
    view = View(notice, typed=Typed(sent.comment, sent.text), status=HTTPStatus.CONFLICT)
    return await job_page(request, record, view)


def left_page(request: Request, job_id: str) -> Response:
    """Tell that a decision waits for a worker."""
    message = Message(_LEFT.title, _LEFT.text, _LEFT.advice, f"/review/{job_id}", "To the job")
    return message_page(request, HTTPStatus.ACCEPTED, message)


def unsure_page(request: Request, job_id: str, sent: DecisionForm, error: UnreachableError) -> Response:
    """Tell that no answer came, with everything that was typed."""
    advice = "Open the job again and see. The same decision twice does no harm."
    message = Message(_UNSURE, str(error), advice, f"/review/{job_id}", "To the job")
    typed = [("Comment", sent.comment), ("Text", sent.text or "")]
    kept = [(name, text) for name, text in typed if text]
    return message_page(request, HTTPStatus.SERVICE_UNAVAILABLE, message, typed=kept)
