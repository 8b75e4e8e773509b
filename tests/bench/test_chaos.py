"""Chaos breaks no promise; and each figure that says so can say the opposite."""

import json
import sys
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from bench.chaos import main
from bench.chaos_accounts import (
    Creates,
    account_creates,
    account_deliveries,
    account_jobs,
    account_plain_creates,
    account_plain_jobs,
)
from bench.chaos_figures import MUST_BE_NONE, Report, TrackedWay, broken_promises, to_json, to_table
from bench.chaos_receipts import Receipts
from bench.chaos_receiver import Delivery
from bench.chaos_schedule import Sizes, make_schedule
from bench.chaos_tracked import Log
from signoff.domain.attempt import Attempt, Stray
from signoff.domain.failures import FailureClass, Stage, failure_at
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus, ResponseStatus
from tests.bench.ledgers import AT, BODY, DIGEST, RECEIPT, arrived, record_of
from tests.bench.running import run

BOUND_SECONDS = 240
SMALL = ("--jobs", "6", "--kills", "2", "--drop-percent", "30", "--life", "2", "--seed", "27", "--tracked")
SIZES = Sizes(jobs=20, kills=10, workers=2, life_seconds=3)


async def test_no_promise_is_broken_while_workers_die_and_replies_get_lost() -> None:
    code, output, errors = await run("bench.chaos", *SMALL, "--json", bound_seconds=BOUND_SECONDS)
    assert code == 0, output + errors
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert {name: figures[name] for name in MUST_BE_NONE} == dict.fromkeys(MUST_BE_NONE, 0)
    assert (figures["jobs"], figures["delivered"], figures["kills"]) == (6, 6, 2)
    assert figures["creates_accepted"] >= 6


@pytest.mark.parametrize(
    "wrong",
    [
        ("--jobs", "0"),
        ("--around", "lunch"),
        ("--drop-percent", "95"),
        ("--plain", "--tracked"),
        ("--keep", "."),
        ("--gently",),
    ],
    ids=" ".join,
)
def test_bad_arguments_end_it_with_2_before_anything_starts(
    wrong: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["chaos", *wrong])
    with pytest.raises(SystemExit) as ended:
        main()
    output, errors = capsys.readouterr()
    assert (ended.value.code, output) == (2, "")
    assert "usage: python -m bench.chaos" in errors


class TestSchedule:
    """The seed decides everything that is drawn."""

    def test_the_same_seed_gives_the_same_schedule_and_another_one_another(self) -> None:
        assert make_schedule(7, SIZES) == make_schedule(7, SIZES)
        assert make_schedule(7, SIZES).kills != make_schedule(8, SIZES).kills
        assert make_schedule(7, SIZES).jobs != make_schedule(8, SIZES).jobs

    def test_more_jobs_change_no_kill_and_more_kills_no_run_time(self) -> None:
        more = make_schedule(7, replace(SIZES, jobs=30, kills=20))
        given = make_schedule(7, SIZES)
        assert more.kills[:10] == given.kills
        assert [job.scenario for job in more.jobs[:20]] == [job.scenario for job in given.jobs]

    def test_every_job_starts_before_the_last_kill(self) -> None:
        assert {job.after_kills for job in make_schedule(7, SIZES).jobs} <= set(range(10))
        assert {job.after_kills for job in make_schedule(7, replace(SIZES, kills=0)).jobs} == {0}

    def test_runs_take_from_1_to_8_seconds(self) -> None:
        seconds = [job.queued_seconds + job.running_seconds for job in make_schedule(7, replace(SIZES, jobs=500)).jobs]
        assert 1 <= min(seconds) < 2
        assert 7 < max(seconds) <= 8


def _attempt(number: int, response_id: str = "", failure_class: FailureClass | None = None) -> Attempt:
    failure = failure_at(Stage.CREATE, failure_class, "it failed", AT) if failure_class else None
    return Attempt(number=number, started_at=AT, response_id=response_id, failure=failure)


def _lost(number: int) -> Attempt:
    return _attempt(number, failure_class=FailureClass.OUTCOME_UNKNOWN)


def _create(response_id: str, attempt: int, job_id: str = "one") -> dict[str, Any]:
    return {"id": response_id, "metadata": {"signoff_job_id": job_id, "signoff_attempt": str(attempt)}}


