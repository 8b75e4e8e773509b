"""The page of one job: what is shown before anybody decides, and to whom."""

import json
from decimal import Decimal

import pytest

from signoff.domain import deciding
from signoff.domain.cost import Cost
from signoff.domain.decision import Decision, DecisionKind
from signoff.domain.errors import UnreachableError
from signoff.domain.review import ReviewPolicy
from signoff.domain.status import JobStatus
from signoff.domain.usage import Usage
from signoff.tokens import Role
from tests.domain.making import a_record
from tests.gateway.pages.a_desk import TEXT, a_body, cited, found
from tests.gateway.pages.at_desk import Office, Page


async def test_everything_that_a_decision_rests_on_is_on_the_page(office: Office) -> None:
    record = office.desk.hold(
        title="A brief",
        citations=[cited(TEXT, "twice a day", "https://tides.example/page", "About tides")],
        findings=[found("tool_failed", "a search did not succeed")],
        labels={"desk": "science"},
        review={"approvals": 2},
    )
    query = {"type": "web_search_call", "action": {"query": "when does the tide turn"}}
    office.desk.bodies["a-job", 1] = a_body(query, {"type": "reasoning", "summary": [{"text": "It turns."}]})
    page = await (await office.sign_in()).open("/review/a-job")
    assert record.deliverable
    for told in (
        "A brief",
        "The tide turns twice a day",
        "About tides",
        "tides.example",
        "tool failed",
        "a search did not succeed",
        "when does the tide turn",
        "It turns.",
        "0 of 2",
        "anyone but the requester",
        "approval opens the result to the requester",
        record.deliverable.digest,
        "desk: science",
        "9,600",
        "resp_1",
    ):
        assert told in page.text


async def test_the_exact_text_is_there_beside_the_rendered_one(office: Office) -> None:
    office.desk.hold(text="A *claim* &amp; more\u202e")
    html = (await (await office.sign_in()).http.get("/review/a-job")).text
    assert "<em>claim</em> &amp; more" in html
    assert "A *claim* &amp;amp; more<span" in html
    assert "1 hidden character</strong>" in html


async def test_the_bytes_that_would_be_delivered_can_be_downloaded(office: Office) -> None:
    office.desk.hold()
    person = await office.sign_in()
    answer = await person.http.get("/review/a-job/drafts/1")
    [draft] = office.desk.drafts.values()
    assert answer.content == draft.canonical()
    assert answer.headers["content-disposition"] == 'attachment; filename="a-job-draft-1.json"'
    assert (await person.http.get("/review/a-job/drafts/2")).status_code == 404


@pytest.mark.parametrize("status", JobStatus)
async def test_a_job_in_every_status_has_a_page(office: Office, status: JobStatus) -> None:
    held = office.desk.hold("another")
    record = a_record(status)
    if record.deliverable:
        office.desk.drafts[record.deliverable.digest] = office.desk.drafts[held.opened_review.digest]
    office.desk.play("a-job", record)
    page = await (await office.sign_in()).open("/review/a-job")
    assert status.replace("_", " ") in page.text
    assert ("Nothing has been held" in page.text) == (record.deliverable is None)
    assert not page.has("approve")  # the review of this record was over long ago


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "</textarea><script>alert(1)</script>", "</pre></details>"]
)
async def test_no_result_becomes_part_of_the_page(office: Office, text: str) -> None:
    office.desk.hold(text=text, title=text)
    office.desk.bodies["a-job", 1] = a_body({"type": text, "name": text, "arguments": text})
    page = await (await office.sign_in()).open("/review/a-job")
    scripts = [told for tag, told in page.elements if tag == "script"]
    assert [told.get("src", "").partition("?")[0] for told in scripts] == ["/static/signoff.js"]
    assert page.form("approve_edited").fields["text"] == text


async def test_a_page_has_neither_styles_nor_scripts_of_its_own(office: Office) -> None:
    office.desk.hold(text="| a |\n|--:|\n| b |", citations=[])
    person = await office.sign_in()
    for path in ("/review", "/review/a-job", "/signin"):
        page = Page((await person.http.get(path)).text)
        assert page.values("style") == []
        assert not any(name.startswith("on") for _, told in page.elements for name in told)


async def test_every_id_of_a_page_is_there_once(office: Office) -> None:
    office.desk.hold(citations=[cited(TEXT, "twice", "https://a.example"), cited(TEXT, "a day", "https://b.example")])
    ids = (await (await office.sign_in()).open("/review/a-job")).values("id")
    assert len(ids) == len(set(ids))


