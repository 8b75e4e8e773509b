"""Repairs: until when they are taken, how often, and what a repeat is told."""

from typing import Any

import pytest

from signoff.domain import progress, repairing
from signoff.domain.change import REFUSALS_KEPT
from signoff.domain.failures import FailureClass as C
from signoff.domain.failures import Stage
from signoff.domain.judging import judged
from signoff.domain.repair import Repair, RepairKind
from signoff.domain.repairing import REPAIRS_KEPT
from signoff.domain.status import JobStatus
from tests.domain.making import (
    AT,
    DAY,
    HOUR,
    SECOND,
    a_failed,
    a_record,
    a_repair,
    a_request,
)
from tests.domain.stopping import (
    ABANDON,
    AMEND,
    ANEW,
    RETRY,
    VERBS,
    create_failed,
    look_failed,
    park,
    repaired,
)

S, K = JobStatus, RepairKind


@pytest.mark.parametrize(("late", "is_taken"), [(7 * DAY - SECOND, True), (7 * DAY, False), (8 * DAY, False)])
@pytest.mark.parametrize("repair", [RETRY, ABANDON], ids=["retry", "abandon"])
def test_after_the_attention_window_the_job_expires(repair: Repair, late: Any, *, is_taken: bool) -> None:
    _, answer = repaired(create_failed(C.QUOTA), repair, AT + late)
    assert answer.is_accepted == is_taken
    assert is_taken or answer.reason == "the time to act ended at 2026-01-12 09:00:00 UTC, so the job expires"


def test_a_job_that_is_being_given_up_takes_no_other_repair() -> None:
    record, _ = repaired(create_failed(C.QUOTA), ABANDON)
    record, answer = repaired(record, a_repair(repair_id="r2"))
    assert (answer.is_accepted, answer.reason) == (False, "the job is being given up: given up by olga: too late")


@pytest.mark.parametrize("repair", VERBS.values(), ids=VERBS)
def test_the_same_repair_again_gets_its_first_answer_and_changes_nothing(repair: Repair) -> None:
    once, first = repaired(create_failed(C.QUOTA), repair)
    again, second = repaired(once, repair, AT + 30 * DAY)
    assert (again, second) == (once, first)


def test_a_repeat_is_told_where_the_job_stands_now() -> None:
    record, _ = repaired(look_failed(C.TRANSIENT), RETRY)
    record = progress.cancelled(record, "cancelled", AT + 2 * HOUR)
    for answer in (repaired(record, RETRY)[1], repairing.answer_when_closed(record, RETRY)):
        assert (answer.is_accepted, answer.status, answer.at) == (True, S.CANCELLED, AT + HOUR)


def test_a_new_repair_of_a_closed_job_is_told_that_it_is_closed() -> None:
    answer = repairing.answer_when_closed(a_record(S.COMPLETED), RETRY)
    assert (answer.is_accepted, answer.status) == (False, S.COMPLETED)
    assert answer.reason == "the job is closed (completed: delivered to the requester)"


@pytest.mark.parametrize(
    "other", [ANEW, AMEND, ABANDON, a_repair(by="otto")], ids=["anew", "amend", "abandon", "person"]
)
def test_another_repair_under_a_known_id_is_refused_rather_than_told_that_it_was_made(other: Repair) -> None:
    record, _ = repaired(create_failed(C.QUOTA), RETRY)
    after, answer = repaired(record, other)
    assert answer.reason == "the repair id r1 belongs to another repair; choose a new one"
    assert (after.status, after.reason) == (record.status, record.reason)


def test_repairs_are_bounded_and_a_job_can_always_be_given_up() -> None:
    record = look_failed(C.TRANSIENT)
    for number in range(REPAIRS_KEPT):
        record, answer = repaired(record, a_repair(repair_id=f"r{number}"))
        assert answer.is_accepted
        record = park(record, C.TRANSIENT, Stage.LOOK)
    _, answer = repaired(record, a_repair(repair_id="more"))
    assert answer.reason == "the job was repaired 100 times, as often as it may be; abandon it and submit another"
    assert repaired(record, a_repair(K.ABANDON, repair_id="more"))[1].is_accepted


def test_refusals_are_listed_up_to_a_limit_and_counted_beyond_it() -> None:
    record = a_record(S.RUNNING)
    lines = len(record.timeline)
    for number in range(REFUSALS_KEPT + 7):
        record, answer = repaired(record, a_repair(repair_id=f"r{number}"))
        assert not answer.is_accepted
    assert len(record.repairs) == len(record.timeline) - lines == REFUSALS_KEPT
    assert record.refusals_omitted == 7


def test_a_flood_of_refusals_never_shuts_out_a_valid_repair() -> None:
    record = a_record(S.RUNNING)
    for number in range(REFUSALS_KEPT + 7):
        record, _ = repaired(record, a_repair(repair_id=f"early-{number}"))
    record = park(record, C.QUOTA, Stage.LOOK)
    record, answer = repaired(record, RETRY)
    assert (answer.is_accepted, record.repairs[-1].is_accepted) == (True, True)
    assert record.timeline[-1].event == "repair.taken"


def test_a_record_full_of_refused_repairs_fits_into_one_message() -> None:
    """Temporal takes 2 MB; JSON writes a control character six times as long, and escapes what is escaped."""
    record = a_record(S.RUNNING)
    patch = {f"{n}" + "k" * 300: "\x01" * 300 for n in range(20)}
    for number in range(REFUSALS_KEPT):
        repair = a_repair(K.AMEND, repair_id=f"r{number}", response=patch, reason="\x01" * 1_000, by="ß" * 128)
        record, _ = repaired(record, repair)
    assert len(record.model_dump_json().encode()) < 2_000_000


def test_a_record_of_a_job_that_was_repaired_all_the_time_fits_into_one_message() -> None:
    """Each of the 100 amendments has the longest words, and each attempt after it the longest failure."""
    record, request = create_failed(C.QUOTA), a_request()
    for number in range(REPAIRS_KEPT):
        patch = {f"parameter{n}": f"{number}" + '"' * 300 for n in range(20)}
        repair = a_repair(K.AMEND, repair_id=f"r{number}", response=patch, reason="ä" * 1_000, by="ß" * 128)
        record, request, answer = repairing.repaired(record, request, repair, AT)
        assert answer.is_accepted
        failed = a_failed(C.QUOTA, stage=Stage.CREATE, message='"' * 2_000, evidence='"' * 2_000)
        record = progress.attempt_begun(record, AT)
        record = progress.stopped(record, failed, judged(record, failed, AT), AT)
    assert len(record.model_dump_json().encode()) < 2_000_000