def _explained(record: JobRecord, *creates: dict[str, Any]) -> tuple[int, int, int]:
    account = account_creates(creates, {"one": record})
    assert account.accepted == len(creates)
    return account.known, account.unknown_outcome, len(account.unexplained)


class TestCreates:
    """Every create is known, of an unknown outcome that the record admits, or unexplained."""

    def test_one_that_an_attempt_names_is_known(self) -> None:
        assert _explained(record_of(_attempt(1, "a")), _create("a", 1)) == (1, 0, 0)

    def test_one_that_a_stray_names_is_known(self) -> None:
        stray = Stray(response_id="b", attempt=1, found_at=AT, status=ResponseStatus.CANCELLED)
        record = record_of(_attempt(1, "a"), strays=(stray,))
        assert _explained(record, _create("a", 1), _create("b", 1)) == (2, 0, 0)

    def test_one_whose_attempt_is_of_unknown_outcome_is_explained_by_it(self) -> None:
        record = record_of(_lost(1), _attempt(2, "b"))
        assert _explained(record, _create("a", 1), _create("b", 2)) == (1, 1, 0)

    def test_an_unknown_outcome_explains_one_create_and_no_second(self) -> None:
        assert _explained(record_of(_lost(1)), _create("a", 1), _create("b", 1)) == (0, 1, 1)

    def test_an_attempt_that_failed_in_another_way_explains_none(self) -> None:
        record = record_of(_attempt(1, failure_class=FailureClass.RATE_LIMITED))
        assert _explained(record, _create("a", 1)) == (0, 0, 1)

    def test_an_attempt_that_has_its_response_explains_no_other(self) -> None:
        assert _explained(record_of(_attempt(1, "a")), _create("a", 1), _create("b", 1)) == (1, 0, 1)

    @pytest.mark.parametrize("stranger", [_create("a", 2), _create("a", 1, job_id="two"), {"id": "a", "metadata": {}}])
    def test_one_of_an_attempt_or_a_job_that_nobody_knows_is_unexplained(self, stranger: dict[str, Any]) -> None:
        assert _explained(record_of(_lost(1)), stranger) == (0, 0, 1)

    def test_the_record_of_another_job_does_not_count(self) -> None:
        records = {"one": record_of(_attempt(1, "a")), "two": record_of(_attempt(1, "b"), job_id="two")}
        assert len(account_creates([_create("a", 1, job_id="two")], records).unexplained) == 1

    def test_of_a_plain_job_only_the_response_that_it_knows_is(self) -> None:
        account = account_plain_creates([_create("a", 1), _create("b", 1), _create("c", 1, "two")], {"one": "b"})
        assert (account.known, len(account.unexplained)) == (1, 2)


class TestJobs:
    """A job is delivered, or it is lost or stuck and says why."""

    def test_delivered_is_one_whose_receipt_the_receiver_confirms(self) -> None:
        fates = account_jobs(["one"], {"one": record_of(receipt=RECEIPT)}, {}, arrived((f"one:{DIGEST}", BODY)))
        assert (fates.delivered, fates.lost, fates.stuck) == (["one"], {}, {})

    @pytest.mark.parametrize(
        ("record", "why"),
        [
            (None, "neither"),
            (record_of(), "completed"),
            (record_of(receipt=RECEIPT), "never arrived"),
            (record_of(status=JobStatus.FAILED, reason="given up"), "given up"),
            (record_of(status=JobStatus.EXPIRED, receipt=RECEIPT), "expired"),
        ],
    )
    def test_lost_is_one_that_is_gone_or_ended_otherwise(self, record: JobRecord | None, why: str) -> None:
        fates = account_jobs(["one"], {"one": record} if record else {}, {}, [])
        assert why in fates.lost["one"]
        assert not fates.delivered

    def test_stuck_is_one_that_is_open_or_does_not_answer(self) -> None:
        still = record_of(status=JobStatus.RUNNING, closed_at=None, receipt=RECEIPT)
        fates = account_jobs(["one", "two"], {"one": still}, {"two": "no worker"}, arrived((f"one:{DIGEST}", BODY)))
        assert ([*fates.stuck], fates.lost, fates.delivered) == (["one", "two"], {}, [])

    def test_plain_ones_are_delivered_lost_or_stuck_as_well(self) -> None:
        fates = account_plain_jobs(["one", "two", "three"], {"one": "a"}, {"two": "it failed"})
        assert (fates.delivered, fates.lost, [*fates.stuck]) == (["one"], {"two": "it failed"}, ["three"])