async def test_citations_lead_to_their_source_and_back(office: Office) -> None:
    office.desk.hold(citations=[cited(TEXT, "twice a day", "https://a.example")])
    page = await (await office.sign_in()).open("/review/a-job")
    targets = {link[1:] for link in page.values("href") if link.startswith("#")}
    assert {"source-1", "cited-1"} <= targets
    assert targets <= set(page.values("id"))


async def test_two_drafts_are_compared_and_any_two_can_be(office: Office) -> None:
    office.desk.hold(text="first words")
    _ask_changes(office, "Make it better.", "second words")
    _ask_changes(office, "Again.", "third words")
    person = await office.sign_in()
    last = (await person.open("/review/a-job")).text
    assert "removed: second words" in last
    assert "added: third words" in last
    first = (await person.open("/review/a-job?before=1&after=2")).text
    assert "removed: first words" in first
    assert "Make it better." in first
    assert "Choose two different drafts" in (await person.open("/review/a-job?before=1&after=99")).text


def _ask_changes(office: Office, comment: str, text: str) -> None:
    record = office.desk.records["a-job"]
    asked = Decision(
        decision_id=comment.replace(" ", "-"),
        kind=DecisionKind.REQUEST_CHANGES,
        digest=record.opened_review.digest,
        reviewer="ben",
        comment=comment,
    )
    record, line = deciding.decided(record, asked, record.opened_review.opened_at)
    assert line.is_accepted
    office.desk.play("a-job", office.desk.held(record, text, ReviewPolicy(), line.at))


async def test_no_name_or_title_hides_anything(office: Office) -> None:
    office.desk.hold(title="A\u202ebrief", requester="new\u200bs", review={"reviewers": ["an\u2066a", "ana"]})
    html = (await (await office.sign_in()).http.get("/review/a-job")).text
    for character in "\u202e\u200b\u2066":
        assert character not in html


@pytest.mark.parametrize(
    ("name", "roles", "said"),
    [
        ("newsroom", (Role.REVIEWER,), "requested this job"),
        ("dora", (Role.REVIEWER,), "is not a reviewer of this job"),
        ("ops", (Role.OPERATOR,), "needs the role reviewer"),
    ],
)
async def test_somebody_whose_decision_would_be_refused_sees_why_and_no_form(
    office: Office, name: str, roles: tuple[Role, ...], said: str
) -> None:
    office.desk.hold(review={"reviewers": ["ana", "newsroom", "ben"], "approvals": 1})
    page = await (await office.sign_in(name, *roles)).open("/review/a-job")
    assert said in page.text
    assert not page.has("approve")


async def test_a_requester_sees_where_its_job_stands_and_not_what_it_holds(office: Office) -> None:
    office.desk.hold(text="a secret draft", title="A brief")
    page = await (await office.sign_in("newsroom", Role.REQUESTER)).open("/review/a-job")
    assert "A brief" in page.text
    assert "awaiting review" in page.text
    assert "secret" not in page.text
    assert not page.has("approve")


@pytest.mark.parametrize("path", ["", "/events", "/drafts/1"])
async def test_a_requester_sees_nothing_of_somebody_elses_job(office: Office, path: str) -> None:
    office.desk.hold()
    person = await office.sign_in("sports", Role.REQUESTER)
    theirs = await person.http.get(f"/review/a-job{path}")
    nobodys = await person.http.get(f"/review/no-job{path}")
    assert theirs.status_code == nobodys.status_code
    assert theirs.status_code in {403, 404}
    assert theirs.text.replace("a-job", "no-job") == nobodys.text


async def test_its_requester_can_not_fetch_the_draft_either(office: Office) -> None:
    office.desk.hold()
    person = await office.sign_in("newsroom", Role.REQUESTER)
    assert (await person.http.get("/review/a-job/drafts/1")).status_code == 403


async def test_nobody_sees_anything_without_signing_in(office: Office) -> None:
    office.desk.hold()
    person = await office.sign_in()
    person.http.cookies.clear()
    for path in ("/review", "/review/a-job", "/review/a-job/drafts/1"):
        assert (await person.http.get(path)).headers["location"].startswith("/signin?next=")


async def test_where_no_worker_answers_the_page_tells_what_is_known(office: Office) -> None:
    office.desk.hold(title="A brief")
    office.desk.is_silent = True
    page = await (await office.sign_in()).open("/review/a-job")
    assert "No worker answers now" in page.text
    assert "A brief" in page.text


