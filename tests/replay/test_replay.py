"""Every committed history is replayed by the workflow as it is now."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from tests.replay.capture import HISTORIES, STORIES
from workflows.job import BackgroundJob

CAPTURED = sorted(HISTORIES.glob("*.json"))
TEXTS = {path: path.read_text() for path in CAPTURED}


async def replay(text: str, job_id: str) -> None:
    replayer = Replayer(workflows=[BackgroundJob], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(WorkflowHistory.from_json(job_id, text))


def test_there_is_a_history_for_each_story() -> None:
    assert {path.stem.partition("-")[2] for path in CAPTURED} == set(STORIES)


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.stem)
async def test_jobs_that_began_under_older_code_go_on(path: Path) -> None:
    """Red here means: running jobs would stall. Put the change behind `workflow.patched`; never edit a history."""
    await replay(TEXTS[path], f"job-{path.stem.partition('-')[2]}")


async def test_a_changed_command_would_be_noticed() -> None:
    text = TEXTS[HISTORIES / "v1-delivered.json"]
    assert '"name": "deliver"' in text
    with pytest.raises(NondeterminismError):
        await replay(text.replace('"name": "deliver"', '"name": "delivers"'), "job-delivered")


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.stem)
def test_a_history_tells_nothing_of_where_it_was_captured(path: Path) -> None:
    text = TEXTS[path]
    assert "capture" in text
    assert str(Path.home()) not in text
    assert str(Path(__file__).parents[2]) not in text
