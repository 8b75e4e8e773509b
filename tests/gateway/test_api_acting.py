"""Decisions, repairs and cancels over HTTP."""

from typing import Any

import pytest

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation
from signoff.domain.status import JobStatus
from tests.gateway.conftest import Callers, Gateway, OpenGateway
from tests.gateway.test_api_jobs import kind

DIGEST = f"sha256:{'0' * 64}"
NO_MONEY = FaultError(Observation(stage=Stage.CREATE, http_status=429, error_code="insufficient_quota"))


def out_of_money() -> InMemoryResponses:
    return InMemoryResponses(create_script=[NO_MONEY, None])


async def test_a_decision_carries_the_name_of_the_token(gateway: Gateway) -> None:
    job_id, digest = await gateway.held()
    answer = await gateway.callers.post("ana", f"/v1/jobs/{job_id}/decisions", {"kind": "approve", "digest": digest})
    assert (answer.status_code, answer.json()["is_accepted"]) == (200, True)
    record = await gateway.world.until(job_id, lambda record: record.is_closed)
    assert record.review
    assert [line.reviewer for line in record.review.lines] == ["ana"]


async def test_nobody_decides_in_another_name(gateway: Gateway) -> None:
    body = {"kind": "approve", "digest": DIGEST, "reviewer": "lead"}
    answer = await gateway.callers.post("ana", "/v1/jobs/any/decisions", body)
    assert (*kind(answer), answer.json()["errors"][0]["field"]) == (422, "invalid-fields", "reviewer")


async def test_a_decision_on_other_bytes_is_a_409_that_says_where_the_job_stands(gateway: Gateway) -> None:
    job_id, digest = await gateway.held()
    answer = await gateway.callers.post("ana", f"/v1/jobs/{job_id}/decisions", {"kind": "approve", "digest": DIGEST})
    assert kind(answer) == (409, "refused")
    assert answer.json()["job_status"] == "awaiting_review"
    assert digest in answer.json()["detail"]


async def test_a_requester_who_reviews_may_not_approve_its_own_job(gateway: Gateway) -> None:
    job_id = await gateway.callers.submit("lead")
    held = await gateway.world.held(job_id)
    body = {"kind": "approve", "digest": held.deliverable.digest if held.deliverable else ""}
    answer = await gateway.callers.post("lead", f"/v1/jobs/{job_id}/decisions", body)
    assert kind(answer) == (409, "refused")
    assert "somebody else must decide" in answer.json()["detail"]


async def test_the_same_decision_again_gets_the_first_answer_and_counts_once(gateway: Gateway) -> None:
    job_id, digest = await gateway.held(review={"approvals": 2})
    body = {"kind": "approve", "digest": digest, "decision_id": "d-1"}
    path = f"/v1/jobs/{job_id}/decisions"
    first, again = await gateway.callers.post("ana", path, body), await gateway.callers.post("ana", path, body)
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (200, first.json())
    record = await gateway.world.jobs.record(job_id)
    assert record.review
    assert len(record.review.lines) == 1


@pytest.mark.parametrize(
    ("who", "verb", "body"),
    [
        ("newsroom", "decisions", {"kind": "approve", "digest": DIGEST}),
        ("ops", "decisions", {"kind": "approve", "digest": DIGEST}),
        ("newsroom", "retry", {}),
        ("ana", "retry", {}),
        ("newsroom", "abandon", {}),
        ("ana", "cancel", {}),
        ("ana", "amend", {"response": {"model": "b"}}),
        ("lead", "cancel", {}),
        ("lead", "amend", {"response": {"model": "b"}}),
    ],
)
async def test_a_verb_needs_its_role(callers: Callers, who: str, verb: str, body: dict[str, Any]) -> None:
    job_id = await callers.submit("newsroom")
    assert kind(await callers.post(who, f"/v1/jobs/{job_id}/{verb}", body)) == (403, "forbidden")


@pytest.mark.parametrize("verb", ["cancel", "amend"])
async def test_somebody_elses_job_can_not_be_steered_and_is_not_there(callers: Callers, verb: str) -> None:
    job_id = await callers.submit("newsroom")
    body = {"response": {"model": "b"}} if verb == "amend" else {}
    others = await callers.post("sports", f"/v1/jobs/{job_id}/{verb}", body)
    nobodys = await callers.post("sports", f"/v1/jobs/nobody/{verb}", body)
    assert kind(others) == (404, "no-such-job")
    assert others.text.replace(job_id, "nobody") == nobodys.text


@pytest.mark.parametrize("who", ["newsroom", "ops"])
async def test_its_requester_and_an_operator_may_cancel_a_job(open_gateway: OpenGateway, who: str) -> None:
    async with open_gateway(provider=InMemoryResponses(script=[IN_PROGRESS])) as gateway:
        job_id = await gateway.callers.submit("newsroom")
        await gateway.world.until(job_id, lambda record: record.status is JobStatus.RUNNING)
        path = f"/v1/jobs/{job_id}/cancel"
        asked = await gateway.callers.http.post(path, headers=gateway.callers.headers(who))
        assert (asked.status_code, asked.json()) == (202, {"job_id": job_id})
        record = await gateway.world.until(job_id, lambda record: record.is_closed)
        assert (record.status, who in record.reason) == (JobStatus.CANCELLED, True)
        await gateway.world.handle(job_id).result()
        assert kind(await gateway.callers.post(who, path)) == (409, "refused")


async def test_an_operator_has_a_stopped_job_go_on(open_gateway: OpenGateway) -> None:
    async with open_gateway(provider=out_of_money()) as gateway:
        job_id = await gateway.callers.submit("newsroom")
        await gateway.world.stopped(job_id)
        path, body = f"/v1/jobs/{job_id}/retry", {"reason": "paid the bill", "repair_id": "r-1"}
        first = await gateway.callers.post("ops", path, body)
        assert (first.status_code, first.json()["is_accepted"]) == (200, True)
        assert (await gateway.callers.post("ops", path, body)).json() == first.json()
        record = await gateway.world.held(job_id)
        assert [(line.by, line.reason) for line in record.repairs] == [("ops", "paid the bill")]
        assert kind(await gateway.callers.post("ops", path, {"repair_id": "r-2"})) == (409, "refused")


async def test_its_requester_amends_a_stopped_job(open_gateway: OpenGateway) -> None:
    async with open_gateway(provider=out_of_money()) as gateway:
        job_id = await gateway.callers.submit("newsroom")
        await gateway.world.stopped(job_id)
        path = f"/v1/jobs/{job_id}/amend"
        assert kind(await gateway.callers.post("newsroom", path, {"reason": "nothing"})) == (400, "bad-request")
        body = {"response": {"max_output_tokens": 8000}, "deadline": "PT1H"}
        assert (await gateway.callers.post("newsroom", path, body)).status_code == 200
        record = await gateway.world.held(job_id)
        assert {(line.by, change.parameter) for line in record.repairs for change in line.changes} >= {
            ("newsroom", "max_output_tokens")
        }


async def test_an_operator_gives_a_stopped_job_up(open_gateway: OpenGateway) -> None:
    async with open_gateway(provider=out_of_money()) as gateway:
        job_id = await gateway.callers.submit("newsroom")
        await gateway.world.stopped(job_id)
        assert (await gateway.callers.post("ops", f"/v1/jobs/{job_id}/abandon")).status_code == 200
        record = await gateway.world.until(job_id, lambda record: record.is_closed)
        assert record.status is JobStatus.FAILED
