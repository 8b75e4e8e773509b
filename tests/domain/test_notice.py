"""What notices say: who must do what until when, and nothing that acts by itself."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from signoff.domain.notice import Notice, NoticeKind, body_of, link_to, subject_of
from signoff.domain.status import JobStatus, NextAction

SITE = "https://signoff.example.com"


def a_notice(kind: NoticeKind = NoticeKind.REVIEW_REQUESTED, **changes: Any) -> Notice:
    given = {
        "kind": kind,
        "job_id": "brief-1",
        "title": "Market brief",
        "requester": "a-service",
        "status": JobStatus.AWAITING_REVIEW,
        **changes,
    }
    return Notice.model_validate(given)


@pytest.mark.parametrize(
    ("kind", "changes", "subject", "commands"),
    [
        (NoticeKind.REVIEW_REQUESTED, {}, "Review requested: Market brief", ["review brief-1"]),
        (NoticeKind.REMINDER, {}, "Review still open: Market brief", ["review brief-1"]),
        (NoticeKind.ESCALATED, {}, "Review escalated: Market brief", ["review brief-1"]),
        (
            NoticeKind.NEEDS_ATTENTION,
            {"next_action": NextAction.RESTORE_QUOTA},
            "Needs attention: Market brief",
            ["show brief-1", "retry brief-1 --reason 'what was mended'", "abandon brief-1 --reason why"],
        ),
        (
            NoticeKind.NEEDS_ATTENTION,
            {"next_action": NextAction.AMEND_REQUEST},
            "Needs attention: Market brief",
            ["show brief-1", "amend brief-1 --set KEY=VALUE --reason why", "abandon brief-1 --reason why"],
        ),
        (NoticeKind.EXPIRED, {}, "Expired: Market brief", ["show brief-1"]),
        (NoticeKind.DELIVERED, {}, "Delivered: Market brief", ["result brief-1"]),
    ],
)
def test_each_kind_says_what_it_is_about_and_what_to_type(
    kind: NoticeKind, changes: dict[str, Any], subject: str, commands: list[str]
) -> None:
    notice = a_notice(kind, **changes)
    typed = [line.partition("signoff ")[2] for line in body_of(notice).splitlines() if ": signoff " in line]
    assert subject_of(notice) == subject
    assert typed == commands


@pytest.mark.parametrize("kind", NoticeKind)
def test_the_link_is_there_where_a_gateway_is_known_and_only_there(kind: NoticeKind) -> None:
    notice = a_notice(kind)
    assert f"On the web: {SITE}/review/brief-1\n" in body_of(notice, SITE + "/")
    assert "://" not in body_of(notice)


def test_a_link_holds_a_job_id_as_one_part_of_its_path() -> None:
    assert link_to("a/b?c", SITE) == f"{SITE}/review/a%2Fb%3Fc"


@pytest.mark.parametrize("kind", [NoticeKind.REVIEW_REQUESTED, NoticeKind.REMINDER, NoticeKind.ESCALATED])
def test_one_of_a_review_says_that_looking_decides_nothing(kind: NoticeKind) -> None:
    assert "decides nothing" in body_of(a_notice(kind))


def test_an_expired_job_is_called_neither_approved_nor_rejected() -> None:
    assert "neither approved nor rejected" in body_of(a_notice(NoticeKind.EXPIRED))


def test_the_facts_are_shown() -> None:
    body = body_of(a_notice(reason="held for review", next_action=NextAction.REVIEW, findings=2))
    facts = ("Job: brief-1", "Title: Market brief", "Requester: a-service", "Status: awaiting_review")
    assert [fact for fact in facts if fact not in body] == []
    assert "Reason: held for review\nNext action: review\nNoticed in the result: 2 findings" in body


def test_a_time_is_told_in_utc_and_never_later_than_it_is() -> None:
    due_at = datetime(2026, 11, 26, 1, 30, 59, tzinfo=timezone(timedelta(hours=2)))
    assert "Act before: 2026-11-25 23:30 UTC" in body_of(a_notice(due_at=due_at))
    assert "Act before: 2026-11-25 23:30 UTC" in body_of(a_notice(due_at=due_at.astimezone(UTC)))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("two\nlines\r\n\x1b[31m", "two lines [31m"),
        ("line\u2028separator", "line separator"),
        ("re\u202eversed\u200b", "reversed"),
        ("https://evil.example", "https: //evil.example"),
        ("<!channel> <https://evil|click>", "\u2039!channel\u203a \u2039https: //evil|click\u203a"),
        ("@everyone and x@here", "\uff20everyone and x\uff20here"),
        ("ana@example.com", "ana@example.com"),
    ],
)
def test_other_peoples_words_are_one_line_that_acts_nowhere(written: str, shown: str) -> None:
    notice = a_notice(title=written, requester=written, reason=written)
    assert subject_of(notice) == f"Review requested: {shown}"
    assert f"Title: {shown}\nRequester: {shown}\n" in body_of(notice)
    assert f"Reason: {shown}\n" in body_of(notice)


def test_however_long_the_words_are_a_notice_is_short() -> None:
    notice = a_notice(title="t" * 10_000, requester="r" * 10_000, reason="w" * 10_000)
    assert len(subject_of(notice)) < 250
    assert len(body_of(notice, SITE)) < 1_500


def test_a_job_without_a_title_is_named_by_its_id() -> None:
    assert subject_of(a_notice(title=" \n")) == "Review requested: brief-1"
