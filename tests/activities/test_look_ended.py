"""`look_at_response` once the response has ended: what it keeps, and what it says of it."""

import json
from typing import Any

import pytest

from signoff.adapters.memory import InMemoryResponses, completed
from signoff.domain import layout
from signoff.domain.attempt import Ended
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.evidence import EvidenceRef
from signoff.domain.failures import FailureClass
from signoff.domain.observation import FindingKind
from signoff.domain.status import ResponseStatus
from tests.activities.desk import Desk, FlakyArchive, response_order


def message(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "content": list(parts)}


TEXT = {"type": "output_text", "text": "half of", "annotations": []}
LATE = {"end_index": 4, "start_index": 0, "type": "url_citation", "url": "https://example.org/", "title": "A page"}


async def ended_with(step: dict[str, Any], archive: FlakyArchive | None = None, **order: Any) -> Ended:
    desk = Desk(InMemoryResponses(script=(step,)), archive or FlakyArchive())
    await desk.created()
    desk.pass_time(seconds=10)
    return await desk.run(desk.responses.look_at_response, response_order(**order))


async def test_the_body_is_in_the_archive_byte_for_byte_under_its_attempt() -> None:
    archive = FlakyArchive()
    ended = await ended_with(completed("An answer."), archive, attempt=2)
    kept = await archive.get(layout.body_path("job-1", 2))
    assert kept is not None
    assert json.loads(kept)["output"] == completed("An answer.")["output"]
    assert digest_of(kept) == ended.body_digest


async def test_the_draft_is_in_the_archive_under_the_digest_of_its_bytes() -> None:
    archive = FlakyArchive()
    ended = await ended_with(completed("An answer — 潮."), archive)
    assert ended.deliverable is not None
    kept = await archive.get(layout.deliverable_path("job-1", ended.deliverable.digest))
    assert kept == Deliverable(job_id="job-1", attempt=1, text="An answer — 潮.").canonical()
    assert (digest_of(kept), len(kept)) == (ended.deliverable.digest, ended.deliverable.size_bytes)


async def test_the_body_is_kept_before_the_draft_is_made_of_it() -> None:
    archive = FlakyArchive()
    ended = await ended_with(completed(), archive)
    assert ended.deliverable is not None
    draft = layout.deliverable_path("job-1", ended.deliverable.digest)
    assert archive.written == [layout.body_path("job-1", 1), layout.evidence_path("job-1", 1), draft]


async def test_a_repeat_after_the_result_was_lost_keeps_the_same_bytes() -> None:
    """The worker may die between the archive and the answer to the server."""
    archive = FlakyArchive()
    assert await ended_with(completed(), archive) == await ended_with(completed(), archive)
    assert len(set(archive.written)) == 3


async def test_the_citations_are_part_of_the_draft() -> None:
    archive = FlakyArchive()
    ended = await ended_with({"status": "completed", "output": [message({**TEXT, "annotations": [LATE]})]}, archive)
    assert ended.deliverable is not None
    kept = await archive.get(layout.deliverable_path("job-1", ended.deliverable.digest))
    assert kept is not None
    assert json.loads(kept)["citations"] == [{"title": "A page", "url": LATE["url"], "start": 0, "end": 4}]


async def test_a_good_result_is_held_without_findings_or_failure() -> None:
    ended = await ended_with(completed())
    assert (ended.snapshot.status, ended.findings, ended.failure) == (ResponseStatus.COMPLETED, (), None)


@pytest.mark.parametrize(
    ("step", "order", "finding"),
    [
        ({"status": "completed", "output": [{"type": "reasoning"}]}, {}, FindingKind.EMPTY_TEXT),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": [message(TEXT)]},
            {},
            FindingKind.PARTIAL_OUTPUT,
        ),
        (
            completed(output=[message(TEXT), {"type": "web_search_call", "status": "failed"}]),
            {},
            FindingKind.TOOL_FAILED,
        ),
        (
            completed(output=[message(TEXT), {"type": "web_search_call", "status": "completed"}]),
            {"max_tool_calls": 1},
            FindingKind.TOOL_CALLS_CLIPPED,
        ),
        (completed(output=[message(TEXT), {"type": "mcp_approval_request"}]), {}, FindingKind.APPROVAL_REQUESTED),
    ],
    ids=lambda value: str(value) if isinstance(value, FindingKind) else "",
)
async def test_what_a_reviewer_must_know_is_held_with_the_draft(
    step: dict[str, Any], order: dict[str, Any], finding: FindingKind
) -> None:
    ended = await ended_with(step, **order)
    assert ended.failure is None
    assert ended.deliverable is not None
    assert finding in {one.kind for one in ended.deliverable.findings}


