"""Every fault that a provider is known for, one job each, and how that job ends."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from signoff.domain.failures import FailureClass
from signoff.domain.observation import FindingKind
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus, NextAction
from tests.e2e.conftest import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
BOUND_SECONDS = 150
C, F, N = FailureClass, FindingKind, NextAction


@dataclass(frozen=True)
class Held:
    """It ends well: a draft is held, with these findings, after so many accepted creates."""

    findings: tuple[FindingKind, ...] = ()
    creates: int = 1
    failures: tuple[FailureClass, ...] = ()
    """The classes of the attempts before the last one."""


@dataclass(frozen=True)
class Stopped:
    """It stops for a person, in this class and with this next action, after so many accepted creates."""

    failure_class: FailureClass
    next_action: NextAction
    creates: int = 1


@dataclass(frozen=True)
class Case:
    """What the simulator plays, how the job ends, and what else its request says."""

    scenario: str
    ending: Held | Stopped
    more: dict[str, Any] = field(default_factory=dict)


QUICK = "queued=0 running=1"
SHORT = {"deadline": "PT3S"}
AGAIN = Held(creates=2, failures=(C.OUTCOME_UNKNOWN,))
LIMITED = Held(failures=(C.RATE_LIMITED,))
TWICE_TIMED_OUT = Stopped(C.TIMEOUT, N.RETRY, creates=2)
CASES = [
    # 1: the reply to a create is lost
    Case(f"lost {QUICK}", AGAIN),
    Case(f"lost how=502 {QUICK}", AGAIN),
    Case(f"lost how=slow {QUICK}", AGAIN),
    Case(f"lost {QUICK}", Stopped(C.OUTCOME_UNKNOWN, N.INSPECT), {"policy": {"on_unknown": "park"}}),
    # 2: lag
    Case(f"lag after_create=3 {QUICK}", Held()),
    Case(f"lag after_create=0 after_end=5 {QUICK}", Held()),
    # 3, 4: stuck and stale
    Case("stuck", TWICE_TIMED_OUT, SHORT),
    Case("stale", TWICE_TIMED_OUT, SHORT),
    # 5, 6: cancelled, then completed; and what a cancel that comes too late is answered with
    Case("zombie queued=0 running=600 after=2", Held(), SHORT),
    Case("completed queued=0 running=2.6 cancel=400", Held(), {"deadline": "PT3S", "wait": "webhook"}),
    Case("completed queued=0 running=2.6 cancel=409", Held(), {"deadline": "PT3S", "wait": "webhook"}),
    Case("completed queued=0 running=2.6 cancel=200", Held(), {"deadline": "PT3S", "wait": "webhook"}),
    # 7, 8: told in a 200
    Case(f"failed code=insufficient_quota {QUICK}", Stopped(C.QUOTA, N.RESTORE_QUOTA)),
    Case(f"failed code=rate_limit_exceeded hint=2.5 times=1 {QUICK}", Held((), 2, (C.RATE_LIMITED,))),
    Case(f"failed code=server_error times=1 {QUICK}", Held((), 2, (C.TRANSIENT,))),
    Case(f"failed code=vector_store_timeout times=1 {QUICK}", Held((), 2, (C.TIMEOUT,))),
    # 9: 429
    Case(f"429 retry_after=2 {QUICK}", LIMITED),
    Case(f"429 retry_after=2 form=ms {QUICK}", LIMITED),
    Case(f"429 retry_after=3 form=date {QUICK}", LIMITED),
    Case(f"429 {QUICK}", LIMITED),
    Case(f"429 x_should_retry=false {QUICK}", Stopped(C.RATE_LIMITED, N.RETRY, creates=0)),
    Case("429 code=project_spend_limit_exceeded", Stopped(C.QUOTA, N.RESTORE_QUOTA, creates=0)),
    Case(f"429 code=a_new_kind_of_limit {QUICK}", LIMITED),  # its type is `requests`, which is known
    # 10 to 17: odd outcomes
    Case(f"empty {QUICK}", Held((F.EMPTY_TEXT,))),
    Case(f"incomplete reason=max_output_tokens {QUICK}", Held((F.PARTIAL_OUTPUT,))),
    Case(f"incomplete reason=max_messages {QUICK}", Held((F.PARTIAL_OUTPUT,))),
    Case(f"incomplete reason=steered {QUICK}", Held((F.PARTIAL_OUTPUT,))),
    Case(f"incomplete reason=content_filter {QUICK}", Stopped(C.POLICY, N.INSPECT)),
    Case(f"incomplete reason=sunspots {QUICK}", Stopped(C.UNCLASSIFIED, N.INSPECT)),
    Case(f"refusal {QUICK}", Stopped(C.POLICY, N.INSPECT)),
    Case(f"mcp_approval {QUICK}", Held((F.APPROVAL_REQUESTED, F.EMPTY_TEXT))),
    Case(f"unknown what=item {QUICK}", Stopped(C.UNCLASSIFIED, N.INSPECT)),
    Case(f"unknown what=status {QUICK}", Stopped(C.UNCLASSIFIED, N.INSPECT)),
    Case(f"unknown what=code {QUICK}", Stopped(C.UNCLASSIFIED, N.INSPECT)),
    Case(f"tool_failed {QUICK}", Held((F.TOOL_FAILED,))),
    Case(f"tool_failed tool=mcp {QUICK}", Held((F.TOOL_FAILED,))),
    Case(f"clipped {QUICK}", Held((F.TOOL_CALLS_CLIPPED,)), {"parameters": {"max_tool_calls": 2}}),
    Case(f"commentary {QUICK}", Held()),
    # 18: a webhook that never comes is nobody's loss
    Case(f"completed webhook=missing {QUICK}", Held()),
    # 19: gone for good
    Case("vanishing after=2 queued=0 running=600", Stopped(C.RESULT_LOST, N.INSPECT)),
    # 20, 21: a person must look
    Case("403 code=misalignment_policy_violation", Stopped(C.REVIEW_REQUIRED, N.INSPECT, creates=0)),
    Case(f"failed code=invalid_prompt {QUICK}", Stopped(C.REVIEW_REQUIRED, N.INSPECT)),
    # 22 to 24: no usage, a proxy's page, a large output
    Case(f"completed usage=none {QUICK}", Held()),
    Case(f"502 body=html {QUICK}", Held(failures=(C.OUTCOME_UNKNOWN,))),
    Case(f"completed looks=html,500,404,close,ok {QUICK}", Held()),
    Case(f"completed size=5000000 {QUICK}", Held()),
    # refused creates, and sequences
    Case("400", Stopped(C.MALFORMED_INPUT, N.AMEND_REQUEST, creates=0)),
    Case("401", Stopped(C.CONFIGURATION, N.FIX_CONFIGURATION, creates=0)),
    Case("404", Stopped(C.CONFIGURATION, N.FIX_CONFIGURATION, creates=0)),
    Case(f"failed code=bio_policy {QUICK}", Stopped(C.POLICY, N.INSPECT)),
    Case(f"429 then 500 then completed {QUICK}", Held(failures=(C.RATE_LIMITED, C.OUTCOME_UNKNOWN))),
    Case("429 then 400", Stopped(C.MALFORMED_INPUT, N.AMEND_REQUEST, creates=0)),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def started(world: World) -> AsyncIterator[dict[int, str]]:
    """Start a job for each case at once, since most of their time is waiting."""
    jobs = [world.submit(scenario=case.scenario, **case.more) for case in CASES]
    yield dict(enumerate(await asyncio.gather(*jobs)))


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: CASES[number].scenario)
async def test_a_job_meets_a_fault_and_ends_as_it_should(world: World, started: dict[int, str], number: int) -> None:
    case, job_id = CASES[number], started[number]
    ends = {JobStatus.AWAITING_REVIEW, JobStatus.NEEDS_ATTENTION}
    async with asyncio.timeout(BOUND_SECONDS):
        await world.until(job_id, lambda seen: seen.status in ends and seen.is_complete)
    record = await world.jobs.record(job_id)
    assert await world.creates_of(job_id) == case.ending.creates
    if isinstance(case.ending, Held):
        check_held(record, case.ending)
    else:
        assert record.status is JobStatus.NEEDS_ATTENTION
        assert record.failure
        found = (record.failure.failure_class, record.next_action)
        assert found == (case.ending.failure_class, case.ending.next_action)
    await world.jobs.cancel(job_id, by="a test")
    await world.closed(job_id)


def check_held(record: JobRecord, ending: Held) -> None:
    assert record.status is JobStatus.AWAITING_REVIEW, record.reason
    assert record.deliverable
    assert tuple(finding.kind for finding in record.deliverable.findings) == ending.findings
    failures = [attempt.failure for attempt in record.attempts[:-1]]
    assert tuple(failure.failure_class for failure in failures if failure) == ending.failures
