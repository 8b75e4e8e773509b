"""Scenarios in which calls go wrong: refused, or carried out while their reply is lost."""

import math
from email.utils import formatdate
from typing import Annotated

from starlette.responses import Response

from signoff.simulator.answers import bad_answer, played_for
from signoff.simulator.endings import QUEUED, RUNNING, completed
from signoff.simulator.kinds import SECONDS, Count, ErrorStatus, Seconds, Word, one_of
from signoff.simulator.script import Interruption, Script, Visit
from signoff.simulator.wire import proxy_page


def lost(
    *,
    queued: Seconds = QUEUED,
    running: Seconds = RUNNING,
    how: Annotated[str, one_of("close", "slow", "502")] = "close",
    times: Count = 1,
) -> Script:
    """Accept the first creates of a job while their replies are lost, then go on as `completed`."""
    healthy = completed(queued=queued, running=running)

    def interrupt(visit: Visit) -> Interruption | None:
        if visit.operation != "create":
            return None
        return Interruption(bad_answer("html" if how == "502" else how, visit), acts=True)

    return Script(healthy.state_at, healthy.ending, interrupt, times=times, later=healthy)


def error(  # noqa: PLR0913 -- each argument is a key of the scenario
    *,
    status: ErrorStatus = 500,
    code: Word = "",
    retry_after: Annotated[float | None, SECONDS] = None,
    form: Annotated[str, one_of("seconds", "ms", "date")] = "seconds",
    x_should_retry: Annotated[str, one_of("true", "false")] = "",
    body: Annotated[str, one_of("json", "html")] = "json",
    on: Annotated[str, one_of("create", "retrieve", "cancel", "any")] = "create",
    times: Count = 1,
    queued: Seconds = QUEUED,
    running: Seconds = RUNNING,
) -> Script:
    """Refuse the first calls of a kind, then go on as `completed`."""
    healthy = completed(queued=queued, running=running)

    def answer(visit: Visit) -> Response:
        made = proxy_page(status) if body == "html" else played_for(visit, status, code).answer()
        if retry_after is not None:
            made.headers.update(dict([_retry_after(retry_after, form, visit.now)]))
        if x_should_retry:
            made.headers["x-should-retry"] = x_should_retry
        return made

    def refuse_create(visit: Visit) -> Interruption | None:
        return Interruption(answer(visit)) if visit.operation == "create" else None

    def refuse_others(visit: Visit) -> Interruption | None:
        is_meant = visit.operation == on or (on == "any" and visit.operation in ("retrieve", "cancel"))
        return Interruption(answer(visit)) if is_meant and visit.nth <= times else None

    accepted = Script(healthy.state_at, healthy.ending, healthy.interrupt if on == "create" else refuse_others)
    if on in ("retrieve", "cancel"):
        return accepted
    return Script(healthy.state_at, healthy.ending, refuse_create, times=times, later=accepted)


def _retry_after(seconds: float, form: str, now: float) -> tuple[str, str]:
    """Return the header that tells when to come back; a date is never earlier than asked."""
    if form == "ms":
        return "retry-after-ms", f"{seconds * 1000:g}"
    return "retry-after", f"{seconds:g}" if form == "seconds" else formatdate(math.ceil(now + seconds), usegmt=True)
