"""A job's life as a picture: everything in its place, from seconds to weeks, and the same as text."""

from datetime import timedelta
from itertools import pairwise

import pytest

from signoff.domain import deciding, progress
from signoff.domain.decision import DecisionKind
from signoff.domain.record import JobRecord
from signoff.domain.review import ReviewPolicy
from signoff.domain.status import JobStatus
from signoff.showing.timeline import MARGIN, MOST_ATTEMPTS, WIDTH, Phase, Picture, draw
from tests.domain.handing_over import PLACES, all_arrived, approved, elsewhere, held_for, stuck
from tests.domain.making import AT, DAY, MINUTE, SECOND, a_decision, a_record
from tests.gateway.pages.a_desk import TEXT, Desk


def bars(picture: Picture, phase: Phase) -> list[tuple[float, float]]:
    return [(bar.x, bar.x + bar.width) for bar in picture.bars if bar.span.phase is phase]


def tried(times: int) -> JobRecord:
    """Have a job tried so often more, once a day."""
    desk = Desk()
    record = desk.hold(at=AT)
    for day in range(1, times + 1):
        queued = record.model_copy(update={"status": JobStatus.QUEUED})
        record = desk.held(queued, TEXT, ReviewPolicy(), AT + day * DAY)
    return record


@pytest.mark.parametrize("status", JobStatus)
def test_every_status_can_be_drawn(status: JobStatus) -> None:
    picture = draw(a_record(status), AT + DAY)
    assert picture.title.endswith(f"; {status}")
    assert all(MARGIN <= bar.x <= WIDTH and bar.width > 0 for bar in picture.bars)


@pytest.mark.parametrize("later", [SECOND, MINUTE, DAY, 60 * DAY])
def test_a_run_stays_visible_however_long_the_review_is(later: timedelta) -> None:
    record = Desk().hold(at=AT)
    picture = draw(record, AT + timedelta(minutes=9) + later)
    [(start, end)] = bars(picture, Phase.RUN)
    assert end - start > 100
    [(opened, until)] = bars(picture, Phase.REVIEW)
    assert opened == pytest.approx(end)
    assert until <= WIDTH


def test_what_comes_later_stands_further_right() -> None:
    picture = draw(a_record(JobStatus.COMPLETED), AT + DAY)
    drawn = sorted((dot.mark.at, dot.x) for dot in picture.dots)
    assert [x for _, x in drawn] == sorted(x for _, x in drawn)


def test_being_queued_and_running_are_told_apart() -> None:
    picture = draw(Desk().hold(at=AT), AT + DAY)
    [queue], [run] = bars(picture, Phase.QUEUE), bars(picture, Phase.RUN)
    assert queue[1] == pytest.approx(run[0])


def test_a_job_is_queued_from_a_request_for_changes_until_the_next_response() -> None:
    record = tried(0)
    asked = a_decision(kind=DecisionKind.REQUEST_CHANGES, digest=record.opened_review.digest)
    record, line = deciding.decided(record, asked, AT + DAY)
    record = Desk().held(record, TEXT, ReviewPolicy(), AT + DAY + 2 * MINUTE)
    queued = [bar.span for bar in draw(record, AT + 2 * DAY).bars if bar.span.phase is Phase.QUEUE]
    assert queued[1].start == line.at
    assert queued[1].text == "attempt 2 was queued for 2 min 3 s"


def test_what_goes_on_is_open_and_ends_now() -> None:
    picture = draw(a_record(JobStatus.RUNNING), AT + MINUTE)
    [bar] = [bar for bar in picture.bars if bar.span.is_open]
    assert bar.span.end == AT + MINUTE


def test_the_picture_is_told_as_text_too() -> None:
    record = Desk().hold(at=AT)
    lines = [text for _, text in draw(record, AT + DAY).lines]
    assert lines[0] == "attempt 1 was queued for 3 s"
    assert lines[1] == "resp_1 ran 8 min 57 s until completed, 9 looks"
    assert any(line.startswith("review opened") for line in lines)
    assert any(line.startswith("held for review, to decide by 2026-01-12") for line in lines)


