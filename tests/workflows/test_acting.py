"""Delivery by an activity of the user's own: it acts on what was approved, and only then."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from signoff.acting import deliverable_of
from signoff.adapters.archive import open_archive
from signoff.adapters.memory import InMemoryResponses, completed
from signoff.domain import acting, layout
from signoff.domain.acting import INLINE_DELIVERABLE_BYTES
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus, NextAction
from tests.workflows.till import ALLOWED, REFUND, Till, approved_for, closed, serving
from tests.world import Outbox, a_decision, a_world


async def parked(env: WorkflowEnvironment, till: Till, **changes: Any) -> JobRecord:
    """Have a till fail at a delivery, and give the record of the stopped job."""
    async with a_world(env, settings=ALLOWED) as world, serving(env, till):
        return await world.stopped(await approved_for(world, **changes))


async def receipt_of(env: WorkflowEnvironment, answer: Any) -> tuple[str, str]:
    """Give the reference of the receipt for an answer, and the key of the delivery."""
    till = Till([answer])
    async with a_world(env, settings=ALLOWED) as world, serving(env, till):
        record = await closed(world, await approved_for(world))
        assert (record.status, len(till.asked)) == (JobStatus.COMPLETED, 1)
        assert record.receipt
        return record.receipt.reference, till.asked[0].idempotency_key


async def test_the_activity_is_given_what_was_approved_and_its_answer_is_the_receipt(env: WorkflowEnvironment) -> None:
    till = Till()
    provider = InMemoryResponses(script=[completed('{"order": "A-1"}')])
    async with a_world(env, provider=provider, settings=ALLOWED) as world, serving(env, till):
        job_id = await approved_for(world)
        record = await closed(world, job_id)
        [approved] = till.asked
        assert approved.idempotency_key == f"{job_id}:{record.approved_digest}"
        assert approved.approvers == ("ana",)
        assert (await deliverable_of(approved)).text == '{"order": "A-1"}'
        assert record.receipt
        assert record.receipt.model_dump(exclude={"at"}) == {
            "channel": "activity",
            "destination": "payments/refund",
            "reference": "refund-1",
            "digest": record.approved_digest,
        }


async def test_what_was_rejected_reaches_no_activity(env: WorkflowEnvironment) -> None:
    till = Till()
    async with a_world(env, settings=ALLOWED) as world, serving(env, till):
        job_id = await world.submit(delivery=REFUND)
        held = await world.held(job_id)
        await world.jobs.decide(job_id, a_decision(held.opened_review.digest, "reject"))
        assert (await closed(world, job_id)).status is JobStatus.REJECTED
        assert till.asked == []


async def test_an_archive_that_was_tampered_with_reaches_no_activity(env: WorkflowEnvironment) -> None:
    till, archive = Till(), open_archive("memory:")
    async with a_world(env, archive=archive, settings=ALLOWED) as world, serving(env, till):
        job_id = await world.submit(delivery=REFUND)
        digest = (await world.held(job_id)).opened_review.digest
        path = layout.deliverable_path(job_id, digest)
        data = await archive.get(path)
        assert data
        await world.jobs.decide(job_id, a_decision(digest))
        await archive.put(path, data.replace(b'"text":"', b'"text":"pay me '))
        record = await world.stopped(job_id)
        assert record.failure
        assert "nothing was sent" in record.failure.message
        assert till.asked == []


async def test_an_activity_that_is_not_allowed_is_refused_before_anything_is_paid(env: WorkflowEnvironment) -> None:
    async with a_world(env) as world:
        record = await world.stopped(await world.submit(delivery=REFUND))
        assert record.failure
        assert (record.failure.failure_class, record.failure.stage) == (FailureClass.CONFIGURATION, Stage.DELIVER)
        assert "SIGNOFF_DELIVERY_ACTIVITIES as payments/refund" in record.failure.message
        assert world.provider.creates == 0


async def test_without_a_worker_the_job_stops_and_names_the_queue(real_env: WorkflowEnvironment) -> None:
    """On the real server, since the other one does not skip the time of an activity that waits for a worker."""
    async with a_world(real_env, settings=ALLOWED) as world:
        job_id = await approved_for(world, timeout="PT2S")
        record = await world.stopped(job_id)
        assert record.failure
        assert record.failure.failure_class is FailureClass.CONFIGURATION
        assert record.next_action is NextAction.RETRY_DELIVERY
        told = "no worker took the activity refund on the task queue payments within 2 s"
        assert told in record.failure.message
        till = Till()
        async with serving(real_env, till):
            await world.jobs.retry(job_id, by="an operator")
            assert (await closed(world, job_id)).status is JobStatus.COMPLETED
        assert world.provider.creates == 1


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        *((one.value, one) for one in (FailureClass.MALFORMED_INPUT, FailureClass.CONFIGURATION, FailureClass.QUOTA)),
        ("CardDeclined", FailureClass.UNCLASSIFIED),
    ],
)
@pytest.mark.parametrize("details", [(), ({"failure": "not ours"}, 7)], ids=["plain", "details"])
async def test_what_the_activity_refuses_for_good_stops_the_job_with_its_class(
    env: WorkflowEnvironment, named: str, expected: FailureClass, details: tuple[Any, ...]
) -> None:
    refusal = ApplicationError("order A-1 is closed", *details, type=named, non_retryable=named == "CardDeclined")
    till = Till([refusal])
    record = await parked(env, till)
    assert record.failure
    assert (record.failure.failure_class, record.failure.stage) == (expected, Stage.DELIVER)
    assert "order A-1 is closed" in record.failure.message
    assert len(till.asked) == 1


@pytest.mark.parametrize(
    "failure", [RuntimeError("no connection"), ApplicationError("busy", type="transient")], ids=str
)
async def test_any_other_failure_is_repeated_under_the_same_key(env: WorkflowEnvironment, failure: Exception) -> None:
    till = Till([failure, failure, {"reference": "refund-2", "more": [1]}])
    async with a_world(env, settings=ALLOWED) as world, serving(env, till):
        record = await closed(world, await approved_for(world))
        assert record.receipt
        assert record.receipt.reference == "refund-2"
        assert len({approved.idempotency_key for approved in till.asked}) == 1
        assert len(till.asked) == 3


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (RuntimeError("no connection"), FailureClass.OUTCOME_UNKNOWN),
        (ApplicationError("busy", type="rate_limited"), FailureClass.RATE_LIMITED),
    ],
    ids=str,
)
async def test_what_fails_until_its_time_is_over_stops_the_job(
    env: WorkflowEnvironment, failure: Exception, expected: FailureClass
) -> None:
    till = Till([failure])
    record = await parked(env, till, timeout="PT1M")
    assert record.failure
    assert record.failure.failure_class is expected
    assert getattr(failure, "message", str(failure)) in record.failure.message
    assert len(till.asked) > 2


async def test_an_execution_that_never_ends_counts_as_lost_and_is_repeated(real_env: WorkflowEnvironment) -> None:
    till = Till()
    till.may_answer.clear()
    async with a_world(real_env, settings=ALLOWED) as world, serving(real_env, till):
        job_id = await approved_for(world, timeout="PT6S", execution_timeout="PT1S")
        record = await world.stopped(job_id)
        assert record.failure
        assert record.failure.failure_class is FailureClass.OUTCOME_UNKNOWN
        assert "did not answer within 6 s" in record.failure.message
        assert len(till.asked) > 1
        till.may_answer.set()


@pytest.mark.parametrize("answer", [None, [], {}, {"reference": None}, True, 1.5, "", " \n ", {"reference": [1]}])
async def test_an_answer_without_a_reference_has_the_key_for_one(env: WorkflowEnvironment, answer: Any) -> None:
    reference, key = await receipt_of(env, answer)
    assert reference == key


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("refund-7", "refund-7"), (7, "7"), ({"reference": "r"}, "r"), ("a\n b", "a b"), ("x" * 999, "x" * 197 + "…")],
)
async def test_an_answer_is_the_receipts_reference(env: WorkflowEnvironment, answer: Any, expected: str) -> None:
    assert (await receipt_of(env, answer))[0] == expected


async def test_an_answer_that_can_not_be_read_stops_nothing(env: WorkflowEnvironment) -> None:
    """It is nested more deeply than the decoder follows."""
    nested: Any = []
    for _ in range(230):
        nested = [nested]
    reference, key = await receipt_of(env, nested)
    assert reference == key


async def test_a_large_deliverable_is_named_and_read_from_the_archive(env: WorkflowEnvironment) -> None:
    till, archive, text = Till(), open_archive("memory:"), "x" * INLINE_DELIVERABLE_BYTES
    provider = InMemoryResponses(script=[completed(text)])
    async with a_world(env, provider=provider, archive=archive, settings=ALLOWED) as world, serving(env, till):
        await closed(world, await approved_for(world))
        [approved] = till.asked
        assert approved.deliverable is None
        assert (await deliverable_of(approved, archive)).text == text


async def test_by_reference_no_history_holds_the_result(env: WorkflowEnvironment) -> None:
    till, provider = Till(), InMemoryResponses(script=[completed("a secret plan")])
    async with a_world(env, provider=provider, settings=ALLOWED) as world, serving(env, till):
        job_id = await approved_for(world, content="reference")
        await closed(world, job_id)
        assert till.asked[0].deliverable is None
        assert "a secret plan" not in (await world.handle(job_id).fetch_history()).to_json()


async def test_other_channels_are_served_as_ever(env: WorkflowEnvironment) -> None:
    outbox = Outbox()
    async with a_world(env, outbox=outbox, settings=ALLOWED) as world:
        job_id = await world.submit()
        await world.approve(job_id)
        await closed(world, job_id)
        assert len(outbox.parcels) == 1
        assert await world.events(job_id, "ACTIVITY_TASK_SCHEDULED:prepare_delivery") == 0


async def test_a_cancelled_job_takes_the_answer_of_what_was_under_way(real_env: WorkflowEnvironment) -> None:
    till = Till()
    till.may_answer.clear()
    async with a_world(real_env, settings=ALLOWED) as world, serving(real_env, till):
        job_id = await approved_for(world)
        await till.is_asked.wait()
        await world.jobs.cancel(job_id, by="an operator")
        till.may_answer.set()
        record = await closed(world, job_id)
        assert record.status is JobStatus.COMPLETED
        assert record.receipt


async def test_a_cancelled_job_does_not_wait_for_an_activity_that_never_hears_of_it(
    real_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "GRACE", timedelta(seconds=1))
    till = Till()
    till.may_answer.clear()
    async with a_world(real_env, settings=ALLOWED) as world, serving(real_env, till):
        job_id = await approved_for(world, timeout="P1D", execution_timeout="P1D")
        await till.is_asked.wait()
        await world.jobs.cancel(job_id, by="an operator")
        record = await closed(world, job_id)
        till.may_answer.set()
        assert record.status is JobStatus.CANCELLED
        assert "a delivery had begun, so the destination may have it" in record.reason


async def test_a_cancelled_job_is_cancelled_at_once_where_no_worker_took_the_delivery(
    real_env: WorkflowEnvironment,
) -> None:
    async with a_world(real_env, settings=ALLOWED) as world:
        job_id = await approved_for(world)
        await world.until(job_id, lambda record: record.status is JobStatus.DELIVERING)
        await world.jobs.cancel(job_id, by="an operator")
        assert (await closed(world, job_id)).status is JobStatus.CANCELLED
        assert await world.events(job_id, "TIMER_FIRED") == 0
