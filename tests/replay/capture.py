"""Captures a history per story from the real dev server: `python -m tests.replay.capture VERSION [STORY ...]`.

Run it after a change that alters the workflow's commands, under a new version name, and keep the old histories
for as long as a job that began under them can be alive.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, Lost, completed
from signoff.domain.arrangement import Arrangement
from signoff.domain.delivery import Release
from signoff.domain.deployment import DeploymentPolicy
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import NetworkFault, Observation
from signoff.domain.status import JobStatus
from tests.workflows.till import ALLOWED, REFUND, Till, serving
from tests.world import World, a_decision, a_world, start_dev_server

HISTORIES = Path(__file__).parent / "histories"


async def _decide(world: World, job_id: str, kind: str) -> str:
    await world.submit(title="A brief", job_id=job_id)
    held = await world.held(job_id)
    await world.jobs.decide(job_id, a_decision(held.review.digest if held.review else "", kind))
    return job_id


async def delivered(world: World) -> str:
    """Approve what is held, and after a refused decision by signal."""
    job_id = await world.submit(title="A brief", job_id="job-delivered")
    held = await world.held(job_id)
    digest = held.review.digest if held.review else ""
    await world.handle(job_id).signal("approve", {"reviewer": "a-service", "digest": digest})
    await world.jobs.decide(job_id, a_decision(digest))
    return job_id


async def rejected(world: World) -> str:
    """Reject what is held."""
    return await _decide(world, "job-rejected", "reject")


async def expired(world: World) -> str:
    """Let the review window pass."""
    return await world.submit(job_id="job-expired", review={"window": "PT2S"})


async def cancelled(world: World) -> str:
    """Cancel while OpenAI works."""
    world.provider.script = [IN_PROGRESS]
    job_id = await world.submit(job_id="job-cancelled")
    await world.until(job_id, lambda record: record.status is JobStatus.RUNNING)
    await world.jobs.cancel(job_id, by="an operator")
    return job_id


async def retried(world: World) -> str:
    """Begin with a create that the provider is too busy for."""
    busy = FaultError(Observation(stage=Stage.CREATE, http_status=503, error_code="slow_down", message="busy"))
    world.provider.create_script = [busy, None]
    return await _decide(world, "job-retried", "approve")


async def recreated(world: World) -> str:
    """Lose the reply to a create, create anew, and have the first response turn up afterwards."""
    world.provider.create_script, world.provider.script = [NO_REPLY, None], [IN_PROGRESS]
    job_id = await world.submit(job_id="job-recreated")
    await world.until(job_id, lambda record: record.status is JobStatus.RUNNING)
    await world.jobs.announce(job_id, "resp_1")
    await world.until(job_id, lambda record: bool(record.strays))
    await world.jobs.cancel(job_id, by="an operator")
    return job_id


async def adopted(world: World) -> str:
    """Lose the reply to a create, and go on with its response once it is announced."""
    world.provider.create_script = [NO_REPLY]
    job_id = await world.submit(job_id="job-adopted", policy={"on_unknown": "park"})
    await world.stopped(job_id)
    await world.jobs.announce(job_id, "resp_1")
    await world.approve(job_id)
    return job_id


async def repaired(world: World) -> str:
    """Stop for the quota and go on, stop for the input and be amended, with a refused repair between."""
    no_money = FaultError(Observation(stage=Stage.CREATE, http_status=429, error_code="insufficient_quota"))
    too_long = FaultError(Observation(stage=Stage.CREATE, http_status=400, error_code="context_length_exceeded"))
    world.provider.create_script = [no_money, too_long, None]
    job_id = await world.submit(job_id="job-repaired")
    await world.stopped(job_id)
    await world.jobs.retry(job_id, by="an operator")
    await world.until(job_id, lambda record: len(record.attempts) == 2)
    await world.stopped(job_id)
    await world.jobs.amend(job_id, response={"stream": True}, by="a requester")
    await world.jobs.amend(job_id, response={"input": "short"}, by="a requester")
    await world.approve(job_id)
    return job_id


async def abandoned(world: World) -> str:
    """Give up a job whose response can't be looked at."""
    no_key = FaultError(Observation(stage=Stage.LOOK, http_status=401))
    world.provider.script = [no_key, IN_PROGRESS]
    job_id = await world.submit(job_id="job-abandoned")
    await world.stopped(job_id)
    await world.jobs.abandon(job_id, by="an operator")
    return job_id


async def overdue(world: World) -> str:
    """Stop a run at its deadline, and make another one."""
    world.provider.script = [IN_PROGRESS]
    job_id = await world.submit(job_id="job-overdue", deadline="PT3S", policy=ONE_MORE)
    await world.stopped(job_id)
    await world.jobs.cancel(job_id, by="an operator")
    return job_id


async def announced(world: World) -> str:
    """Be told twice that the response ended: before that can be seen, and when it can."""
    world.provider.script = [IN_PROGRESS, IN_PROGRESS, completed()]
    job_id = await world.submit(job_id="job-announced", wait="webhook")
    await world.until(job_id, lambda record: record.status is JobStatus.RUNNING)
    for announcement_id in ("evt_1", "evt_1", "evt_2"):
        await world.jobs.announce(job_id, "resp_1", announcement_id=announcement_id)
    await world.approve(job_id)
    return job_id


