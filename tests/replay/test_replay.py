"""Every committed history is replayed by the workflow as it is now."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from tests.replay.committed import COMMITTED, Committed, newest
from tests.replay.stories import STORIES
from workflows.job import BackgroundJob


async def replay(history: WorkflowHistory) -> None:
    replayer = Replayer(workflows=[BackgroundJob], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(history)


def test_there_is_a_history_for_each_story() -> None:
    assert {one.story for one in COMMITTED} == set(STORIES)


@pytest.mark.parametrize("committed", COMMITTED, ids=lambda one: one.name)
async def test_jobs_that_began_under_older_code_go_on(committed: Committed) -> None:
    """Red here means: running jobs would stall. Put the change behind `workflow.patched`; never edit a history."""
    await replay(committed.history())


async def test_a_changed_command_would_be_noticed() -> None:
    (delivered,) = newest("delivered")
    text = delivered.path.read_text()
    assert '"name": "deliver"' in text
    with pytest.raises(NondeterminismError):
        await replay(WorkflowHistory.from_json("job-delivered", text.replace('"name": "deliver"', '"name": "mail"')))


@pytest.mark.parametrize("committed", COMMITTED, ids=lambda one: one.name)
def test_a_history_tells_nothing_of_where_it_was_captured(committed: Committed) -> None:
    text = committed.path.read_text()
    assert "capture" in text
    assert str(Path.home()) not in text
    assert str(Path(__file__).parents[2]) not in text
