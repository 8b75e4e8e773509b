"""What the workflow commands today is what the newest committed history of each story says.

The replay finds a change that stalls jobs which began before it. This finds a change of which no history tells, so
that jobs which begin under it would be replayed by nothing.
"""

import asyncio
import difflib
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from temporalio.client import WorkflowHistory

from tests.replay.capture import lived
from tests.replay.commands import commands_of
from tests.replay.committed import NEXT_VERSION, newest
from tests.replay.stories import CONFIG, STORIES
from tests.world import start_dev_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRIES = 3
"""What arrives together may differ from run to run, and the order of commands with it; code differs in every one."""

LONGEST = 60
"""Seconds for one story; jobs whose workflow tasks fail would be waited for without end."""

AT_ONCE = 4
"""Stories mostly wait, so some are lived beside each other, each on a server of its own."""

Commands = list[list[str]]
"""Those of each run of a job."""


def told(histories: Sequence[WorkflowHistory]) -> Commands:
    return [commands_of(history) for history in histories]


def committed(story: str) -> Commands:
    return told([one.history() for one in newest(story)])


async def commanded(story: str) -> Commands:
    """Live a story until its commands are those that are committed, or twice the same others."""
    commands: Commands = []
    for _ in range(TRIES):
        before, commands = commands, await commanded_once(story)
        if commands in (committed(story), before):
            break
    return commands


async def commanded_once(story: str) -> Commands:
    try:
        async with asyncio.timeout(LONGEST), await start_dev_server(config=CONFIG.get(story, ())) as env:
            return told(await lived(env, story))
    except TimeoutError:
        return [[f"nothing: the story did not end within {LONGEST} seconds"]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lives(request: pytest.FixtureRequest) -> AsyncIterator[dict[str, asyncio.Task[Commands]]]:
    """Begin to live the stories that are asked for."""
    places = asyncio.Semaphore(AT_ONCE)

    async def live(story: str) -> Commands:
        async with places:
            return await commanded(story)

    selected = {item.name for item in request.session.items if item.path == request.path}
    stories = [story for story in STORIES if f"{test_no_command_is_without_a_history.__name__}[{story}]" in selected]
    tasks = {story: asyncio.create_task(live(story)) for story in stories}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


def difference(story: str, now: Commands) -> str:
    """Show what differs, and say what to do about it."""
    lines = difflib.unified_diff(
        [line for run in committed(story) for line in run],
        [line for run in now for line in run],
        ", ".join(one.name for one in newest(story)),
        "the workflow today",
        lineterm="",
    )
    return "\n".join(
        [
            f"The workflow's commands in the story `{story}` are no longer those of its newest history.",
            "Not meant? Undo it. Meant? Put it behind `workflow.patched`, until tests/replay/test_replay.py is green,",
            f"record how jobs go now: .venv/bin/python -m tests.replay.capture {NEXT_VERSION} {story}",
            "and commit that beside the old histories. All of it: docs/runbooks/changing-workflow-code.md",
            *lines,
        ]
    )


@pytest.mark.parametrize("story", STORIES)
async def test_no_command_is_without_a_history(story: str, lives: dict[str, asyncio.Task[Commands]]) -> None:
    now = await lives[story]
    if now != committed(story):
        pytest.fail(difference(story, now), pytrace=False)