async def reworked(world: World) -> str:
    """Claim the review, hand over a seat, have changes made, edit the next draft, and have that approved."""
    world.provider.script = [completed()]
    review = {"approvals": 2, "reviewers": ["ana", "bo", "cy"]}
    job_id = await world.submit(job_id="job-reworked", review=review)
    first = (await world.held(job_id)).opened_review.digest
    for kind, more in (("claim", {}), ("delegate", {"to": "di"})):
        said = {"arrangement_id": kind, "kind": kind, "by": "ana", **more}
        await world.jobs.arrange(job_id, Arrangement.model_validate(said))
    await world.jobs.decide(job_id, a_decision(first, "request_changes", reviewer="di"))
    second = (await world.until(job_id, lambda record: len(record.drafts) == 2)).opened_review.digest
    await world.jobs.approve_edited(job_id, digest=second, text="A better answer.", reviewer="bo")
    edited = (await world.jobs.record(job_id)).opened_review.digest
    await world.jobs.decide(job_id, a_decision(edited, reviewer="cy"))
    return job_id


async def unattended(world: World) -> str:
    """Have a check that nobody makes, then remind, escalate and expire, and tell people of each."""
    check = {"kind": "activity", "name": "a_check", "task_queue": "nobody", "timeout": 1}
    timely = {"window": 4, "reminders": [1], "escalate_after": 2, "escalate_to": ["lead"]}
    review = {"reviewers": ["ana"], "checks": [check], **timely}
    return await world.submit(job_id="job-unattended", review=review)


async def acted(world: World) -> str:
    """Be delivered by an activity of the user's own, which nobody serves at first and which then fails once."""
    till = Till([RuntimeError("no connection"), "refund-1"])
    job_id = await world.submit(job_id="job-acted", delivery=REFUND | {"timeout": 4})
    await world.approve(job_id)
    await world.stopped(job_id)
    async with serving(world.env, till):
        await world.jobs.retry(job_id, by="an operator")
        await world.until(job_id, lambda record: record.is_closed)
    return job_id


async def redirected(world: World) -> str:
    """Deliver to three places, one of which is refused: begin it anew, then send it elsewhere, which is approved."""
    down = FaultError(Observation(stage=Stage.DELIVER, network=NetworkFault.REFUSED, message="nobody there"))
    refused = FaultError(Observation(stage=Stage.DELIVER, http_status=403, message="not for you"))
    world.outbox.faults = [down, refused]
    places = [{"channel": "file", "folder": name} for name in ("a", "b", "c")]
    job_id = await world.submit(job_id="job-redirected", delivery=places)
    await world.approve(job_id)
    await world.stopped(job_id)
    world.outbox.faults = [refused]
    await world.jobs.redeliver(job_id, by="an operator")
    record = await world.stopped(job_id)
    number = next(one.number for one in record.deliveries if not one.is_delivered)
    await world.jobs.redeliver(job_id, delivery=number, destination=Release(), by="an operator")
    await world.jobs.decide(job_id, a_decision(record.approved_digest, decision_id="again", redirect=1))
    return job_id


ONE_MORE = {"classes": {"timeout": {"attempts": 2, "first_delay": "PT1S"}}}
NO_REPLY = Lost(FaultError(Observation(stage=Stage.CREATE, network=NetworkFault.LOST, message="no reply")))
SHORT = DeploymentPolicy(adoption_window=timedelta(seconds=2))
TELLING = SHORT.model_copy(update={"notices": True})
STORIES: dict[str, Callable[[World], Awaitable[str]]] = {
    story.__name__: story
    for story in (
        *(delivered, rejected, expired, cancelled, retried, recreated),
        *(adopted, repaired, abandoned, overdue, announced),
        *(reworked, unattended, redirected, acted),
    )
}


async def capture(env: WorkflowEnvironment, name: str, version: str) -> None:
    """Live one story and keep its history, without what tells where it was captured."""
    policy = TELLING if name == unattended.__name__ else SHORT
    async with a_world(env, provider=InMemoryResponses(), policy=policy, settings=ALLOWED) as world:
        job_id = await STORIES[name](world)
        await world.handle(job_id).result()
        history = json.loads((await world.handle(job_id).fetch_history()).to_json())
        (HISTORIES / f"{version}-{name}.json").write_text(json.dumps(without_traces(history), indent=1) + "\n")


def without_traces(value: Any) -> Any:
    """Leave out stack traces, which name folders of the machine that captured them."""
    if isinstance(value, dict):
        return {key: without_traces(inner) for key, inner in value.items() if key != "stackTrace"}
    return [without_traces(inner) for inner in value] if isinstance(value, list) else value


async def main(version: str, *names: str) -> None:
    """Capture the named stories, or every one."""
    async with await start_dev_server(identity="capture") as env:
        for name in names or STORIES:
            await capture(env, name, version)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
    os._exit(0)  # the worker's threads may abort a normal exit
