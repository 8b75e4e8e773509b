"""Temporal UI tells in words what each activity and each timer of a job is for."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses
from signoff.adapters.turns import unsent
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation
from tests.world import Outbox, World, a_world

LIMIT_BYTES = 400
SHOWN = {EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "activity", EventType.EVENT_TYPE_TIMER_STARTED: "timer"}
MAIL = {"channel": "email", "to": ["ana@example.com"]}


async def summaries(world: World, job_id: str) -> dict[str, str]:
    """Give the summary of each activity and timer in a job's history, by its event and kind."""
    told = {}
    async for event in world.handle(job_id).fetch_history_events():
        if kind := SHOWN.get(event.event_type):
            name = event.activity_task_scheduled_event_attributes.activity_type.name or kind
            told[f"{event.event_id} {name}"] = await _read(world, event.user_metadata.summary)
    return told


async def _read(world: World, summary: Payload) -> str:
    if not summary.data:
        return ""
    [text] = await world.env.client.data_converter.decode([summary], [str])
    return str(text)


def all_told(told: dict[str, str]) -> bool:
    silent = [event for event, text in told.items() if not text]
    long = [event for event, text in told.items() if len(text.encode()) > LIMIT_BYTES]
    assert (silent, long) == ([], [])
    return True


def kinds(told: dict[str, str]) -> set[str]:
    return {event.partition(" ")[2] for event in told}


async def test_each_activity_and_timer_of_a_delivered_job_says_what_it_is_for(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        job_id = await world.submit()
        await world.approve(job_id)
        await world.handle(job_id).result()
        told = await summaries(world, job_id)
        assert all_told(told)
        assert {"create_response", "look_at_response", "deliver", "archive_record", "timer"} <= kinds(told)


async def test_so_do_those_of_a_job_whose_delivery_is_sent_once_and_tried_again(
    real_env: WorkflowEnvironment,
) -> None:
    outbox = Outbox(faults=[unsent("nobody is there")])
    async with a_world(real_env, outbox=outbox) as world:
        job_id = await world.submit(delivery=MAIL)
        await world.approve(job_id)
        await world.handle(job_id).result()
        told = await summaries(world, job_id)
        assert all_told(told)
        assert "delivery 1 is tried again" in told.values()


async def test_a_look_under_way_says_how_many_there_were_and_when_the_next_one_is(
    real_env: WorkflowEnvironment,
) -> None:
    provider = InMemoryResponses(script=(IN_PROGRESS,))
    async with a_world(real_env, provider=provider) as world:
        job_id = await world.submit()
        told = await _last_failure(world, job_id)
        record = await world.jobs.record(job_id)
        assert told.startswith("look ")
        assert f": {record.response_id} is in_progress; next in " in told
        await world.handle(job_id).cancel()
        await world.handle(job_id).result()
        assert all_told(await summaries(world, job_id))


async def _last_failure(world: World, job_id: str) -> str:
    """Wait for the second execution of the look, as Temporal UI shows what the last one said."""
    async with asyncio.timeout(timedelta(seconds=30).total_seconds()):
        while True:
            seen: Any = (await world.handle(job_id).describe()).raw_description
            for pending in seen.pending_activities:
                if pending.last_failure.message.startswith("look "):
                    return str(pending.last_failure.message)
            await world.env.sleep(timedelta(seconds=0.05))


DOCUMENT = Path(__file__).parents[2] / "docs" / "temporal-ui.md"
QUERIES = re.findall(r"^\| [^|]+ \| `([^`]*(?: = | IN )[^`]*)` \|$", DOCUMENT.read_text(), re.MULTILINE)


async def _found(world: World, query: str, *wanted: str) -> set[str]:
    """List by a query until the index, which follows the history, shows the wanted jobs."""
    async with asyncio.timeout(10):
        while True:
            found = {one.id async for one in world.env.client.list_workflows(query)}
            if found >= set(wanted):
                return found
            await world.env.sleep(timedelta(seconds=0.05))


async def test_each_documented_query_finds_the_jobs_it_is_for(real_env: WorkflowEnvironment) -> None:
    refused = FaultError(Observation(stage=Stage.CREATE, http_status=401, message="no such key"))
    provider = InMemoryResponses(create_script=(None, refused))
    no_key = FaultError(Observation(stage=Stage.DELIVER, http_status=401, message="no such key"))
    async with a_world(real_env, provider=provider, outbox=Outbox(faults=[no_key])) as world:
        held = await world.submit()
        await world.held(held)
        stopped = await world.submit(requester="another")
        await world.stopped(stopped)
        review, by_class, _, by_requester, by_response, problems = QUERIES
        assert await _found(world, review, held) == {held}
        assert await _found(world, by_class, stopped) == {stopped}
        assert await _found(world, by_requester, held) == {held}
        assert await _found(world, by_response, held) == {held}
        assert await _found(world, problems) == set()
        await world.approve(held)
        await world.stopped(held)
        [deliveries] = [query for query in QUERIES if "delivering" in query]
        assert await _found(world, deliveries, held) == {held}
