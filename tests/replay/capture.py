"""Captures a history per story from the real dev server: `python -m tests.replay.capture VERSION [STORY ...]`.

Run it after a change that alters the workflow's commands, under a new version name, and keep the old histories
for as long as a job that began under them can be alive.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import InMemoryResponses
from tests.replay.stories import CONFIG, STORIES, policy_of
from tests.workflows.till import ALLOWED
from tests.world import World, a_world, start_dev_server

HISTORIES = Path(__file__).parent / "histories"


async def lived(env: WorkflowEnvironment, story: str) -> list[WorkflowHistory]:
    """Live one story, and give the histories of its job: more than one where it went on in a new one."""
    async with a_world(env, provider=InMemoryResponses(), policy=policy_of(story), settings=ALLOWED) as world:
        job_id = await STORIES[story](world)
        await world.handle(job_id).result()
        return await _histories(world, job_id)


async def _histories(world: World, job_id: str) -> list[WorkflowHistory]:
    """Follow the runs of a job from its first one."""
    histories, run_id = [], (await world.jobs.record(job_id)).run_id
    while run_id:
        handle = world.env.client.get_workflow_handle(job_id, run_id=run_id)
        histories.append(await handle.fetch_history())
        run_id = histories[-1].events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return histories


def path_of(version: str, story: str, run: int) -> Path:
    """Name the file of a history; those of a job's later runs have their number at the end."""
    return HISTORIES / (f"{version}-{story}.json" if run == 1 else f"{version}-{story}-{run}.json")


def keep(version: str, story: str, histories: list[WorkflowHistory]) -> None:
    """Write the histories of a story, without what tells where they were captured."""
    for run, history in enumerate(histories, start=1):
        text = json.dumps(without_traces(json.loads(history.to_json())), indent=1)
        path_of(version, story, run).write_text(f"{text}\n")


def without_traces(value: Any) -> Any:
    """Leave out stack traces, which name folders of the machine that captured them."""
    if isinstance(value, dict):
        return {key: without_traces(inner) for key, inner in value.items() if key != "stackTrace"}
    return [without_traces(inner) for inner in value] if isinstance(value, list) else value


async def main(version: str, *stories: str) -> None:
    """Capture the named stories, or every one."""
    for story in stories or STORIES:
        async with await start_dev_server(identity="capture", config=CONFIG.get(story, ())) as env:
            keep(version, story, await lived(env, story))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
    os._exit(0)  # the worker's threads may abort a normal exit
