"""A job's timeline as server-sent events, from the real dev server through a real HTTP server."""

import asyncio
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.gateway.watching import Gateway, a_gateway, own_job
from tests.watching import Counter, counted
from tests.world import World, a_world


def ids(events: list[dict[str, Any]]) -> list[int]:
    return [int(event["id"]) for event in events]


async def completed(world: World) -> str:
    job_id = await world.submit()
    await world.approve(job_id)
    await world.handle(job_id).result()
    return job_id


async def test_every_line_of_the_timeline_is_one_event_while_the_job_goes_on(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world, a_gateway(world.jobs) as gateway:
        job_id = await world.submit()
        viewing = asyncio.create_task(gateway.events(job_id))
        await world.approve(job_id)
        events = await asyncio.wait_for(viewing, 60)
        record = await world.jobs.record(job_id)
        assert [event["event"] for event in events] == [line.event for line in record.timeline]
        assert ids(events) == list(range(1, len(record.timeline) + 1))
        assert events[-1]["data"] == {
            "job_id": job_id,
            "at": record.timeline[-1].model_dump(mode="json")["at"],
            "event": "job.completed",
            "status": "completed",
            "next_action": "none",
            "text": record.timeline[-1].text,
            "failure_class": None,
        }


async def test_the_next_action_comes_with_the_last_line_alone(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world, a_gateway(world.jobs) as gateway:
        job_id = await world.submit()
        held = await world.held(job_id)
        async with gateway.view(job_id) as blocks:
            events = [await anext(blocks) for _ in held.timeline]
        actions = [event["data"]["next_action"] for event in events]
        assert actions == [None] * (len(events) - 1) + ["review"]


async def resumed(gateway: Gateway, job_id: str, header: int | None, after: int | None) -> list[int]:
    headers = {} if header is None else {"Last-Event-ID": str(header)}
    query = "" if after is None else f"?after={after}"
    answer = await gateway.http.get(f"/v1/jobs/{job_id}/events{query}", headers=headers)
    return [int(line.removeprefix("id: ")) for line in answer.text.splitlines() if line.startswith("id: ")]


async def test_a_viewer_who_comes_back_misses_nothing_and_sees_nothing_twice(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world, a_gateway(world.jobs) as gateway:
        job_id = await completed(world)
        everything = await resumed(gateway, job_id, None, None)
        assert len(everything) > 3
        for position in range(len(everything)):
            assert await resumed(gateway, job_id, position, None) == everything[position:]
            assert await resumed(gateway, job_id, None, position) == everything[position:]
        assert await resumed(gateway, job_id, 2, 1) == everything[2:]


async def test_a_viewer_who_has_everything_of_a_closed_job_is_sent_away(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world, a_gateway(world.jobs) as gateway:
        job_id = await completed(world)
        last = str(len((await world.jobs.record(job_id)).timeline))
        answer = await gateway.http.get(f"/v1/jobs/{job_id}/events", headers={"Last-Event-ID": last})
        assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("position", ["-1", "1.5", "x", "1e3", "1234567890", "\u0661"])
async def test_a_position_that_is_no_id_is_refused(real_env: WorkflowEnvironment, position: str) -> None:
    async with a_world(real_env) as world, a_gateway(world.jobs) as gateway:
        answer = await gateway.http.get("/v1/jobs/brief-1/events", params={"after": position})
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
        assert "or leave it out" in answer.json()["detail"]


async def test_an_unknown_job_is_told_before_the_stream_begins(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world, a_gateway(world.jobs) as gateway:
        answer = await gateway.http.get("/v1/jobs/nobody/events")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert gateway.feeds.followed == 0


async def test_ten_viewers_cost_one_follower(real_env: WorkflowEnvironment) -> None:
    counter = Counter()
    async with a_world(real_env) as world, a_gateway(counted(world, counter)) as gateway:
        job_id = await world.submit()
        viewing = [asyncio.create_task(gateway.events(job_id)) for _ in range(10)]
        await world.approve(job_id)
        seen = await asyncio.wait_for(asyncio.gather(*viewing), 60)
        assert all(events == seen[0] for events in seen)
        assert min(counter.gaps()) > 0.95


async def test_the_document_tells_every_answer(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world, a_gateway(world.jobs) as gateway:
        document = (await gateway.http.get("/openapi.json")).json()
        told = document["paths"]["/v1/jobs/{job_id}/events"]["get"]
        assert set(told["responses"]) >= {"200", "204", "400", "401", "403", "404", "503"}
        assert list(told["responses"]["200"]["content"]) == ["text/event-stream"]
        assert {one["name"] for one in told["parameters"]} == {"job_id", "Last-Event-ID", "after"}
        assert own_job.__name__ not in str(told)