@pytest.mark.parametrize(
    ("step", "expected", "code"),
    [
        ({"status": "failed", "error": {"code": "server_error"}}, FailureClass.TRANSIENT, "server_error"),
        ({"status": "failed", "error": {"code": "insufficient_quota"}}, FailureClass.QUOTA, "insufficient_quota"),
        ({"status": "failed", "error": {"code": "vector_store_timeout"}}, FailureClass.TIMEOUT, "vector_store_timeout"),
        ({"status": "failed", "error": {"code": "invalid_prompt"}}, FailureClass.REVIEW_REQUIRED, "invalid_prompt"),
        ({"status": "failed", "error": {"code": "a_new_code"}}, FailureClass.UNCLASSIFIED, "a_new_code"),
        ({"status": "failed"}, FailureClass.UNCLASSIFIED, ""),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            FailureClass.POLICY,
            "content_filter",
        ),
        ({"status": "incomplete", "incomplete_details": {"reason": "new"}}, FailureClass.UNCLASSIFIED, "new"),
        (
            {"status": "completed", "output": [message({"type": "refusal", "refusal": "I can't"})]},
            FailureClass.POLICY,
            "",
        ),
        ({"status": "completed", "output": [message(TEXT), {"type": "hologram"}]}, FailureClass.UNCLASSIFIED, ""),
        ({"status": "cancelled"}, FailureClass.RESULT_LOST, ""),
        ({"status": "paused"}, FailureClass.UNCLASSIFIED, ""),
    ],
    ids=str,
)
async def test_a_result_that_cannot_be_held_ends_with_its_failure_and_its_body_is_kept(
    step: dict[str, Any], expected: FailureClass, code: str
) -> None:
    archive = FlakyArchive()
    ended = await ended_with(step, archive)
    assert ended.failure is not None
    assert (ended.failure.failure_class, ended.failure.code, ended.deliverable) == (expected, code, None)
    assert archive.written == [layout.body_path("job-1", 1), layout.evidence_path("job-1", 1)]


async def test_the_hint_in_a_failed_body_is_kept() -> None:
    error = {"code": "rate_limit_exceeded", "message": "Please try again in 11.054s."}
    ended = await ended_with({"status": "failed", "error": error})
    assert ended.failure is not None
    assert ended.failure.retry_after is not None
    assert ended.failure.retry_after.total_seconds() == 11.054


async def test_what_goes_into_the_history_stays_small_however_large_the_result_is() -> None:
    ended = await ended_with(completed("x" * 5_000_000))
    assert ended.deliverable is not None
    assert ended.deliverable.size_bytes > 5_000_000
    assert len(ended.model_dump_json()) < 2_000


async def test_a_text_with_half_an_emoji_is_held_all_the_same() -> None:
    """A lone surrogate passes JSON, but neither UTF-8 nor RFC 8785."""
    assert (await ended_with(completed("half: \ud83d"))).deliverable is not None


async def test_a_body_of_which_no_draft_can_be_made_ends_the_look_as_unclassified_and_is_kept() -> None:
    """RFC 8785 has no integer as large as this offset; looking again would not help."""
    archive = FlakyArchive()
    cited = {"status": "completed", "output": [message({**TEXT, "annotations": [{**LATE, "end_index": 10**20}]})]}
    desk = Desk(InMemoryResponses(script=(cited,)), archive)
    await desk.created()
    desk.pass_time(seconds=10)
    failure = await desk.failure_of(desk.responses.look_at_response, response_order())
    assert failure.failure_class is FailureClass.UNCLASSIFIED
    assert "half of" not in failure.message
    assert archive.written == [layout.body_path("job-1", 1), layout.evidence_path("job-1", 1)]


async def test_the_looks_are_counted_without_the_one_that_came_too_early() -> None:
    desk = Desk()
    await desk.created()
    order = response_order()
    await desk.error_of(desk.responses.look_at_response, order)  # not due yet
    desk.pass_time(seconds=10)
    await desk.error_of(desk.responses.look_at_response, order)  # in progress
    assert (await desk.run(desk.responses.look_at_response, order)).looks == len(desk.provider.retrieved) == 2


async def test_the_index_of_the_evidence_is_in_the_archive_under_the_digest_that_is_told() -> None:
    archive = FlakyArchive()
    steps = [{"type": "web_search_call", "action": {"query": "tides"}}, {"type": "hologram"}]
    output = [*steps, message({**TEXT, "annotations": [LATE]})]
    ended = await ended_with({"status": "failed", "output": output}, archive)
    kept = await archive.get(layout.evidence_path("job-1", 1))
    assert kept is not None
    assert ended.evidence == EvidenceRef(digest=digest_of(kept), steps=2, citations=1, unknown_items=1)
    assert [step["item"] for step in json.loads(kept)["steps"]] == ["web_search_call", "hologram"]


async def test_an_index_adds_little_to_the_history() -> None:
    ended = await ended_with({"status": "completed", "output": [{"type": "reasoning", "summary": [TEXT]}] * 5_000})
    assert ended.evidence
    assert len(ended.evidence.model_dump_json()) < 160
