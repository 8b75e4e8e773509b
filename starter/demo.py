"""`python -m starter.demo`: one job from submit to delivery, unattended, on a stack of its own.

Nothing is left behind: the stack listens on free ports, and its state is in a temporary folder. The last line
on standard output is one JSON object.
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from signoff.client import JobClient
from signoff.domain.decision import DecisionKind
from signoff.domain.description import JobDescription
from signoff.domain.errors import RefusedError, SettingsError, SignoffError
from signoff.domain.job import parse_request
from signoff.domain.status import JobStatus
from signoff.settings import load_settings
from starter.connection import open_jobs
from starter.drafts import review_lines
from starter.exits import BAD_INPUT, DONE, INTERRUPTED
from starter.identity import read_decision
from starter.inputs import read_object
from starter.leaving import run_and_leave
from starter.options import Until
from starter.plan import Ports, make_plan
from starter.progress import Progress
from starter.screen import complain, say, say_json
from starter.serving import provider, until_signal
from starter.sockets import free_ports
from starter.stack import Stack, StackError, beside, running
from starter.story import timeline_lines
from starter.waiting import watched

FAILED: Final = 1
REQUEST: Final = Path(__file__).resolve().parent.parent / "examples" / "research-brief.json"
REVIEWER: Final = "demo-reviewer"
SIMULATED_LIMIT: Final = timedelta(minutes=2)
REAL_LIMIT: Final = timedelta(minutes=30)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo. Exit codes: 0 the job was completed, 1 it was not, 2 bad input, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python -m starter.demo", description="One job from submit to delivery.")
    parser.add_argument("--real", action="store_true", help="use OpenAI instead of the simulator; costs money")
    is_real = parser.parse_args(arguments).real
    if is_real and not os.environ.get("OPENAI_API_KEY"):
        complain("OPENAI_API_KEY is not set, so OpenAI can't be used; set it, or run the demo without REAL=1 (--real)")
        return BAD_INPUT
    if is_real:
        say("this run uses OpenAI and costs money: one response of gpt-5-mini with web searches")
    with tempfile.TemporaryDirectory(prefix="signoff-demo-") as folder:
        _stand_alone(Path(folder), is_real=is_real)
        try:
            code = asyncio.run(until_signal(_demo(REAL_LIMIT if is_real else SIMULATED_LIMIT)))
        except (SignoffError, SettingsError, StackError, TimeoutError) as error:
            complain(str(error) or "the job took too long")
            return FAILED
    if code is None:
        complain("stopped before the job was completed; nothing of it is left")
    return INTERRUPTED if code is None else code


async def _demo(limit: timedelta) -> int:
    temporal, ui, simulator, gateway = free_ports(4)
    plan = make_plan(load_settings(), Ports(temporal=temporal, ui=ui, simulator=simulator, gateway=gateway))
    say("starting a stack of its own ...")
    async with running(plan) as stack:
        say(f"the provider is {provider(plan)}", f"Temporal UI is at {plan.ui_url} as long as this runs")
        async with asyncio.timeout(limit.total_seconds()):
            return await beside(stack, _life(stack))


async def _life(stack: Stack) -> int:
    """Take a job from submit to delivery, as its requester and its reviewer would."""
    jobs = await open_jobs(stack.temporal)
    job_id = (await jobs.submit(parse_request(read_object(str(REQUEST))))).job_id
    say("", f"submitted {REQUEST.name} as {job_id}")
    held = await _seen(jobs, job_id, Until.PERSON)
    if held.status is JobStatus.AWAITING_REVIEW:
        await _approve(jobs, job_id)
        await _seen(jobs, job_id, Until.CLOSED)
        await stack.temporal.get_workflow_handle(job_id).result()
    job = await jobs.describe(job_id)
    say("", *timeline_lines(await jobs.record(job_id)))
    say_json(_summary(job))
    return DONE if job.status is JobStatus.COMPLETED else FAILED


async def _approve(jobs: JobClient, job_id: str) -> None:
    draft, record = await jobs.draft(job_id)
    say("", "held for review:", *review_lines(record, draft), "", f"{REVIEWER} approves it")
    digest = record.deliverable.digest if record.deliverable else ""
    decision = read_decision(
        DecisionKind.APPROVE, reviewer=REVIEWER, digest=digest, comment="read in the demo", decision_id=None
    )
    answer = await jobs.decide(job_id, decision)
    if not answer.is_accepted:
        raise RefusedError(f"the approval was refused: {answer.reason}")


async def _seen(jobs: JobClient, job_id: str, until: Until) -> JobDescription:
    with Progress() as progress:
        return await watched(jobs, job_id, until, progress.see)


def _summary(job: JobDescription) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "status": job.status,
        "digest": job.digest,
        "receipt": job.receipt,
        "history_events": job.history_events,
    }


def _stand_alone(folder: Path, *, is_real: bool) -> None:
    """Cut this process off from the settings, the servers and the profiles of whoever runs it."""
    strange = [name for name in os.environ if name.upper().startswith(("SIGNOFF_", "TEMPORAL_"))]
    for name in strange if is_real else [*strange, "OPENAI_API_KEY", "OPENAI_BASE_URL"]:
        os.environ.pop(name, None)
    os.environ["SIGNOFF_STATE_DIR"] = str(folder)
    # Without an empty one, the profiles in the user's home folder would count.
    (folder / "temporal.toml").touch()
    os.environ["TEMPORAL_CONFIG_FILE"] = str(folder / "temporal.toml")


if __name__ == "__main__":
    run_and_leave(main)
