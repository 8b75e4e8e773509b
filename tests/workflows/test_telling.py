"""People are told of what they have to do, and a job never waits for that."""

from dataclasses import dataclass, field

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.domain.deployment import DeploymentPolicy
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.notice import Notice
from signoff.domain.observation import Observation
from signoff.domain.status import JobStatus
from tests.world import Outbox, a_decision, a_world

TELLING = DeploymentPolicy(notices=True, groups={"desk": ("bo", "cy")})
REFUSED = FaultError(Observation(stage=Stage.NOTIFY, http_status=401, message="address 1 refused"))


@dataclass
class Board:
    """A notifier that keeps what it was told; `faults` are raised first."""

    told: list[Notice] = field(default_factory=list)
    faults: list[FaultError] = field(default_factory=list)

    async def notify(self, notice: Notice, _told: object) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.told.append(notice)

    @property
    def kinds(self) -> list[str]:
        return [str(notice.kind) for notice in self.told]


async def test_a_life_tells_the_reviewers_and_the_requester(env: WorkflowEnvironment) -> None:
    board = Board()
    async with a_world(env, policy=TELLING, notifier=board) as world:
        job_id = await world.submit(review={"reviewers": ["ana", "group:desk"]})
        await world.approve(job_id)
        await world.handle(job_id).result()
    assert board.kinds == ["review_requested", "delivered"]
    assert [notice.recipients for notice in board.told] == [("group:desk", "ana"), ("a-service",)]


async def test_silence_is_told_of_until_it_ends(env: WorkflowEnvironment) -> None:
    board = Board()
    policy = {"reviewers": ["ana"], "escalate_after": "P2D", "escalate_to": ["lead"]}
    async with a_world(env, policy=TELLING, notifier=board) as world:
        job_id = await world.submit(review=policy)
        assert (await world.until(job_id, lambda record: record.is_closed)).status is JobStatus.EXPIRED
        await world.until(job_id, lambda _: len(board.told) == 4)
    assert board.kinds == ["review_requested", "escalated", "reminder", "expired"]
    assert board.told[1].recipients == ("lead",)
    assert set(board.told[2].recipients) == {"ana", "lead"}


async def test_a_job_that_stopped_is_told_of_without_what_others_wrote(env: WorkflowEnvironment) -> None:
    board = Board()
    secret = FaultError(Observation(stage=Stage.DELIVER, http_status=401, message="the prompt was: a question"))
    async with a_world(env, policy=TELLING, notifier=board, outbox=Outbox(faults=[secret])) as world:
        job_id = await world.submit()
        await world.approve(job_id)
        await world.stopped(job_id)
        await world.until(job_id, lambda _: len(board.told) == 2)
    assert board.told[1].kind == "needs_attention"
    assert "prompt" not in board.told[1].model_dump_json()
    assert board.told[1].due_at


async def test_a_notice_that_fails_is_a_line_in_the_record_and_stops_nothing(env: WorkflowEnvironment) -> None:
    board = Board(faults=[REFUSED])
    async with a_world(env, policy=TELLING, notifier=board) as world:
        job_id = await world.submit()
        await world.approve(job_id)
        assert (await world.handle(job_id).result()).status is JobStatus.COMPLETED
        record = await world.jobs.record(job_id)
    failed = [line.text for line in record.timeline if line.event == "notice.failed"]
    assert len(failed) == 1
    assert "review_requested" in failed[0]


@pytest.mark.parametrize("policy", [DeploymentPolicy()])
async def test_a_deployment_that_tells_nobody_pays_no_event_for_it(
    env: WorkflowEnvironment, policy: DeploymentPolicy
) -> None:
    async with a_world(env, policy=policy, notifier=Board()) as world:
        job_id = await world.submit()
        await world.approve(job_id)
        await world.handle(job_id).result()
        assert await world.events(job_id, "ACTIVITY_TASK_SCHEDULED:notify") == 0


async def test_a_group_that_the_deployment_does_not_know_is_refused_before_anything_is_paid(
    env: WorkflowEnvironment,
) -> None:
    async with a_world(env, policy=TELLING) as world:
        job_id = await world.submit(review={"reviewers": ["group:nobody"]})
        record = await world.stopped(job_id)
        assert "no group nobody" in record.reason
        assert world.provider.created == []


async def test_the_members_of_a_group_may_decide(env: WorkflowEnvironment) -> None:
    async with a_world(env, policy=TELLING) as world:
        job_id = await world.submit(review={"reviewers": ["group:desk"]})
        held = await world.held(job_id)
        assert held.review
        assert not (await world.jobs.decide(job_id, a_decision(held.review.digest, reviewer="ana"))).is_accepted
        assert (await world.jobs.decide(job_id, a_decision(held.review.digest, reviewer="cy"))).is_accepted
