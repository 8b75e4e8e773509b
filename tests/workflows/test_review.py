"""Decisions, on whatever way they come."""

from datetime import timedelta

import pytest

from signoff.domain.errors import BadRequestError
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from tests.world import World, a_decision

OTHER = f"sha256:{'0' * 64}"


def digest(record: JobRecord) -> str:
    assert record.review
    return record.review.digest


async def test_a_rejected_job_delivers_nothing(world: World) -> None:
    job_id = await world.submit()
    held = await world.held(job_id)
    answer = await world.jobs.decide(job_id, a_decision(digest(held), "reject", comment="no sources"))
    outcome = await world.handle(job_id).result()
    assert (answer.is_accepted, outcome.status) == (True, JobStatus.REJECTED)
    assert "no sources" in outcome.reason
    assert world.outbox.parcels == []
    assert await world.events(job_id, "ACTIVITY_TASK_SCHEDULED:deliver") == 0


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        ({"digest": OTHER}, "look at it again"),
        ({"reviewer": "a-service"}, "somebody else must decide"),
        ({"kind": "reject", "comment": " "}, "needs a comment"),
    ],
)
async def test_a_refused_decision_changes_nothing_and_is_kept(
    world: World, decision: dict[str, str], reason: str
) -> None:
    job_id = await world.submit()
    held = await world.held(job_id)
    answer = await world.jobs.decide(job_id, a_decision(**{"digest": digest(held), **decision}))
    after = await world.jobs.record(job_id)
    assert not answer.is_accepted
    assert reason in answer.reason
    assert (after.status, after.review and after.review.approvers) == (JobStatus.AWAITING_REVIEW, ())
    assert after.timeline[-1].event == "decision.refused"
    assert reason in after.timeline[-1].text


async def test_a_second_decision_is_refused_and_a_repeat_gets_the_first_answer(world: World) -> None:
    job_id = await world.submit()
    held = await world.held(job_id)
    first = a_decision(digest(held))
    answers = [
        await world.jobs.decide(job_id, decision)
        for decision in (first, first, a_decision(digest(held), "reject", comment="changed my mind"))
    ]
    await world.handle(job_id).result()
    late = [await world.jobs.decide(job_id, decision) for decision in (first, a_decision(digest(held), reviewer="bo"))]
    assert [answer.is_accepted for answer in answers] == [True, True, False]
    assert [answer.is_accepted for answer in late] == [True, False]
    assert "closed" in late[1].reason
    assert len(world.outbox.parcels) == 1


async def test_another_persons_decision_under_the_same_id_is_not_told_that_it_counts(world: World) -> None:
    job_id = await world.submit(review={"approvals": 2})
    held = await world.held(job_id)
    answers = [
        await world.jobs.decide(job_id, a_decision(digest(held), reviewer=who, decision_id="one-id"))
        for who in ("ana", "bo", "ana")
    ]
    after = await world.jobs.record(job_id)
    assert [answer.is_accepted for answer in answers] == [True, False, True]
    assert "belongs to another decision" in answers[1].reason
    assert after.approvers == ("ana",)


async def test_two_approvals_are_two_people(world: World) -> None:
    job_id = await world.submit(review={"approvals": 2, "reviewers": ["ana", "bo"]})
    held = await world.held(job_id)
    first = await world.jobs.decide(job_id, a_decision(digest(held)))
    again = await world.jobs.decide(job_id, a_decision(digest(held), decision_id="another"))
    stranger = await world.jobs.decide(job_id, a_decision(digest(held), reviewer="eve"))
    second = await world.jobs.decide(job_id, a_decision(digest(held), reviewer="bo"))
    outcome = await world.handle(job_id).result()
    told = [(answer.is_accepted, answer.status) for answer in (first, again, stranger, second)]
    waiting = JobStatus.AWAITING_REVIEW
    assert told == [(True, waiting), (False, waiting), (False, waiting), (True, JobStatus.DELIVERING)]
    assert outcome.status is JobStatus.COMPLETED


async def test_silence_expires_and_is_no_decision(world: World) -> None:
    job_id = await world.submit(review={"window": "P3D"})
    held = await world.held(job_id)
    await world.env.sleep(timedelta(days=3, minutes=1))
    outcome = await world.handle(job_id).result()
    record = await world.jobs.record(job_id)
    late = await world.jobs.decide(job_id, a_decision(digest(held)))
    assert outcome.status is JobStatus.EXPIRED
    assert record.review
    assert record.review.lines == ()
    assert (late.is_accepted, late.status) == (False, JobStatus.EXPIRED)
    assert world.outbox.parcels == []


async def test_a_signal_decides_under_the_same_rules(world: World) -> None:
    job_id = await world.submit()
    held = await world.held(job_id)
    await world.handle(job_id).signal("approve", {"reviewer": "a-service", "digest": digest(held)})
    await world.handle(job_id).signal("approve", {"reviewer": "ana", "digest": digest(held)})
    outcome = await world.handle(job_id).result()
    record = await world.jobs.record(job_id)
    assert outcome.status is JobStatus.COMPLETED
    assert record.review
    assert [(line.reviewer, line.is_accepted) for line in record.review.lines] == [("a-service", False), ("ana", True)]


async def test_a_reject_signal_rejects(world: World) -> None:
    job_id = await world.submit()
    held = await world.held(job_id)
    said = {"reviewer": "ana", "digest": digest(held), "comment": "wrong tone"}
    await world.handle(job_id).signal("reject", said)
    assert (await world.handle(job_id).result()).status is JobStatus.REJECTED


@pytest.mark.parametrize("said", [[], ["yes"], [1, 2], [{"reviewer": "ana"}], [{"kind": "approve"}], [None]])
async def test_an_unreadable_signal_is_a_line_in_the_record(world: World, said: list[object]) -> None:
    job_id = await world.submit()
    held = await world.held(job_id)
    await world.handle(job_id).signal("approve", args=said)
    after = await world.until(job_id, lambda record: len(record.timeline) > len(held.timeline))
    assert after.status is JobStatus.AWAITING_REVIEW
    assert after.timeline[-1].event == "decision.refused"
    assert "could not be read" in after.timeline[-1].text


async def test_an_approval_before_anything_is_held_is_refused(world: World) -> None:
    """A decision is on bytes; before there are any, it is refused and not kept for later."""
    job_id = await world.submit()
    early = await world.jobs.decide(job_id, a_decision(OTHER))
    held = await world.held(job_id)
    assert not early.is_accepted
    assert "nothing is held" in early.reason
    assert held.status is JobStatus.AWAITING_REVIEW


async def test_an_unreadable_update_fails_with_what_to_send(world: World) -> None:
    job_id = await world.submit()
    await world.held(job_id)
    before = await world.events(job_id, "")
    with pytest.raises(BadRequestError, match="reviewer: String should have at least 1 character"):
        await world.jobs.decide(job_id, a_decision(OTHER).model_copy(update={"reviewer": ""}))
    assert await world.events(job_id, "") == before
