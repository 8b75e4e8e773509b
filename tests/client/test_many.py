"""A file of many requests, submitted to a real server."""

import json
from datetime import timedelta
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from signoff.client import JobClient
from starter.jsonl import opened_lines
from starter.refusals import refusals_for
from starter.submitting import Submitting, Tally, Terms
from tests.world import a_request, a_world

TERMS = Terms(at_once=10, patience=timedelta(seconds=30))


class Unwatched:
    """A meter that nobody looks at."""

    def see(self, tally: Tally) -> None:
        """Show nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""


async def run(jobs: JobClient, file: Path) -> Tally:
    with opened_lines(str(file)) as lines, refusals_for(str(file), None) as refusals:
        return await Submitting(jobs, TERMS, refusals, Unwatched()).run(lines)


async def test_each_line_is_one_job_however_often_it_is_sent(real_env: WorkflowEnvironment, tmp_path: Path) -> None:
    file = tmp_path / "requests.jsonl"
    lines = [a_request(title=f"Question {number}").model_dump_json(exclude_none=True) for number in range(30)]
    taken = a_request(job_id="taken", title="Another").model_dump_json(exclude_none=True)
    file.write_text("\n".join([*lines, taken, lines[0]]))
    async with a_world(real_env) as world:
        await world.submit(job_id="taken")
        first = await run(world.jobs, file)
        again = await run(world.jobs, file)
        jobs = await world.env.client.count_workflows("WorkflowType = 'BackgroundJob'")
        for _ in range(100):
            if jobs.count >= 31:
                break
            await world.env.sleep(timedelta(milliseconds=50))
            jobs = await world.env.client.count_workflows("WorkflowType = 'BackgroundJob'")
    assert (first.new, first.known, first.refused) == (30, 1, 1)
    assert (again.new, again.known, again.refused) == (0, 31, 1)
    assert jobs.count == 31
    [refused] = (tmp_path / "requests.refused.jsonl").read_text().splitlines()
    assert json.loads(refused)["line"] == 31
