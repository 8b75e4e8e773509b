"""Submitting jobs and reading them over HTTP."""

from typing import Any

import httpx2
import pytest

from tests.gateway.conftest import REQUEST, Callers, Gateway
from tests.world import a_decision

PROBLEM = "application/problem+json"


def kind(answer: httpx2.Response) -> tuple[int, str]:
    """Give the status of a problem and the last word of its type."""
    assert answer.headers["content-type"] == PROBLEM, answer.text
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["instance"] == answer.request.url.path
    return answer.status_code, told["type"].removeprefix("urn:signoff:problem:")


async def test_a_new_job_is_answered_with_202_and_where_it_is(callers: Callers) -> None:
    answer = await callers.post("newsroom", "/v1/jobs", {**REQUEST, "job_id": "brief-1"})
    assert (answer.status_code, answer.headers["location"]) == (202, "/v1/jobs/brief-1")
    assert answer.json() == {"job_id": "brief-1", "is_new": True}


async def test_the_same_job_again_is_a_200_and_another_request_a_conflict(callers: Callers) -> None:
    await callers.submit(job_id="brief-1")
    again = await callers.post("newsroom", "/v1/jobs", {**REQUEST, "job_id": "brief-1"})
    assert (again.status_code, again.headers["location"]) == (200, "/v1/jobs/brief-1")
    assert kind(await callers.post("newsroom", "/v1/jobs", {**REQUEST, "job_id": "brief-1", "title": "other"})) == (
        409,
        "conflict",
    )


async def test_the_requester_is_the_name_of_the_token(gateway: Gateway) -> None:
    job_id = await gateway.callers.submit("newsroom")
    assert (await gateway.world.jobs.record(job_id)).requester == "newsroom"
    assert kind(await gateway.callers.post("newsroom", "/v1/jobs", {**REQUEST, "requester": "sports"})) == (
        403,
        "forbidden",
    )


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"response": {"input": "no model"}}, 400, "response.model"),
        ({"response": {"model": "a-model", "stream": True}}, 400, "response.stream"),
        ({"title": "two\nlines"}, 400, "title"),
        ({"delivery": {"channel": "pigeon"}}, 422, "delivery"),
        ({"review": {"approvals": "1"}}, 422, "review.approvals"),
        ({"deadline": 60}, 422, "deadline"),
        ({"deadline": "P8D"}, 400, "deadline"),
        ({"review": {"approvals": 11}}, 422, "review.approvals"),
        ({"titel": "a typo"}, 422, "titel"),
    ],
)
async def test_a_bad_field_is_named(callers: Callers, changes: dict[str, Any], status: int, field: str) -> None:
    answer = await callers.post("newsroom", "/v1/jobs", {**REQUEST, **changes})
    assert kind(answer) == (status, "bad-request" if status == 400 else "invalid-fields")
    assert field in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"{", "application/json", 422),
        (b"[" * 100_000, "application/json", 422),
        (b'{"title": "\xff"}', "application/json", 422),
        (b'{"response": {"model": "m", "input": NaN}}', "application/json", 400),
        (b"{}", "text/plain", 415),
        (b" " * 18_000_000, "application/json", 413),
    ],
)
async def test_a_body_that_is_no_request_is_a_problem(
    callers: Callers, content: bytes, media_type: str, status: int
) -> None:
    headers = callers.headers("newsroom") | {"Content-Type": media_type}
    assert kind(await callers.http.post("/v1/jobs", content=content, headers=headers))[0] == status


async def test_a_body_of_untold_length_is_bounded_too(callers: Callers) -> None:
    async def endless() -> Any:
        while True:
            yield b" " * 65_536

    headers = callers.headers("newsroom") | {"Content-Type": "application/json"}
    assert kind(await callers.http.post("/v1/jobs", content=endless(), headers=headers))[0] == 413


async def test_a_requester_sees_its_own_jobs_and_no_others(gateway: Gateway) -> None:
    callers = gateway.callers
    job_id = await callers.submit("newsroom")
    for part in ("", "/record", "/result"):
        others = await callers.get("sports", f"/v1/jobs/{job_id}{part}")
        nobodys = await callers.get("sports", f"/v1/jobs/nobody{part}")
        assert kind(others) == (404, "no-such-job")
        assert others.text.replace(job_id, "nobody") == nobodys.text
    assert (await callers.get("newsroom", f"/v1/jobs/{job_id}")).json()["job_id"] == job_id
    assert (await callers.get("newsroom", f"/v1/jobs/{job_id}/record")).json()["requester"] == "newsroom"
    assert (await callers.get("ana", f"/v1/jobs/{job_id}")).status_code == 200


async def test_a_list_holds_what_the_caller_may_see(gateway: Gateway) -> None:
    callers = gateway.callers
    ours, theirs = await callers.submit("newsroom"), await callers.submit("sports")

    async def listed(name: str, **filters: Any) -> set[str]:
        answer = await callers.get(name, "/v1/jobs", params=filters)
        assert answer.status_code == 200, answer.text
        return {job["job_id"] for job in answer.json()["jobs"]}

    for _ in range(100):
        if await listed("ops") == {ours, theirs}:
            break
    assert await listed("ana") == {ours, theirs}
    assert await listed("newsroom") == {ours}
    assert await listed("newsroom", requester="sports") == set()
    assert await listed("ops", requester="sports") == {theirs}
    assert await listed("ops", status="completed") == set()
    assert await listed("ops", failure_class="quota") == set()


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "status=done", "failure_class=bad"])
async def test_a_filter_that_is_none_is_named(callers: Callers, query: str) -> None:
    answer = await callers.get("ops", f"/v1/jobs?{query}")
    assert kind(answer) == (422, "invalid-fields")
    assert answer.json()["errors"][0]["field"].startswith(f"query.{query.partition('=')[0]}")


async def test_a_result_is_refused_until_it_is_delivered(gateway: Gateway) -> None:
    job_id, digest = await gateway.held()
    path = f"/v1/jobs/{job_id}/result"
    assert kind(await gateway.callers.get("newsroom", path)) == (409, "refused")
    await gateway.world.jobs.decide(job_id, a_decision(digest))
    await gateway.world.until(job_id, lambda record: record.is_closed)
    answer = await gateway.callers.get("newsroom", path)
    assert (answer.status_code, answer.json()["job_id"]) == (200, job_id)


async def test_a_draft_is_for_those_who_review_or_operate(gateway: Gateway) -> None:
    job_id, digest = await gateway.held()
    path = f"/v1/jobs/{job_id}/draft"
    assert kind(await gateway.callers.get("newsroom", path)) == (403, "forbidden")
    for name in ("ana", "ops"):
        shown = await gateway.callers.get(name, path)
        assert (shown.status_code, shown.json()["digest"]) == (200, digest)
        assert shown.json()["deliverable"]["text"]
