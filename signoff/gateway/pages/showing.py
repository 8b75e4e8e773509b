"""The page of one job, and the pages that stand in for it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, NamedTuple

from fastapi import Request
from starlette.responses import Response

from signoff.domain.errors import BadRequestError, UnreachableError
from signoff.domain.record import JobRecord
from signoff.domain.spending import job_cost
from signoff.gateway.callers import caller_of
from signoff.gateway.pages.deciding import DecisionForm, Notice, refused, typed_in
from signoff.gateway.pages.detail import NOTHING_ASKED, NOTHING_TYPED, Asked, Typed, read_detail
from signoff.gateway.pages.messages import Message, message_page
from signoff.gateway.pages.parts import parts_of
from signoff.gateway.pages.templating import page
from signoff.showing.telling import Telling

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
    cost = job_cost(record)
    return page(request, "job.html", status=view.status, detail=detail, cost=cost, notice=view.notice, tell=tell)


async def status_page(request: Request, job_id: str) -> Response:
    """Show where a job stands, and nothing of what it holds; it needs no worker."""
    job = await parts_of(request).jobs.describe(job_id)
    return page(request, "status.html", job=job, tell=telling())


async def refusal_page(request: Request, job_id: str, sent: DecisionForm, reason: str) -> Response:
    """Show the job as it is now, why a decision does not count, and everything that was typed."""
    try:
        record = await parts_of(request).jobs.record(job_id)
    except UnreachableError as error:
        return kept_page(request, job_id, _kept(HTTPStatus.SERVICE_UNAVAILABLE, reason, str(error)), _fields(sent))
    notice = refused(record, sent, reason)
    view = View(notice, typed=Typed(sent.comment, sent.text), status=HTTPStatus.CONFLICT)
    return await job_page(request, record, view)


def left_page(request: Request, job_id: str) -> Response:
    """Tell that a decision waits for a worker."""
    message = Message(_LEFT.title, _LEFT.text, _LEFT.advice, f"/review/{job_id}", "To the job")
    return message_page(request, HTTPStatus.ACCEPTED, message)


def unsure_page(request: Request, job_id: str, sent: DecisionForm, error: UnreachableError) -> Response:
    """Tell that no answer came, with everything that was typed."""
    told = Message(_UNSURE, str(error), "Open the job again and see. The same decision twice does no harm.")
    return kept_page(request, job_id, (HTTPStatus.SERVICE_UNAVAILABLE, told), _fields(sent))


def unreadable_page(request: Request, job_id: str, form: Mapping[str, object], error: BadRequestError) -> Response:
    """Tell what is wrong with a form, with everything that was typed."""
    told = Message("That can't be taken", str(error), "Nothing was decided. Open the job again, and try once more.")
    return kept_page(request, job_id, (HTTPStatus.BAD_REQUEST, told), form)


def kept_page(request: Request, job_id: str, told: tuple[HTTPStatus, Message], form: Mapping[str, object]) -> Response:
    """Answer with a message that leads back to the job, and with what was typed."""
    status, message = told
    message = replace(message, link=f"/review/{job_id}", link_text="To the job")
    return message_page(request, status, message, typed=typed_in(form))


def _kept(status: HTTPStatus, reason: str, why: str) -> tuple[HTTPStatus, Message]:
    return status, Message("Your decision does not count", f"{reason}.", f"The job can't be shown now: {why}.")


def _fields(sent: DecisionForm) -> Mapping[str, object]:
    return {"comment": sent.comment, "text": sent.text}