class TestDeliveries:
    """What arrives was approved before, and has its effect once."""

    def test_an_approved_one_that_is_repeated_does_no_harm(self) -> None:
        twice = arrived((f"one:{DIGEST}", BODY), (f"one:{DIGEST}", BODY))
        account = account_deliveries(twice, {("one", DIGEST): 0.0})
        assert (account.unapproved, account.double_effects, account.repeats) == ([], 0, 1)

    @pytest.mark.parametrize(
        ("key", "approvals", "why"),
        [
            (f"one:{DIGEST}", {}, "nobody approved"),
            (f"one:{DIGEST}", {("two", DIGEST): 0.0}, "nobody approved"),
            (f"one:{DIGEST}", {("one", DIGEST): 0.5}, "before it was approved"),
            ("one:sha256:00", {("one", "sha256:00"): 0.0}, "it carried"),
            (f"two:{DIGEST}", {("two", DIGEST): 0.0}, "it carried"),
            ("", {("one", DIGEST): 0.0}, "it carried"),
        ],
    )
    def test_an_unapproved_one_is_told(self, key: str, approvals: dict[tuple[str, str], float], why: str) -> None:
        [told] = account_deliveries(arrived((key, BODY)), approvals).unapproved
        assert why in told

    def test_a_second_key_for_a_job_is_a_second_effect(self) -> None:
        other = b'{"job_id":"one","text":"else"}'
        keys = [(f"one:{DIGEST}", BODY), (f"one:sha256:{sha256(other).hexdigest()}", other)]
        assert account_deliveries(arrived(*keys)).double_effects == 1

    def test_without_a_key_every_repeat_is_a_second_effect(self) -> None:
        assert account_deliveries(arrived(("", BODY), ("", BODY), ("", BODY))).double_effects == 2

    def test_a_receiver_that_does_not_know_repeats_is_found_out(self) -> None:
        forgetful = [replace(one, has_effect=True) for one in arrived((f"one:{DIGEST}", BODY), (f"one:{DIGEST}", BODY))]
        assert account_deliveries(forgetful, {("one", DIGEST): 0.0}).double_effects == 1


def _way(records: dict[str, JobRecord], creates: Creates, arrived: list[Delivery]) -> TrackedWay:
    return TrackedWay(
        jobs=1,
        kills=0,
        seconds=1.0,
        job_seconds=[1.0],
        replies_lost=0,
        fates=account_jobs(["one"], records, {}, arrived),
        creates=creates,
        deliveries=account_deliveries(arrived, {}),
        uncalled_ends=[],
        hits={},
        records=records,
        log=Log(),
        contradicted=["one: the file in the archive differs from the record"],
        receipts=Receipts(count=2, contradicted=["one: its history has 2 receipts"]),
        unsound=["one: record.json: it was torn", "one: record.json: it is absent"],
    )


def test_a_broken_promise_is_in_the_figures_in_the_table_and_in_the_exit() -> None:
    opened = record_of(status=JobStatus.QUEUED, closed_at=None)
    way = _way({"one": opened}, account_creates([_create("a", 1)], {"one": opened}), arrived(("", BODY), ("", BODY)))
    report = Report(options={"seed": 1, "kills": 1}, machine={}, tracked=way)
    found = {name: to_json(report)[name] for name in MUST_BE_NONE}
    assert found == {
        "lost": 0,
        "stuck": 1,
        "creates_unexplained": 1,
        "delivered_unapproved": 2,
        "double_effects": 1,
        "records_contradicted": 1,
        "receipts_contradicted": 1,
        "records_unsound": 2,
    }
    table = to_table(report)
    assert "stuck: one: queued" in table
    assert "unsound: one: record.json: it was torn" in table
    assert "BROKEN: 1 stuck" in table
    assert broken_promises(report) == [
        "1 stuck",
        "1 creates unexplained",
        "2 delivered unapproved",
        "1 double effects",
        "1 records contradicted",
        "1 receipts contradicted",
        "2 records unsound",
        "only 0 delivered",
        "only 0 kills",
    ]
