"""A deployment that takes decisions through its gateway alone."""

from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.client import JobClient
from signoff.domain.arrangement import Arrangement, ArrangementKind
from signoff.domain.attestation import Attestor
from signoff.domain.deployment import Decisions, DeploymentPolicy
from signoff.domain.status import JobStatus
from tests.world import World, a_decision, a_world

KEY, OTHER_KEY = "k" * 32, "o" * 32
GATEWAY_ONLY = DeploymentPolicy(decisions=Decisions.GATEWAY_ONLY)


def gateway_of(world: World, *keys: str) -> JobClient:
    return JobClient(world.env.client, world.archive, attestor=Attestor(keys))


@pytest.mark.parametrize(
    ("worker", "gateway", "counts"),
    [((KEY,), (KEY,), True), ((OTHER_KEY, KEY), (KEY,), True), ((KEY,), (OTHER_KEY,), False), ((), (KEY,), False)],
)
async def test_a_decision_counts_with_the_gateways_word_alone(
    env: WorkflowEnvironment, worker: Any, gateway: Any, *, counts: bool
) -> None:
    async with a_world(env, policy=GATEWAY_ONLY, keys=worker) as world:
        job_id = await world.submit()
        held = await world.held(job_id)
        assert held.review
        decision = a_decision(held.review.digest)
        refused = await world.jobs.decide(job_id, a_decision(held.review.digest, decision_id="typed"))
        assert (refused.is_accepted, "through its gateway" in refused.reason) == (False, True)
        answer = await gateway_of(world, *gateway).decide(job_id, decision)
        assert answer.is_accepted == counts
        record = await world.jobs.record(job_id)
        assert record.review
        assert [line.is_accepted for line in record.review.lines] == [False, counts]


async def test_a_signal_from_temporals_own_tools_does_not_count(env: WorkflowEnvironment) -> None:
    async with a_world(env, policy=GATEWAY_ONLY, keys=[KEY]) as world:
        job_id = await world.submit()
        held = await world.held(job_id)
        assert held.review
        await world.handle(job_id).signal("approve", {"reviewer": "ana", "digest": held.review.digest})
        record = await world.until(job_id, lambda record: record.timeline[-1].event == "decision.refused")
        assert record.status is JobStatus.AWAITING_REVIEW
        assert "through its gateway" in record.timeline[-1].text


async def test_nobody_hands_over_a_seat_without_the_gateways_word(env: WorkflowEnvironment) -> None:
    async with a_world(env, policy=GATEWAY_ONLY, keys=[KEY]) as world:
        job_id = await world.submit(review={"reviewers": ["ana"]})
        await world.held(job_id)
        handing = Arrangement(arrangement_id="a-1", kind=ArrangementKind.DELEGATE, by="ana", to="eve")
        assert not (await world.jobs.arrange(job_id, handing)).is_accepted
        vouched = handing.model_copy(update={"arrangement_id": "a-2"})
        assert (await gateway_of(world, KEY).arrange(job_id, vouched)).is_accepted


async def test_no_key_is_in_the_history(env: WorkflowEnvironment) -> None:
    async with a_world(env, policy=GATEWAY_ONLY, keys=[KEY]) as world:
        job_id = await world.submit()
        held = await world.held(job_id)
        assert held.review
        await gateway_of(world, KEY).decide(job_id, a_decision(held.review.digest))
        await world.handle(job_id).result()
        history = await world.handle(job_id).fetch_history()
        written = b"".join(event.SerializeToString() for event in history.events)
        assert KEY.encode() not in written
        assert b"v1," in written
