"""Notices: what people are told of a job so that they act, in words that hold nothing of a request or a result."""

import re
import shlex
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from pydantic import AwareDatetime

from signoff.domain.model import Value, clipped, counted
from signoff.domain.status import JobStatus, NextAction

NAME_LIMIT_BYTES: Final = 200
REASON_LIMIT_BYTES: Final = 300


class NoticeKind(StrEnum):
    """What a notice is about."""

    REVIEW_REQUESTED = "review_requested"
    REMINDER = "reminder"
    ESCALATED = "escalated"
    NEEDS_ATTENTION = "needs_attention"
    EXPIRED = "expired"
    DELIVERED = "delivered"


class Notice(Value):
    """What people are told of one job.

    `recipients` names the people and groups whom it concerns, as a review policy names them; empty: everybody.
    `findings` is how many things were noticed in what is held for review. `reason` is for words of the product:
    what a provider or a reviewer wrote may quote a request or a result.
    """

    kind: NoticeKind
    job_id: str
    title: str
    requester: str
    status: JobStatus
    reason: str = ""
    next_action: NextAction = NextAction.NONE
    due_at: AwareDatetime | None = None
    findings: int = 0
    recipients: tuple[str, ...] = ()


_BREAKS: Final = frozenset({"Cc", "Zl", "Zp"})
_LOOK_ALIKES: Final = {ord("<"): "\u2039", ord(">"): "\u203a"}
_MENTION: Final = re.compile(r"(?<![\w.+-])@|@(?=everyone|here|channel|all\b)", re.IGNORECASE)
"""A mention in a chat; the sign in the middle of a mail address is none."""

_K = NoticeKind
_HEADLINES: Final[dict[NoticeKind, str]] = {
    _K.REVIEW_REQUESTED: "Review requested",
    _K.REMINDER: "Review still open",
    _K.ESCALATED: "Review escalated",
    _K.NEEDS_ATTENTION: "Needs attention",
    _K.EXPIRED: "Expired",
    _K.DELIVERED: "Delivered",
}

_EVENTS: Final[dict[NoticeKind, str]] = {
    _K.REVIEW_REQUESTED: "A result is held until people decide on it. Nothing is delivered before that.",
    _K.REMINDER: "A result is still held: it has not been decided on. Without a decision in time the job expires.",
    _K.ESCALATED: "Nobody has decided in time on a result that is held, so you are asked to.",
    _K.NEEDS_ATTENTION: "This job has stopped, and goes on only when somebody acts.",
    _K.EXPIRED: "Nobody acted in time, so this job has ended. It was neither approved nor rejected.",
    _K.DELIVERED: "The approved result was delivered, and the receipt is kept. There is nothing left to do.",
}

_REPAIRS: Final[dict[NextAction, tuple[str, ...]]] = {
    NextAction.AMEND_REQUEST: ("amend", "--set", "KEY=VALUE", "--reason", "why"),
}
"""The command that repairs a stopped job, by its next action; for the others that is `retry`."""

_RETRY: Final = ("retry", "--reason", "what was mended")
_REVIEWS: Final = frozenset({_K.REVIEW_REQUESTED, _K.REMINDER, _K.ESCALATED})


def subject_of(notice: Notice) -> str:
    """Say in one line what it is about."""
    return f"{_HEADLINES[notice.kind]}: {_plain(notice.title) or notice.job_id}"


def body_of(notice: Notice, public_url: str = "") -> str:
    """Say what happened, and what to do: commands to type and, where the gateway's address is known, a link."""
    parts = [_EVENTS[notice.kind], "\n".join(_facts(notice)), "\n".join(_steps(notice, public_url))]
    return "\n\n".join(parts) + "\n"


def link_to(job_id: str, public_url: str) -> str:
    """Give the address of a job's page, which shows it and decides nothing; empty where no gateway is known."""
    return f"{public_url.rstrip('/')}/review/{quote(job_id, safe='')}" if public_url else ""


def _facts(notice: Notice) -> Iterator[str]:
    yield f"Job: {notice.job_id}"
    if title := _plain(notice.title):
        yield f"Title: {title}"
    yield f"Requester: {_plain(notice.requester)}"
    yield f"Status: {notice.status}"
    if reason := _plain(notice.reason, limit_bytes=REASON_LIMIT_BYTES):
        yield f"Reason: {reason}"
    if notice.next_action is not NextAction.NONE:
        yield f"Next action: {notice.next_action}"
    if notice.due_at:
        yield f"Act before: {_moment(notice.due_at)}"
    if notice.findings:
        yield f"Noticed in the result: {counted(notice.findings, 'finding')}, shown with it"


def _steps(notice: Notice, public_url: str) -> Iterator[str]:
    for purpose, words in _commands(notice):
        command, *options = words
        yield f"{purpose}: signoff {shlex.join([command, notice.job_id, *options])}"
    if link := link_to(notice.job_id, public_url):
        yield f"On the web: {link}"
    if notice.kind in _REVIEWS:
        yield "Looking at it decides nothing; approving or rejecting is a step of its own."


def _commands(notice: Notice) -> Iterator[tuple[str, tuple[str, ...]]]:
    match notice.kind:
        case NoticeKind.NEEDS_ATTENTION:
            yield "See why it stopped, and what helps", ("show",)
            yield "When that is mended", _REPAIRS.get(notice.next_action, _RETRY)
            yield "Or give it up", ("abandon", "--reason", "why")
        case NoticeKind.EXPIRED:
            yield "See what happened", ("show",)
        case NoticeKind.DELIVERED:
            yield "See the result", ("result",)
        case _:
            yield "Read it, and see the commands that approve or reject it", ("review",)


def _moment(at: datetime) -> str:
    """Write a time in UTC, to the minute and never later than it is."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _plain(text: str, *, limit_bytes: int = NAME_LIMIT_BYTES) -> str:
    """Bring other people's words into one short line that acts nowhere.

    What chat services obey becomes look-alikes: mentions that alert everybody, markup in angle brackets, and the
    start of a link, so that each link of a notice is the product's own.
    """
    spaced = "".join(" " if unicodedata.category(character) in _BREAKS else character for character in text)
    visible = "".join(character for character in spaced if unicodedata.category(character) != "Cf")
    line = " ".join(visible.split()).replace("://", ": //").translate(_LOOK_ALIKES)
    return clipped(_MENTION.sub("\uff20", line), limit_bytes=limit_bytes)
