"""The list of jobs: what waits for whom, in which order, and what is said where there is nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from signoff.domain.errors import UnreachableError
from signoff.domain.status import JobStatus
from signoff.gateway.pages.inbox import ROWS
from signoff.tokens import Role
from tests.domain.making import a_record
from tests.gateway.pages.a_desk import found
from tests.gateway.pages.at_desk import Office, Page

HOUR = timedelta(hours=1)


def now() -> datetime:
    """Tell the time of the test, which may run long after it was read."""
    return datetime.now(UTC)


def titles(page: Page) -> list[str]:
    links = [told["href"] for tag, told in page.elements if tag == "a"]
    return [link.removeprefix("/review/") for link in links if link.startswith("/review/")]


async def test_what_is_due_first_stands_on_top(office: Office) -> None:
    for job_id, hours in (("late", 60), ("soon", 5), ("later", 24)):
        office.desk.hold(job_id, at=now() - HOUR, review={"window": timedelta(hours=hours)})
    person = await office.sign_in()
    assert titles(await person.open("/review")) == ["soon", "later", "late"]


async def test_a_row_tells_what_a_reviewer_chooses_by(office: Office) -> None:
    office.desk.hold(
        "a-job",
        title="A brief",
        at=now() - 3 * HOUR,
        findings=[found("partial_output", "x")],
        review={"window": 5 * HOUR},
    )
    person = await office.sign_in()
    await person.decide("claim")
    told = (await person.open("/review")).text
    for word in ("A brief", "a-job", "awaiting review", "in 2 h 8 min", "newsroom", "3 h ago", "1 finding", "ana"):
        assert word in told


async def test_a_reviewer_sees_first_what_waits_for_them(office: Office) -> None:
    office.desk.hold("mine", review={"reviewers": ["ana"]})
    office.desk.hold("theirs", review={"reviewers": ["ben"]})
    office.desk.hold("own", requester="ana")
    person = await office.sign_in()
    assert titles(await person.open("/review")) == ["mine"]
    assert titles(await person.open("/review?whose=all")) == ["mine", "theirs", "own"]


@pytest.mark.parametrize(
    ("due", "shown"), [("hour", ["soon"]), ("day", ["soon", "today"]), ("", ["soon", "today", "later"])]
)
async def test_what_must_be_decided_soon_can_be_asked_for(office: Office, due: str, shown: list[str]) -> None:
    for job_id, hours in (("soon", 0.5), ("today", 20), ("later", 60)):
        office.desk.hold(job_id, at=now() - HOUR, review={"window": timedelta(hours=1 + hours)})
    person = await office.sign_in()
    assert titles(await person.open(f"/review?due={due}")) == shown


async def test_the_next_page_means_the_same_moment(office: Office) -> None:
    for number in range(ROWS + 1):
        office.desk.hold(f"job-{number}", review={"window": 2 * HOUR})
    person = await office.sign_in()
    first = await person.open("/review?due=day")
    [following] = [told["href"] for tag, told in first.elements if tag == "a" and told.get("rel") == "next"]
    until = office.desk.asked[-1]["due_before"]
    await person.open(following)
    assert office.desk.asked[-1]["due_before"] == until


async def test_an_operator_sees_first_what_needs_attention(office: Office) -> None:
    office.desk.hold("held")
    office.desk.play("stopped", a_record(JobStatus.NEEDS_ATTENTION).model_copy(update={"job_id": "stopped"}))
    person = await office.sign_in("ops", Role.OPERATOR)
    assert titles(await person.open("/review")) == ["stopped"]


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("requester=sports", ["b"]),
        ("label=desk%3Dscience", ["a"]),
        ("requester=sports&label=desk%3Dscience", []),
        ("status=queued", []),
        ("status=needs_attention", ["stopped"]),
        ("requester=", ["a", "b"]),
    ],
)
async def test_the_list_is_filtered_as_its_address_says(office: Office, query: str, listed: list[str]) -> None:
    office.desk.hold("a", labels={"desk": "science"})
    office.desk.hold("b", requester="sports")
    office.desk.play("stopped", a_record(JobStatus.NEEDS_ATTENTION).model_copy(update={"job_id": "stopped"}))
    person = await office.sign_in()
    assert titles(await person.open(f"/review?{query}")) == listed


async def test_a_page_of_the_list_is_one_request_for_rows(office: Office) -> None:
    office.desk.hold()
    person = await office.sign_in()
    office.desk.asked.clear()
    await person.open("/review?requester=newsroom")
    assert office.desk.asked == [
        {
            "status": JobStatus.AWAITING_REVIEW,
            "requester": "newsroom",
            "label": None,
            "reviewer": "ana",
            "due_before": None,
        }
    ]


async def test_a_long_list_has_pages_that_keep_the_filter(office: Office) -> None:
    for number in range(ROWS + 3):
        office.desk.hold(f"job-{number}")
    person = await office.sign_in()
    first = await person.open("/review?requester=newsroom")
    [following] = [told["href"] for tag, told in first.elements if told.get("rel") == "next"]
    assert "requester=newsroom" in following
    second = await person.open(following)
    assert (len(titles(first)), len(titles(second))) == (ROWS, 3)


async def test_jobs_are_counted_by_status(office: Office) -> None:
    office.desk.hold("a")
    office.desk.hold("b")
    person = await office.sign_in()
    assert "awaiting review 2 needs attention 0" in (await person.open("/review")).text


async def test_an_empty_list_says_so_and_what_to_do(office: Office) -> None:
    person = await office.sign_in()
    assert "Nothing waits for you" in (await person.open("/review")).text
    assert "No such job" in (await person.open("/review?status=failed")).text


async def test_a_list_that_can_not_be_read_says_why(office: Office) -> None:
    office.desk.fault = UnreachableError("Temporal does not answer; try again")
    person = await office.sign_in()
    answer = await person.http.get("/review")
    assert answer.status_code == 503
    assert "Temporal does not answer; try again" in answer.text


@pytest.mark.parametrize(
    "query", ["status=lost", "label=desk", "whose=nobody", f"requester={'x' * 200}", "cursor=" + "x" * 5000]
)
async def test_a_filter_that_can_not_be_asked_for_is_told(office: Office, query: str) -> None:
    office.desk.hold("a")
    person = await office.sign_in()
    page = await person.open(f"/review?{query}")
    assert "That can't be asked for" in page.text
    assert titles(page) == ["a"]


async def test_names_and_titles_are_shown_and_do_nothing(office: Office) -> None:
    office.desk.hold("a", title="<script>alert(1)</script>", requester="news\u00adroom")
    person = await office.sign_in()
    html = (await person.http.get("/review")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "U+00AD" in html


@pytest.mark.parametrize("query", ["", "requester=sports", "whose=mine", "status=awaiting_review&requester=sports"])
async def test_a_requester_sees_its_own_jobs_and_no_others(office: Office, query: str) -> None:
    office.desk.hold("a")
    office.desk.hold("b", requester="sports")
    person = await office.sign_in("newsroom", Role.REQUESTER)
    page = await person.open(f"/review?{query}")
    assert titles(page) == ["a"]
    assert "My jobs" in page.text
