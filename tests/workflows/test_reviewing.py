"""A review between its decisions: time passes, people arrange it, drafts are changed."""

import json
from datetime import timedelta
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import IN_PROGRESS, InMemoryResponses, completed
from signoff.domain.arrangement import Arrangement, ArrangementKind
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation
from signoff.domain.record import JobRecord
from signoff.domain.review import Review
from signoff.domain.status import JobStatus
from tests.world import World, a_decision, a_world

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def review_of(record: JobRecord) -> Review:
    assert record.review
    return record.review


def moments(record: JobRecord, event: str) -> list[timedelta]:
    """Say how long after the review was opened each line of a kind was written."""
    opened = review_of(record).opened_at
    return [line.at - opened for line in record.timeline if line.event == event]


async def closed(world: World, job_id: str) -> JobRecord:
    return await world.until(job_id, lambda record: record.is_closed)


async def arrange(world: World, job_id: str, kind: str, by: str = "ana", **more: Any) -> tuple[bool, str]:
    arrangement = Arrangement(arrangement_id=f"{kind}-{by}", kind=ArrangementKind(kind), by=by, **more)
    answer = await world.jobs.arrange(job_id, arrangement)
    return answer.is_accepted, answer.reason


async def test_a_review_that_nobody_decides_reminds_escalates_and_expires_in_time(world: World) -> None:
    policy = {
        "reviewers": ["ana"],
        "window": "P7D",
        "reminders": ["P3D", "PT1H"],
        "escalate_after": "P2D",
        "escalate_to": ["lead"],
    }
    record = await closed(world, await world.submit(review=policy))
    assert record.status is JobStatus.EXPIRED
    second = timedelta(seconds=1)
    for event, wanted in (
        ("review.escalated", [2 * DAY]),
        ("review.reminded", [4 * DAY, 7 * DAY - HOUR]),
        ("job.expired", [7 * DAY]),
    ):
        found = moments(record, event)
        assert len(found) == len(wanted), event
        assert all(timedelta(0) <= at - due < second for at, due in zip(found, wanted, strict=True)), event
    assert not review_of(record).is_approved
    assert not review_of(record).is_rejected


async def test_whoever_joins_by_escalation_may_decide(world: World) -> None:
    policy = {"reviewers": ["ana"], "escalate_after": "PT1H", "escalate_to": ["lead"]}
    job_id = await world.submit(review=policy)
    digest = review_of(await world.held(job_id)).digest
    early = await world.jobs.decide(job_id, a_decision(digest, reviewer="lead", decision_id="early"))
    assert "lead is not a reviewer" in early.reason
    await world.until(job_id, lambda record: bool(record.review and record.review.escalated_at))
    assert (await world.jobs.decide(job_id, a_decision(digest, reviewer="lead"))).is_accepted


async def test_a_review_that_was_extended_ends_at_its_new_end(world: World) -> None:
    job_id = await world.submit(review={"window": "P1D", "reminders": ["PT1H"]})
    opened = review_of(await world.held(job_id)).opened_at
    assert await arrange(world, job_id, "extend", due_at=opened + 5 * DAY) == (True, "")
    record = await closed(world, job_id)
    assert record.closed_at
    assert record.closed_at - opened >= 5 * DAY
    [reminded] = moments(record, "review.reminded")
    assert reminded >= 5 * DAY - HOUR


async def test_a_seat_that_was_handed_over_counts_for_its_new_holder_alone(world: World) -> None:
    job_id = await world.submit(review={"reviewers": ["ana", "bo"]})
    digest = review_of(await world.held(job_id)).digest
    assert await arrange(world, job_id, "delegate", to="carla") == (True, "")
    assert not (await world.jobs.decide(job_id, a_decision(digest, reviewer="ana"))).is_accepted
    assert (await world.jobs.decide(job_id, a_decision(digest, reviewer="carla"))).is_accepted
    record = await closed(world, job_id)
    assert record.approvers == ("carla",)
    assert "ana handed the seat to carla" in {line.text for line in record.timeline}


