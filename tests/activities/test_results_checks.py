"""What a job's checks find in a response that ended, and what a check can never do."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from activities.orders import CreateOrder
from signoff.adapters.archive import open_archive
from signoff.adapters.memory import InMemoryResponses, completed
from signoff.checking import read_deliverable
from signoff.domain import layout
from signoff.domain.attempt import Ended
from signoff.domain.checks import Check, CheckOrder, Checks
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass
from signoff.domain.observation import FindingKind
from tests.activities.desk import Desk, response_order

ADAPTER: TypeAdapter[tuple[Check, ...]] = TypeAdapter(Checks)
MET, MADE_UP = "https://example.org/met", "https://example.org/made-up"
EVERY: list[dict[str, Any]] = [
    {"kind": "json_schema", "json_schema": {"type": "object"}},
    {"kind": "min_citations", "at_least": 5},
    {"kind": "cited_sources"},
    {"kind": "length", "at_least": 1_000},
    {"kind": "forbidden", "patterns": ["answer"]},
]
BROKEN: list[dict[str, Any]] = [{"kind": "forbidden", "patterns": ["("]}]


def cited(*urls: str, status: str = "completed") -> dict[str, Any]:
    notes = [{"type": "url_citation", "url": url, "title": "A", "start_index": 0, "end_index": 1} for url in urls]
    search = {
        "type": "web_search_call",
        "status": "completed",
        "action": {"type": "search", "sources": [{"type": "url", "url": f"{MET}/"}]},
    }
    message = {
        "type": "message",
        "content": [{"type": "output_text", "text": "A short answer.", "annotations": notes}],
    }
    return {"status": status, "output": [search, message]}


async def ended_with(step: dict[str, Any], checks: list[dict[str, Any]], desk: Desk | None = None) -> Ended:
    desk = desk or Desk()
    desk.provider = InMemoryResponses(script=(step,))
    await desk.created()
    desk.pass_time(seconds=10)
    return await desk.run(desk.responses.look_at_response, response_order(checks=checks))


def kinds(ended: Ended) -> list[FindingKind]:
    assert ended.deliverable is not None
    return [finding.kind for finding in ended.deliverable.findings]


async def test_what_checks_find_is_held_with_the_draft() -> None:
    ended = await ended_with(cited(MET, MADE_UP), EVERY)
    assert kinds(ended) == [
        FindingKind.SCHEMA_MISMATCH,
        FindingKind.TOO_FEW_CITATIONS,
        FindingKind.UNBACKED_CITATION,
        FindingKind.LENGTH,
        FindingKind.FORBIDDEN_TEXT,
    ]
    assert ended.failure is None
    assert ended.deliverable is not None
    assert ended.findings == ended.deliverable.findings


async def test_a_cited_link_is_held_against_what_the_tools_of_the_body_met() -> None:
    ended = await ended_with(cited(f"{MET}?utm_source=openai", MADE_UP), [{"kind": "cited_sources"}])
    [found] = ended.findings
    assert MADE_UP in found.message


async def test_a_draft_that_keeps_to_its_checks_has_no_findings() -> None:
    assert (await ended_with(cited(MET), [{"kind": "cited_sources"}, {"kind": "length", "at_most": 99}])).findings == ()


async def test_the_findings_of_checks_stand_behind_those_of_the_response() -> None:
    step = {**cited(MET, status="incomplete"), "incomplete_details": {"reason": "max_output_tokens"}}
    found = kinds(await ended_with(step, [{"kind": "min_citations", "at_least": 2}]))
    assert found == [FindingKind.PARTIAL_OUTPUT, FindingKind.TOO_FEW_CITATIONS]


async def test_the_draft_has_the_same_bytes_with_and_without_checks() -> None:
    """A check decides nothing, so it changes nothing."""
    with_checks, without = await ended_with(cited(MET), EVERY), await ended_with(cited(MET), [])
    assert with_checks.deliverable is not None
    assert without.deliverable is not None
    assert with_checks.deliverable.digest == without.deliverable.digest


async def test_a_result_that_cannot_be_held_is_not_checked() -> None:
    refused = {"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}
    ended = await ended_with({"status": "completed", "output": [refused]}, EVERY)
    assert ended.failure is not None
    assert {finding.kind for finding in ended.findings} == {FindingKind.REFUSAL, FindingKind.EMPTY_TEXT}


async def test_a_check_that_can_never_be_made_keeps_no_result_from_being_held() -> None:
    """Such a job may have been started before this version refused it."""
    ended = await ended_with(cited(MET), BROKEN)
    assert kinds(ended) == [FindingKind.CHECK_UNANSWERED]


async def test_a_check_by_an_activity_is_left_to_whoever_calls_it() -> None:
    assert kinds(await ended_with(cited(MET), [{"kind": "activity", "name": "tone", "task_queue": "q"}])) == []


async def test_what_checks_add_to_the_history_is_bounded() -> None:
    text = json.dumps({"a" * 5_000 + str(number): 1 for number in range(300)})
    strict = {"kind": "json_schema", "json_schema": {"type": "object", "additionalProperties": False}}
    ended = await ended_with(completed(text), [strict] * 10)
    assert len(ended.findings) == 110
    assert len(ended.model_dump_json()) < 100_000


async def test_a_create_whose_checks_could_never_be_made_is_not_sent() -> None:
    desk = Desk()
    checks = ADAPTER.validate_python([*EVERY, *BROKEN])
    order = CreateOrder(job_id="job-1", attempt=1, parameters={"model": "a-model", "input": "hi"}, checks=checks)
    failure = await desk.failure_of(desk.responses.create_response, order)
    assert failure.failure_class is FailureClass.MALFORMED_INPUT
    assert "review.checks.5.patterns.0" in failure.message
    assert desk.provider.creates == 0


async def test_a_create_whose_checks_can_be_made_is_sent() -> None:
    desk = Desk()
    checks = ADAPTER.validate_python(EVERY)
    order = CreateOrder(job_id="job-1", attempt=1, parameters={"model": "a-model", "input": "hi"}, checks=checks)
    await desk.run(desk.responses.create_response, order)
    assert desk.provider.creates == 1


async def an_order(desk: Desk) -> CheckOrder:
    ended = await ended_with(cited(MET), [], desk)
    assert ended.deliverable is not None
    held = ended.deliverable
    return CheckOrder(job_id="job-1", attempt=1, digest=held.digest, size_bytes=held.size_bytes)


async def test_a_check_of_ones_own_reads_the_draft_that_its_order_names() -> None:
    desk = Desk()
    draft = await read_deliverable(desk.archive, await an_order(desk))
    assert (draft.text, draft.citations[0].url) == ("A short answer.", MET)


async def test_a_check_of_ones_own_is_given_no_other_bytes_than_those_of_the_digest() -> None:
    desk = Desk()
    order = await an_order(desk)
    await desk.archive.put(layout.deliverable_path("job-1", order.digest), b'{"text": "another"}')
    with pytest.raises(FaultError, match="digest"):
        await read_deliverable(desk.archive, order)


async def test_a_draft_that_is_not_in_the_archive_is_a_fault_that_says_where_to_look() -> None:
    with pytest.raises(FaultError, match="same archive"):
        await read_deliverable(open_archive("memory:"), await an_order(Desk()))