async def test_a_draft_that_can_not_be_read_is_said_to_be_and_can_not_be_decided_on(office: Office) -> None:
    office.desk.hold()
    office.desk.drafts_fault = UnreachableError("the archive can't be read")
    page = await (await office.sign_in()).open("/review/a-job")
    assert "The draft can't be shown: the archive can't be read" in page.text
    assert not page.has("approve")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "is not in the archive"),
        (b"<html>", "can't be read as JSON"),
        (b"[1]", "is no JSON object"),
        (b"[" * 100_000, "can't be read as JSON"),
        (b"{}", "called no tools"),
    ],
)
async def test_what_is_missing_of_the_evidence_is_said(office: Office, body: bytes | None, said: str) -> None:
    office.desk.hold()
    if body:
        office.desk.bodies["a-job", 1] = body
    assert said in (await (await office.sign_in()).open("/review/a-job")).text


async def test_a_stopped_job_says_why_and_who_acts(office: Office) -> None:
    office.desk.play("a-job", a_record(JobStatus.NEEDS_ATTENTION))
    page = await (await office.sign_in("ops", Role.OPERATOR)).open("/review/a-job")
    for told in ("Why it stopped", "unclassified", "a fault", "inspect, by the operator", "signoff show a-job"):
        assert told in page.text


async def test_an_unknown_job_is_no_page(office: Office) -> None:
    assert (await (await office.sign_in()).http.get("/review/nobody")).status_code == 404


async def test_a_closed_and_seen_job_has_no_more_news(office: Office) -> None:
    office.desk.play("a-job", a_record(JobStatus.REJECTED))
    person = await office.sign_in()
    lines = len(office.desk.records["a-job"].timeline)
    assert (await person.http.get(f"/review/a-job/events?after={lines}")).status_code == 204


async def test_news_of_a_job_are_told_from_where_the_page_was_made(office: Office) -> None:
    office.desk.play("a-job", a_record(JobStatus.REJECTED))
    person = await office.sign_in()
    record = office.desk.records["a-job"]
    answer = await person.http.get(f"/review/a-job/events?after={len(record.timeline) - 1}")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.count("event: changed") == 1
    assert record.timeline[-1].text in answer.text


async def test_the_page_says_what_the_job_cost_and_what_is_unknown(office: Office) -> None:
    record = office.desk.hold()
    usage = Usage(input_tokens=7_000, output_tokens=900, cached_input_tokens=5_000, reasoning_tokens=800)
    cost = Cost(amount=Decimal("0.42"), currency="USD", unpriced=("the price table has no <b>model",))
    attempt = record.attempts[0].model_copy(update={"usage": usage, "cost": cost})
    office.desk.records["a-job"] = record.model_copy(update={"attempts": (attempt,), "strays_omitted": 2})
    text = (await (await office.sign_in()).open("/review/a-job")).text
    assert "5,000 of them cached, 800 for reasoning" in text
    assert "at least 0.42 USD; unknown: the price table has no <b>model" in text
    assert "In money, so far: at least 0.42 USD; unknown: attempt 1: the price table has no <b>model" in text
    assert "2 strays of which nothing is kept" in text


async def test_without_a_price_table_the_page_has_tokens_and_no_money(office: Office) -> None:
    office.desk.hold()
    text = (await (await office.sign_in()).open("/review/a-job")).text
    assert "9,600" in text
    assert "In money" not in text


async def test_the_page_shows_what_is_unknown_what_was_used_and_the_words_of_each_citation(office: Office) -> None:
    office.desk.hold()
    note = {"type": "url_citation", "url": "https://a.example", "start_index": 0, "end_index": 5}
    text = {"type": "output_text", "text": "Tides turn.", "annotations": [note, {**note, "end_index": 99}]}
    told = {
        "output": [{"type": "hologram"}, {"type": "message", "content": [text]}],
        "service_tier": "flex",
        "usage": {"output_tokens_details": {"reasoning_tokens": 1_234}},
        "tool_usage": {"web_search": {"num_requests": 3}},
    }
    office.desk.bodies["a-job", 1] = json.dumps(told).encode()
    page = (await (await office.sign_in()).open("/review/a-job")).text
    for shown in ("hologram", "flex", "1,234", "web_search.num_requests 3", "Tides", "2 citations", "for no words"):
        assert shown in page, shown