async def test_a_claim_is_told_and_can_be_taken_back(world: World) -> None:
    job_id = await world.submit()
    await world.held(job_id)
    assert await arrange(world, job_id, "claim") == (True, "")
    assert review_of(await world.jobs.record(job_id)).claimed_by == "ana"
    assert await arrange(world, job_id, "release", by="bo") == (False, "bo has not claimed it")
    assert await arrange(world, job_id, "release") == (True, "")
    assert review_of(await world.jobs.record(job_id)).claimed_by == ""


async def test_changes_are_made_as_a_new_turn_on_the_response_that_was_seen(world: World) -> None:
    world.provider.script = [completed("A first answer.")]
    job_id = await world.submit(response={"model": "a-model", "input": "a question", "instructions": "be brief"})
    first = review_of(await world.held(job_id))
    asked = a_decision(first.digest, "request_changes", comment="name your sources")
    assert (await world.jobs.decide(job_id, asked)).status is JobStatus.QUEUED
    record = await world.until(job_id, lambda record: len(record.drafts) == 2)
    created = world.provider.created[-1]
    assert created["previous_response_id"] == "resp_1"
    assert created["input"] == [{"role": "user", "content": "name your sources"}]
    assert created["instructions"] == "be brief"
    assert [review.digest for review in record.earlier_reviews] == [first.digest]
    assert record.earlier_reviews[0].lines[0].comment == "name your sources"
    stale = await world.jobs.decide(job_id, a_decision(first.digest, decision_id="stale"))
    assert "look at it again" in stale.reason
    again = await world.jobs.decide(job_id, asked)
    assert (again.is_accepted, len(world.provider.created)) == (True, 2)


async def test_changes_are_asked_for_as_often_as_the_policy_says(world: World) -> None:
    world.provider.script = [completed()]
    job_id = await world.submit(review={"rework_rounds": 1})
    for number, expected in enumerate(("", "1 times, as often as they may be")):
        record = await world.until(job_id, lambda record, n=number: len(record.drafts) == n + 1)  # type: ignore[misc]
        held = review_of(record)
        asked = a_decision(held.digest, "request_changes", decision_id=f"d-{number}", comment="shorter")
        assert expected in (await world.jobs.decide(job_id, asked)).reason


async def test_an_edit_is_delivered_as_it_was_edited_and_the_draft_is_kept(world: World) -> None:
    job_id = await world.submit()
    before = review_of(await world.held(job_id)).digest
    answer = await world.jobs.approve_edited(job_id, digest=before, text="A better answer.", reviewer="ana")
    assert (answer.is_accepted, answer.status) == (True, JobStatus.DELIVERING)
    record = await closed(world, job_id)
    [parcel] = world.outbox.parcels
    assert json.loads(parcel.data)["text"] == "A better answer."
    assert json.loads(parcel.data)["edited_by"] == "ana"
    assert parcel.digest == record.approved_digest != before
    assert [(draft.digest, draft.author, draft.replaces) for draft in record.drafts] == [
        (before, "", ""),
        (parcel.digest, "ana", before),
    ]
    assert (await world.jobs.deliverable(job_id, before)).text == "A short answer."


async def test_an_edit_needs_the_others_approval_anew(world: World) -> None:
    job_id = await world.submit(review={"approvals": 2})
    before = review_of(await world.held(job_id)).digest
    assert (await world.jobs.decide(job_id, a_decision(before, reviewer="bo"))).is_accepted
    answer = await world.jobs.approve_edited(job_id, digest=before, text="A better answer.", reviewer="ana")
    assert (answer.is_accepted, answer.status) == (True, JobStatus.AWAITING_REVIEW)
    after = review_of(await world.jobs.record(job_id)).digest
    assert (await world.jobs.decide(job_id, a_decision(after, reviewer="bo", decision_id="bo-2"))).is_accepted
    record = await closed(world, job_id)
    assert (record.status, set(record.approvers)) == (JobStatus.COMPLETED, {"ana", "bo"})
    assert json.loads(world.outbox.parcels[0].data)["text"] == "A better answer."


