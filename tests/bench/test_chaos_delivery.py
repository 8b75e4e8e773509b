"""Workers that die while they deliver: each job has one effect and one receipt; and the account can say otherwise."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bench.chaos_accounts import account_deliveries
from bench.chaos_figures import MUST_BE_NONE
from bench.chaos_receipts import account_receipts, repeated_after, unsound
from bench.chaos_receiver import Delivery, Hit, Receiver
from bench.chaos_schedule import Around, Moment, Sizes, make_schedule
from signoff.domain.attempt import Attempt
from signoff.domain.delivery import Receipt
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from signoff.domain.verification import Check, State
from tests.bench.ledgers import AT, BODY, DIGEST, RECEIPT, arrived, listing, record_of
from tests.bench.running import run

BOUND_SECONDS = 240
SMALL = ("--around", "delivery", "--jobs", "4", "--kills", "3", "--drop-percent", "0", "--seed", "5", "--tracked")
SIZES = Sizes(jobs=20, kills=10, workers=1, life_seconds=3, around=Around.DELIVERY)
KEY = f"one:{DIGEST}"
OTHER = f"sha256:{'0' * 64}"


class Forgetful(Receiver):
    """A receiver that knows no key for longer than one POST."""

    def take(self, key: str, body: bytes, at: float) -> Delivery:
        self._known.clear()
        return super().take(key, body, at)


async def test_one_effect_and_one_receipt_per_job_while_workers_die_at_each_moment_of_a_delivery() -> None:
    code, output, errors = await run("bench.chaos", *SMALL, "--json", bound_seconds=BOUND_SECONDS)
    assert code == 0, output + errors
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert {name: figures[name] for name in MUST_BE_NONE} == dict.fromkeys(MUST_BE_NONE, 0)
    assert {figures[name] for name in ("jobs", "delivered", "effects", "receipts")} == {4}
    assert (figures["around"], figures["kills"]) == ("delivery", 3)
    assert figures["kills_by_moment"] == dict.fromkeys(Moment, 1)
    # What died with its answer held, or before it could report it, had to be sent again.
    assert figures["posted_again_after"] == {Moment.WHILE_HELD: 1, Moment.AFTER_ANSWER: 1}
    assert figures["repeats_harmless"] == figures["posts"] - 4 >= 2
    assert "1 kill of the sender of a delivery while its answer was held; after 1 of them it was sent again" in output
    assert "kept: each of 4 jobs had one effect and has one receipt" in output


class TestSchedule:
    """The seed decides at which moment each kill comes."""

    def test_of_three_kills_in_a_row_each_has_another_moment(self) -> None:
        kills = make_schedule(7, replace(SIZES, kills=60)).kills
        moments = [kill.moment for kill in kills]
        assert {frozenset(moments[at : at + 3]) for at in range(0, 60, 3)} == {frozenset(Moment)}
        assert len({tuple(moments[at : at + 3]) for at in range(0, 60, 3)}) > 1

    def test_the_same_seed_gives_the_same_kills_and_more_kills_change_none(self) -> None:
        given = make_schedule(7, SIZES)
        assert make_schedule(7, SIZES) == given
        assert make_schedule(8, SIZES).kills != given.kills
        assert make_schedule(7, replace(SIZES, kills=20, jobs=30)).kills[:10] == given.kills

    @pytest.mark.parametrize(("jobs", "kills"), [(1, 5), (3, 50), (20, 10), (100, 50), (4, 0)])
    def test_the_first_kill_has_a_job_to_wait_for_and_every_job_starts_before_the_last(
        self, jobs: int, kills: int
    ) -> None:
        after = [job.after_kills for job in make_schedule(7, replace(SIZES, jobs=jobs, kills=kills)).jobs]
        assert after == sorted(after)
        assert after[0] == 0
        assert after[-1] <= max(0, kills - 1)


def _objections(
    record: JobRecord,
    deliveries: Sequence[Delivery],
    receipts: Sequence[Receipt] = (RECEIPT,),
    approved: str = DIGEST,
) -> list[str]:
    return account_receipts({"one": record}, {"one": receipts}, deliveries, {("one", approved)}).contradicted


class TestReceipts:
    """One receipt per job, for the bytes that were approved, that arrived, and that had one effect under one key."""

    @pytest.mark.parametrize("posts", [1, 2, 5])
    def test_nothing_is_said_of_a_job_whose_repeats_did_no_harm(self, posts: int) -> None:
        account = account_receipts(
            {"one": record_of(receipt=RECEIPT)}, {"one": [RECEIPT]}, arrived(*[(KEY, BODY)] * posts), {("one", DIGEST)}
        )
        assert (account.count, account.contradicted) == (1, [])

    def test_a_receiver_that_forgets_its_keys_is_found_out(self) -> None:
        deliveries = arrived((KEY, BODY), (KEY, BODY), at=Forgetful())
        assert account_deliveries(deliveries, {("one", DIGEST): 0.0}).double_effects == 1
        objections = _objections(record_of(receipt=RECEIPT), deliveries)
        assert "one: the receiver acted on it 2 times" in objections

    def test_a_record_without_a_receipt_is_found_out(self) -> None:
        assert _objections(record_of(), arrived((KEY, BODY))) == ["one: its record has no receipt"]

    @pytest.mark.parametrize(
        ("receipts", "why"),
        [
            ((), "its history has 0 receipts"),
            ((RECEIPT, RECEIPT), "its history has 2 receipts"),
            ((RECEIPT.model_copy(update={"reference": "/inbox/2"}),), "which its history has not"),
        ],
    )
    def test_a_history_that_tells_otherwise_is_found_out(self, receipts: tuple[Receipt, ...], why: str) -> None:
        [told] = _objections(record_of(receipt=RECEIPT), arrived((KEY, BODY)), receipts)
        assert why in told

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ([], "acted on it 0 times"),
            ([(f"one:{OTHER}", BODY)], f"it arrived under one:{OTHER}"),
            ([(KEY, BODY), (f"{KEY}-2", BODY)], f"it arrived under {KEY}, {KEY}-2"),
            ([("", BODY)], "it arrived under no key"),
            ([(KEY, BODY), (KEY, BODY.replace(b"so", b"no"))], "what arrived is not all"),
        ],
    )
    def test_other_keys_and_other_bytes_are_found_out(self, given: list[tuple[str, bytes]], why: str) -> None:
        assert why in "; ".join(_objections(record_of(receipt=RECEIPT), arrived(*given)))

    def test_a_receipt_that_the_receiver_calls_otherwise_is_found_out(self) -> None:
        elsewhere = RECEIPT.model_copy(update={"reference": "/inbox/9"})
        [told] = _objections(record_of(receipt=elsewhere), arrived((KEY, BODY)), [elsewhere])
        assert "its receipt says /inbox/9" in told

    def test_a_receipt_for_what_nobody_approved_is_found_out(self) -> None:
        [told] = _objections(record_of(receipt=RECEIPT), arrived((KEY, BODY)), approved=OTHER)
        assert f"approved was {OTHER}" in told

    @pytest.mark.parametrize(
        "listed", [(), (RECEIPT, RECEIPT), (None,), (RECEIPT.model_copy(update={"digest": OTHER}),)]
    )
    def test_a_record_that_lists_other_deliveries_is_found_out(self, listed: tuple[Receipt | None, ...]) -> None:
        deliveries = tuple(listing(receipt) for receipt in listed)
        [told] = _objections(record_of(receipt=RECEIPT, deliveries=deliveries), arrived((KEY, BODY)))
        assert f"its record lists {len(listed)} deliveries" in told

    def test_an_open_job_has_none_yet(self) -> None:
        still = record_of(status=JobStatus.DELIVERING, closed_at=None)
        assert _objections(still, arrived((KEY, BODY))) == []


class TestVerified:
    """What `signoff verify` finds is told, but for what was never sent."""

    @pytest.mark.parametrize(
        ("response_id", "check", "told"),
        [
            ("a", Check("record.json", State.OK), []),
            ("a", Check("record.json", State.DIFFERS, "torn"), ["record.json: differs: torn"]),
            ("a", Check("attempts/1/request.json", State.NOT_CHECKABLE), []),
            ("a", Check("attempts/1/request.json", State.ABSENT, "gone"), ["attempts/1/request.json: absent: gone"]),
            ("", Check("attempts/1/request.json", State.ABSENT, "gone"), []),
            ("", Check("attempts/2/request.json", State.ABSENT, "gone"), ["attempts/2/request.json: absent: gone"]),
        ],
    )
    def test_one_line_for_what_is_wrong(self, response_id: str, check: Check, told: list[str]) -> None:
        record = record_of(Attempt(number=1, started_at=AT, response_id=response_id))
        assert unsound([check], record) == told


def test_a_kill_after_which_nothing_is_sent_again_is_told_apart() -> None:
    deliveries = arrived((KEY, BODY), (KEY, BODY))
    hits = [Hit(Moment.WHILE_HELD, "one", 1), Hit(Moment.AFTER_ANSWER, "one", 2), Hit(Moment.BEFORE_POST, "", 0)]
    assert repeated_after(hits, deliveries) == {
        Moment.BEFORE_POST: (1, 0),
        Moment.WHILE_HELD: (1, 1),
        Moment.AFTER_ANSWER: (1, 0),
    }
