"""Reviews over HTTP: every kind of decision, claims, seats, extensions, drafts, and who finds what waits for them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from signoff import deciding
from signoff.domain.status import JobStatus
from tests.gateway.conftest import Callers, Gateway
from tests.gateway.test_api_jobs import kind

DIGEST = f"sha256:{'0' * 64}"
LATER = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)
EXTENSION = {"due_at": LATER.isoformat()}


async def test_an_edited_text_is_what_is_delivered(gateway: Gateway) -> None:
    job_id, digest = await gateway.held()
    body = {"kind": "approve_edited", "digest": digest, "text": "A better answer.", "comment": "a word"}
    answer = await gateway.callers.post("ana", f"/v1/jobs/{job_id}/decisions", body)
    assert (answer.status_code, answer.json()["status"]) == (200, "delivering"), answer.text
    await gateway.world.until(job_id, lambda record: record.is_closed)
    result = (await gateway.callers.get("newsroom", f"/v1/jobs/{job_id}/result")).json()
    assert (result["text"], result["edited_by"]) == ("A better answer.", "ana")


async def test_changes_are_made_and_both_drafts_can_be_read(gateway: Gateway) -> None:
    job_id, digest = await gateway.held()
    body = {"kind": "request_changes", "digest": digest, "comment": "shorter"}
    path = f"/v1/jobs/{job_id}"
    assert (await gateway.callers.post("ana", f"{path}/decisions", body)).status_code == 200
    again = {JobStatus.AWAITING_REVIEW}
    await gateway.world.until(job_id, lambda record: record.status in again and len(record.drafts) > 1)
    listed = (await gateway.callers.get("ops", f"{path}/drafts")).json()
    assert [one["attempt"] for one in listed["drafts"]] == [1, 2]
    assert listed["held"] == listed["drafts"][1]["digest"]
    assert [line["comment"] for line in listed["drafts"][0]["decisions"]] == ["shorter"]
    first = (await gateway.callers.get("ana", f"{path}/drafts/{digest}")).json()
    assert (first["digest"], first["deliverable"]["attempt"]) == (digest, 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "approve_edited", "digest": DIGEST}, 400),
        ({"kind": "approve", "digest": DIGEST, "text": "a text"}, 400),
        ({"kind": "approve_edited", "digest": DIGEST, "text": ""}, 422),
        ({"kind": "approve_edited", "digest": DIGEST, "text": "a text"}, 404),
        ({"kind": "approve_edited", "digest": DIGEST, "edited_digest": DIGEST}, 422),
    ],
)
async def test_only_an_edit_has_a_text(callers: Callers, body: dict[str, Any], status: int) -> None:
    answer = await callers.post("ana", "/v1/jobs/nobody/decisions", body)
    assert answer.status_code == status, answer.text


async def test_a_decision_that_no_worker_answers_is_left_and_is_a_202(
    callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "PATIENCE", timedelta(seconds=0.2))
    job_id = await callers.submit()
    answer = await callers.post("ana", f"/v1/jobs/{job_id}/decisions", {"kind": "approve", "digest": DIGEST})
    assert answer.status_code == 202, answer.text
    assert (answer.json()["is_pending"], answer.json()["is_accepted"]) == (True, False)
    assert "will be applied" in answer.json()["reason"]


async def test_a_review_is_claimed_handed_over_and_extended_in_the_names_of_the_tokens(gateway: Gateway) -> None:
    job_id, _ = await gateway.held(review={"reviewers": ["ana", "eve"]})
    path = f"/v1/jobs/{job_id}"
    for verb, body in (
        ("claim", {"reason": "on it"}),
        ("release", {}),
        ("extend", EXTENSION),
        ("delegate", {"to": "lead", "reason": "on holiday"}),
    ):
        answer = await gateway.callers.post("ana", f"{path}/{verb}", body)
        assert (answer.status_code, answer.json()["is_accepted"]) == (200, True), answer.text
    review = (await gateway.world.jobs.record(job_id)).opened_review
    assert [(line.kind, line.by, line.reason) for line in review.arrangements] == [
        ("claim", "ana", "on it"),
        ("release", "ana", ""),
        ("extend", "ana", ""),
        ("delegate", "ana", "on holiday"),
    ]
    assert (review.due_at, review.panel.people) == (LATER, ("eve", "lead"))


async def test_an_arrangement_that_is_refused_is_a_409_that_says_why(gateway: Gateway) -> None:
    job_id, _ = await gateway.held(review={"reviewers": ["eve", "lead"]})
    answer = await gateway.callers.post("ana", f"/v1/jobs/{job_id}/claim")
    assert kind(answer) == (409, "refused")
    assert "ana is not a reviewer of this job" in answer.json()["detail"]


async def test_the_same_arrangement_again_changes_nothing(gateway: Gateway) -> None:
    job_id, _ = await gateway.held()
    path, body = f"/v1/jobs/{job_id}/claim", {"arrangement_id": "a-1"}
    first, again = await gateway.callers.post("ana", path, body), await gateway.callers.post("ana", path, body)
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (200, first.json())
    assert len((await gateway.world.jobs.record(job_id)).opened_review.arrangements) == 1


async def test_an_operator_extends_a_review_but_claims_none(gateway: Gateway) -> None:
    job_id, _ = await gateway.held()
    path = f"/v1/jobs/{job_id}"
    assert (await gateway.callers.post("ops", f"{path}/extend", EXTENSION)).status_code == 200
    assert kind(await gateway.callers.post("ops", f"{path}/claim")) == (403, "forbidden")


@pytest.mark.parametrize(
    ("verb", "body"),
    [("claim", {}), ("release", {}), ("delegate", {"to": "eve"}), ("extend", EXTENSION)],
)
async def test_a_requester_arranges_nothing(callers: Callers, verb: str, body: dict[str, Any]) -> None:
    assert kind(await callers.post("newsroom", f"/v1/jobs/any/{verb}", body)) == (403, "forbidden")


@pytest.mark.parametrize("path", ["drafts", f"drafts/{DIGEST}"])
async def test_drafts_are_for_reviewers_and_operators(callers: Callers, path: str) -> None:
    assert kind(await callers.get("newsroom", f"/v1/jobs/any/{path}")) == (403, "forbidden")
    assert kind(await callers.get("ana", f"/v1/jobs/any/{path}")) == (404, "no-such-job")


@pytest.mark.parametrize("due_at", ["2030-01-01T12:00:00", "2030-01-01", "tomorrow", 1_900_000_000])
async def test_an_end_is_a_time_with_its_zone(callers: Callers, due_at: object) -> None:
    answer = await callers.post("ana", "/v1/jobs/any/extend", {"due_at": due_at})
    assert (*kind(answer), answer.json()["errors"][0]["field"]) == (422, "invalid-fields", "due_at")


async def test_a_list_is_filtered_by_label_and_by_whom_it_waits_for(gateway: Gateway) -> None:
    mine, _ = await gateway.held(labels={"desk": "science"}, review={"reviewers": ["ana", "lead"]})
    others, _ = await gateway.held(labels={"desk": "science"}, review={"reviewers": ["eve", "lead"]})
    both = await _listed(gateway, {"label": "desk=science", "status": "awaiting_review"}, {mine, others})
    assert {job["review_due_at"] is not None for job in both} == {True}
    await _listed(gateway, {"label": "desk=science", "reviewer": "ana"}, {mine})


async def test_a_label_without_a_value_is_a_400(callers: Callers) -> None:
    assert kind(await callers.get("ana", "/v1/jobs", params={"label": "science"})) == (400, "bad-request")


async def _listed(gateway: Gateway, params: dict[str, str], wanted: set[str]) -> list[dict[str, Any]]:
    """List until the index, which lags a moment, has what is wanted; then only that."""
    for _ in range(200):
        answer = await gateway.callers.get("ana", "/v1/jobs", params=params)
        jobs: list[dict[str, Any]] = answer.json()["jobs"]
        if {job["job_id"] for job in jobs} == wanted:
            break
        await gateway.world.env.sleep(timedelta(seconds=0.05))
    assert {job["job_id"] for job in jobs} == wanted
    return jobs


async def test_what_stands_behind_a_draft_is_for_reviewers_and_operators(gateway: Gateway) -> None:
    job_id, _ = await gateway.held()
    path = f"/v1/jobs/{job_id}/evidence"
    told = (await gateway.callers.get("ana", path)).json()
    assert (told["version"], told["response_status"]) == (1, "completed")
    assert told["items"] == len(told["steps"]) + told["answer"] > 0
    assert (await gateway.callers.get("ops", f"{path}?attempt=1")).json() == told
    assert (await gateway.callers.get("ops", f"{path}?attempt=2")).status_code == 409
    assert (await gateway.callers.get("newsroom", path)).status_code == 403