def test_labels_of_the_axis_have_room() -> None:
    desk = Desk()
    record = desk.hold(at=AT)
    for number in range(1, 6):
        record = desk.held(
            record.model_copy(update={"status": JobStatus.QUEUED}), TEXT, ReviewPolicy(), AT + number * DAY
        )
    ticks = draw(record, AT + 9 * DAY).ticks
    starts = [tick.x for tick in ticks if tick.anchor == "start"]
    ends = [tick.x for tick in ticks if tick.anchor == "end"]
    assert all(after - before >= 132 for before, after in pairwise(starts))
    assert ends[0] - starts[-1] >= 264


def test_of_many_attempts_the_last_are_drawn() -> None:
    desk = Desk()
    record = desk.hold(at=AT)
    for number in range(1, 12):
        record = desk.held(
            record.model_copy(update={"status": JobStatus.QUEUED}), TEXT, ReviewPolicy(), AT + number * DAY
        )
    lanes = [lane for lane, _ in draw(record, AT + 20 * DAY).lanes]
    assert lanes == [f"Attempt {number}" for number in range(13 - MOST_ATTEMPTS, 13)] + ["Review"]


def test_a_job_without_any_attempt_is_drawn_too() -> None:
    picture = draw(a_record(JobStatus.QUEUED), AT + MINUTE)
    assert (picture.bars, picture.dots, len(picture.ticks)) == ((), (), 1)


def delivered_in(record: JobRecord) -> dict[str, str]:
    """Give what is told of each lane of deliveries."""
    spans = [bar.span for bar in draw(record, AT + DAY).bars if bar.span.phase is Phase.DELIVERY]
    return {span.lane: span.text for span in spans}


def test_each_of_several_deliveries_has_a_lane_that_says_how_it_went() -> None:
    folder = "a file in the folder {} of the deployment"
    assert delivered_in(stuck()) == {
        "Delivery 1": f"delivery 1 ({folder.format('a')}) begun 1 time, delivered",
        "Delivery 2": f"delivery 2 ({folder.format('b')}) begun 1 time, stopped",
        "Delivery 3": f"delivery 3 ({folder.format('c')}) begun 1 time, delivered",
    }
    arrived = delivered_in(all_arrived())
    assert arrived["Delivery 2"] == f"delivery 2 ({folder.format('d')}) begun 2 times, delivered"


def test_each_receipt_and_each_stop_is_marked_in_its_lane() -> None:
    marks = [(dot.mark.lane, dot.mark.word) for dot in draw(stuck(), AT + DAY).dots]
    assert [mark for mark in marks if mark[0].startswith("Delivery")] == [
        ("Delivery 1", "delivered"),
        ("Delivery 2", "failed"),
        ("Delivery 3", "delivered"),
    ]


def test_what_is_under_way_is_open_and_what_stopped_ends_there() -> None:
    def is_open(record: JobRecord) -> list[str]:
        return [bar.span.lane for bar in draw(record, AT + DAY).bars if bar.span.is_open]

    assert is_open(approved(held_for(*PLACES), AT + MINUTE)) == ["Delivery 1", "Delivery 2", "Delivery 3"]
    assert is_open(stuck()) == []
    assert is_open(elsewhere()) == ["Review"]
    for record in (stuck(), elsewhere()):
        [second] = [bar.span for bar in draw(record, AT + DAY).bars if bar.span.lane == "Delivery 2"]
        assert second.end == AT + 23 * MINUTE
    cancelled = progress.cancelled(elsewhere(), "stopped by ana", AT + DAY)
    assert delivered_in(cancelled)["Delivery 2"].endswith("begun 1 time, not delivered")


def test_a_single_delivery_is_drawn_alike_in_older_records() -> None:
    record = a_record(JobStatus.COMPLETED)
    assert draw(record, AT + DAY) == draw(record.model_copy(update={"deliveries": ()}), AT + DAY)
    assert delivered_in(record) == {"Delivery": "delivery by release"}
