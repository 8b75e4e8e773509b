"""What `signoff show` tells of a job's past, and of what a queued one waits for."""

import json
from datetime import timedelta
from decimal import Decimal

from signoff.domain import adoption, progress
from signoff.domain.attempt import Stray
from signoff.domain.cost import Cost
from signoff.domain.deployment import Failed, default_terms
from signoff.domain.failures import Failure, FailureClass, Stage, failure_at
from signoff.domain.policies import Verdict, VerdictKind
from signoff.domain.record import JobRecord
from signoff.domain.response import ResponseSnapshot
from signoff.domain.status import ResponseStatus
from signoff.domain.usage import Usage
from starter.standing import waits_for
from tests.starter.conftest import Signoff
from tests.starter.fake import START, FakeJobs

SOON = timedelta(minutes=2)
LOST = failure_at(Stage.CREATE, FailureClass.OUTCOME_UNKNOWN, "no answer came", START)
BUSY = failure_at(Stage.CREATE, FailureClass.RATE_LIMITED, "slow down", START, code="slow_down")


def failed(failure: Failure) -> Failed:
    return Failed(failure=failure, terms=default_terms(failure.failure_class, failure.stage))


def test_a_new_job_waits_for_a_worker(jobs: FakeJobs) -> None:
    record = jobs.add_begun("brief-1").model_copy(update={"attempts": ()})
    assert waits_for(record, START) == "a worker that begins attempt 1"


def test_a_create_under_way_is_told(jobs: FakeJobs) -> None:
    told = waits_for(jobs.add_begun("brief-1"), START)
    assert told == "the answer to the create of attempt 1, sent at 2026-05-01 12:00:00 UTC"


def test_a_backoff_tells_until_when_and_why(jobs: FakeJobs) -> None:
    record = _again(jobs.add_begun("brief-1"), BUSY)
    told = "2026-05-01 12:02:00 UTC (in 2 min 0 s), when attempt 2 begins, since the one before failed (rate_limited)"
    assert waits_for(record, START) == told
    assert waits_for(record, START + 2 * SOON).startswith("a worker that begins attempt 2, since")


def test_a_lost_reply_is_searched_for_and_then_waited_for(jobs: FakeJobs) -> None:
    record = adoption.reply_lost(jobs.add_begun("brief-1"), failed(LOST), START)
    assert waits_for(record, START).startswith("the search for the response of attempt 1")
    record = adoption.sign_awaited(record, failed(LOST).terms, START)
    assert waits_for(record, START).startswith(
        "a sign of the response of attempt 1 until 2026-05-01 12:02:00 UTC (in 2 min 0 s): the reply to its create was"
    )


def test_a_job_in_another_status_waits_for_nothing_of_this(jobs: FakeJobs) -> None:
    assert waits_for(jobs.add_running("brief-1"), START) == ""


def test_a_lost_reply_can_be_announced_while_it_is_waited_for(signoff: Signoff, jobs: FakeJobs) -> None:
    record = adoption.reply_lost(jobs.add_begun("brief-1"), failed(LOST), START)
    jobs.records["brief-1"] = adoption.sign_awaited(record, failed(LOST).terms, START)
    shown = signoff("show", "brief-1").stdout
    assert "  waits for    a sign of the response of attempt 1 until" in shown
    assert "signoff announce brief-1 RESPONSE_ID\n" in shown
    assert "a response may exist; the reply was lost\n" in shown


