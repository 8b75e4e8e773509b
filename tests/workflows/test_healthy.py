"""A job that meets no trouble."""

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, completed
from signoff.domain import layout
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.errors import RefusedError
from signoff.domain.integrity import render_record
from signoff.domain.status import JobStatus, NextAction, ResponseStatus
from tests.world import EVENTS_UNTIL_HELD, World, a_decision, a_world


async def test_a_job_goes_from_submit_to_delivered(world: World) -> None:
    job_id = await world.submit()
    record = await world.held(job_id)
    assert record.deliverable
    answer = await world.jobs.decide(job_id, a_decision(record.deliverable.digest))
    outcome = await world.handle(job_id).result()
    assert answer.is_accepted
    assert outcome.status is JobStatus.COMPLETED
    assert outcome.digest == record.deliverable.digest
    assert [parcel.digest for parcel in world.outbox.parcels] == [outcome.digest]
    statuses = list(dict.fromkeys(entry.status for entry in (await world.jobs.record(job_id)).timeline))
    assert statuses == ["queued", "running", "awaiting_review", "delivering", "completed"]


async def test_what_is_held_is_what_was_archived_and_what_is_delivered(world: World) -> None:
    job_id = await world.submit()
    record = await world.held(job_id)
    assert record.deliverable
    kept = await world.archive.get(layout.deliverable_path(job_id, record.deliverable.digest))
    await world.jobs.decide(job_id, a_decision(record.deliverable.digest))
    await world.handle(job_id).result()
    assert kept is not None
    assert digest_of(kept) == record.deliverable.digest
    assert world.outbox.parcels[0].data == kept
    assert Deliverable.model_validate_json(kept).text == "A short answer."


async def test_completion_alone_delivers_nothing(world: World) -> None:
    """A completed response is a draft: no delivery is scheduled, and the requester can't fetch it."""
    job_id = await world.submit()
    record = await world.held(job_id)
    assert (record.response_status, record.next_action) == (ResponseStatus.COMPLETED, NextAction.REVIEW)
    assert await world.events(job_id, "ACTIVITY_TASK_SCHEDULED:deliver") == 0
    with pytest.raises(RefusedError, match="awaiting_review"):
        await world.jobs.result(job_id)
    await world.jobs.decide(job_id, a_decision(record.review.digest if record.review else ""))
    await world.handle(job_id).result()
    assert await world.events(job_id, "ACTIVITY_TASK_SCHEDULED:deliver") == 1
    assert (await world.jobs.result(job_id)).text == "A short answer."


@pytest.mark.parametrize("looks", [2, 40])
async def test_history_does_not_grow_with_the_run_time(env: WorkflowEnvironment, looks: int) -> None:
    """Looks are repeated by the server, so forty of them leave as many events as two."""
    provider = InMemoryResponses(script=[*[IN_PROGRESS] * (looks - 1), completed()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        record = await world.held(job_id)
        assert record.attempts[0].looks == len(provider.retrieved) == looks
        assert await world.events(job_id, "") == EVENTS_UNTIL_HELD


async def test_the_provider_gets_one_create_with_the_names_of_job_and_attempt(world: World) -> None:
    job_id = await world.submit(response={"model": "a-model", "input": "x", "metadata": {"team": "blue"}})
    await world.held(job_id)
    [created] = world.provider.created
    run_id = (await world.jobs.record(job_id)).run_id
    named = {"signoff_job_id": job_id, "signoff_run_id": run_id, "signoff_attempt": "1"}
    assert created["metadata"] == {"team": "blue", **named}
    assert (created["background"], created["store"]) == (True, True)


async def test_the_record_of_a_closed_job_comes_from_the_archive(world: World) -> None:
    job_id = await world.submit()
    record = await world.held(job_id)
    await world.jobs.decide(job_id, a_decision(record.review.digest if record.review else ""))
    await world.handle(job_id).result()
    kept = await world.archive.get(layout.record_path(job_id))
    assert kept is not None
    archived = await world.jobs.record(job_id)
    assert archived.status is JobStatus.COMPLETED
    assert archived.closed_at is not None
    assert archived.receipt
    assert render_record(archived) == kept