async def test_changes_of_an_edited_draft_carry_the_text_that_was_seen(world: World) -> None:
    world.provider.script = [completed()]
    job_id = await world.submit(review={"approvals": 2})
    before = review_of(await world.held(job_id)).digest
    await world.jobs.approve_edited(job_id, digest=before, text="A better answer.", reviewer="ana")
    after = review_of(await world.jobs.record(job_id)).digest
    await world.jobs.decide(job_id, a_decision(after, "request_changes", reviewer="bo", comment="add a date"))
    await world.until(job_id, lambda record: len(record.drafts) == 3)
    [turn] = world.provider.created[-1]["input"]
    assert "A better answer." in turn["content"]
    assert "add a date" in turn["content"]


async def test_changes_can_be_made_although_the_provider_forgot_what_was_seen(world: World) -> None:
    """It keeps responses for a month, and reviews may be open for a year."""
    gone = FaultError(Observation(stage=Stage.CREATE, http_status=400, error_code="previous_response_not_found"))
    world.provider.script = [completed("A first answer.")]
    world.provider.create_script = [None, gone, None]
    job_id = await world.submit()
    digest = review_of(await world.held(job_id)).digest
    await world.jobs.decide(job_id, a_decision(digest, "request_changes", comment="add a date"))
    assert (await world.stopped(job_id)).has_forgotten_turn
    assert (await world.jobs.retry(job_id, by="ops")).is_accepted
    await world.until(job_id, lambda record: len(record.drafts) == 2)
    created = world.provider.created[-1]
    assert "previous_response_id" not in created
    assert [turn["content"] for turn in created["input"]] == ["a question", "A first answer.", "add a date"]


@pytest.mark.parametrize("digest", [f"sha256:{'0' * 64}", "stranger"])
async def test_an_edit_that_is_not_the_reviewers_own_is_refused(world: World, digest: str) -> None:
    """Whoever may write to the archive may not thereby speak for somebody else."""
    job_id = await world.submit()
    before = review_of(await world.held(job_id)).digest
    if digest == "stranger":
        await world.jobs.approve_edited(job_id, digest=before, text="x", reviewer="a-service")
        digest = str(review_of(await world.jobs.record(job_id)).lines[-1].edited_digest)
    decision = a_decision(before, "approve_edited", edited_digest=digest)
    answer = await world.jobs.decide(job_id, decision)
    assert not answer.is_accepted
    assert "archive" in answer.reason or "is not an edit of this job by ana" in answer.reason
    assert world.outbox.parcels == []


async def test_the_same_signals_come_from_temporals_own_tools(world: World) -> None:
    world.provider.script = [completed()]
    job_id = await world.submit()
    digest = review_of(await world.held(job_id)).digest
    said = {"reviewer": "ana", "digest": digest, "comment": "shorter"}
    await world.handle(job_id).signal("request_changes", said)
    record = await world.until(job_id, lambda record: len(record.drafts) == 2)
    await world.handle(job_id).signal("approve", {"reviewer": "ana", "digest": review_of(record).digest})
    assert (await world.handle(job_id).result()).status is JobStatus.COMPLETED


async def test_a_job_that_is_cancelled_while_changes_are_made_stops_the_new_response(env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(script=[completed()])
    async with a_world(env, provider=provider) as world:
        job_id = await world.submit()
        digest = review_of(await world.held(job_id)).digest
        provider.script = [IN_PROGRESS]
        await world.jobs.decide(job_id, a_decision(digest, "request_changes", comment="shorter"))
        await world.until(job_id, lambda record: record.response_id == "resp_2")
        await world.jobs.cancel(job_id, by="ops")
        assert (await world.handle(job_id).result()).status is JobStatus.CANCELLED
        assert provider.cancelled == ["resp_2"]