def test_watching_tells_why_a_job_is_queued_still(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_held("brief-1")
    held, begun = jobs.records["brief-1"], jobs.add_begun("brief-1")
    jobs.steps["brief-1"] = [_again(begun, BUSY), held]
    accepted, queued, *_ = signoff("watch", "brief-1").stdout.splitlines()
    assert accepted.endswith("queued: accepted")
    assert queued.endswith("trying again in 2 min after rate_limited at create (slow_down): slow down")


def test_an_adopted_attempt_and_its_strays_are_told(signoff: Signoff, jobs: FakeJobs) -> None:
    record = adoption.reply_lost(jobs.add_begun("brief-1"), failed(LOST), START)
    record = adoption.adopted(record, ResponseSnapshot(response_id="resp_1", status=ResponseStatus.IN_PROGRESS), START)
    stray = Stray(
        response_id="resp_9",
        attempt=1,
        found_at=START,
        status=ResponseStatus.CANCELLED,
        usage=Usage(total_tokens=1_200),
        note="a note",
    )
    jobs.records["brief-1"] = adoption.strayed(record, stray, START).model_copy(update={"strays_omitted": 2})
    shown = signoff("show", "brief-1").stdout
    assert "resp_1 in_progress, adopted: the reply to its create had been lost\n" in shown
    assert "  2026-05-01 12:00:00 UTC  resp_9 of attempt 1, cancelled, 1,200 tokens, a note\n" in shown
    assert "  and 2 more, which are not listed\n" in shown
    assert "it told of 1,200 tokens" in shown


def test_work_that_was_possibly_paid_twice_is_told(signoff: Signoff, jobs: FakeJobs) -> None:
    record = _again(adoption.reply_lost(jobs.add_begun("brief-1"), failed(LOST), START), LOST)
    jobs.records["brief-1"] = progress.attempt_begun(record, START)
    shown = signoff("show", "brief-1").stdout
    assert "possibly paid twice: another create was sent after one whose reply was lost" in shown
    assert "1 attempt that OpenAI took, or may have taken; it told of no tokens\n" in shown


def test_attempts_tell_their_failures_with_class_code_and_time(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.records["brief-1"] = _again(jobs.add_begun("brief-1"), BUSY)
    shown = signoff("show", "brief-1").stdout
    assert "  1  2026-05-01 12:00:00 UTC  no response\n" in shown
    assert "     2026-05-01 12:00:00 UTC  rate_limited at create (slow_down): slow down\n" in shown


def test_the_timeline_has_a_column_for_classes(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.records["brief-1"] = _again(jobs.add_begun("brief-1"), BUSY)
    shown = signoff("show", "brief-1").stdout
    assert "job.accepted                        accepted from ann\n" in shown
    assert "attempt.failed        rate_limited  trying again in 2 min" in shown


def test_a_refused_repair_is_told_with_its_reason(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_running("brief-1")
    signoff("retry", "brief-1", "--as", "bob")
    assert "retry by bob after attempt 1 REFUSED: there is nothing to repair" in signoff("show", "brief-1").stdout


def test_refused_messages_that_are_not_listed_are_counted(signoff: Signoff, jobs: FakeJobs) -> None:
    record = jobs.add_running("brief-1")
    jobs.records["brief-1"] = record.model_copy(update={"refusals_omitted": 7})
    assert "and 7 refused messages more" in signoff("show", "brief-1").stdout


def _again(record: JobRecord, failure: Failure) -> JobRecord:
    """Have an attempt fail, and another one follow in two minutes."""
    verdict = Verdict(kind=VerdictKind.RETRY, delay=SOON)
    return progress.stopped(record, failed(failure), verdict, START)


def test_what_attempts_and_strays_cost_is_told_with_what_is_unknown(signoff: Signoff, jobs: FakeJobs) -> None:
    record = jobs.add_ended("brief-1")
    part = Cost(amount=Decimal("0.42"), currency="USD", unpriced=("the price table has no fee for a_call (2)",))
    stray = Stray(response_id="resp_9", attempt=7, found_at=START, status=ResponseStatus.CANCELLED)
    stray = stray.model_copy(update={"cost": Cost(currency="USD", unpriced=("OpenAI told no usage",))})
    attempt = record.attempts[0].model_copy(update={"cost": part})
    jobs.records["brief-1"] = record.model_copy(update={"attempts": (attempt,), "strays": (stray,)})
    shown = signoff("show", "brief-1").stdout
    missing = "the price table has no fee for a_call (2)"
    assert f"1,234 tokens, at least 0.42 USD; unknown: {missing}\n" in shown
    total = f"at least 0.42 USD; unknown: attempt 1: {missing}; stray resp_9: OpenAI told no usage"
    assert f"  in money     {total}\n" in shown
    document = json.loads(signoff("show", "brief-1", "--json").stdout)
    assert (document["cost"]["amounts"], document["cost"]["is_complete"]) == ({"USD": "0.42"}, False)


def test_without_a_price_table_nothing_is_said_of_money(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_ended("brief-1")
    assert "money" not in signoff("show", "brief-1").stdout
