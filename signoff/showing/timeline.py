"""The life of a job as a picture: attempts, reviews, decisions and delivery, from seconds to weeks on one line.

Time is drawn in stretches between moments, each as long as the logarithm of its duration: a run of seconds stays
visible beside a review of days.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from signoff.domain.attempt import Attempt
from signoff.domain.handover import Delivery, DeliveryState
from signoff.domain.model import counted, in_words
from signoff.domain.record import JobRecord
from signoff.domain.review import Review
from signoff.domain.status import JobStatus

WIDTH: Final = 960
MARGIN: Final = 112
LANE: Final = 34
MOST_ATTEMPTS: Final = 8
MOST_MARKS: Final = 60
_TOP: Final = 12
_BAR: Final = 16
_LEAST: Final = 3.0
_TICK_GAP: Final = 132
_AXIS: Final = 30


class Phase(StrEnum):
    """What a bar stands for."""

    QUEUE = "queue"
    RUN = "run"
    REVIEW = "review"
    DELIVERY = "delivery"


class Span(NamedTuple):
    """Something that lasted, in one lane."""

    lane: str
    phase: Phase
    start: datetime
    end: datetime
    text: str
    is_open: bool = False


class Mark(NamedTuple):
    """Something that happened at a moment, in one lane. `word` is its kind."""

    lane: str
    word: str
    at: datetime
    text: str


class Bar(NamedTuple):
    """A span with its place in the picture."""

    span: Span
    x: float
    y: float
    width: float


class Dot(NamedTuple):
    """A mark with its place in the picture."""

    mark: Mark
    x: float
    y: float


class Tick(NamedTuple):
    """A time on the axis. `anchor` is where its text begins."""

    x: float
    at: datetime
    anchor: str


class Picture(NamedTuple):
    """Everything that the template draws, and the same as lines of text."""

    height: int
    title: str
    lanes: tuple[tuple[str, float], ...]
    bars: tuple[Bar, ...]
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    lines: tuple[tuple[datetime, str], ...]


def draw(record: JobRecord, now: datetime) -> Picture:
    """Draw a job's life as far as it got."""
    spans = [span for span in _spans(record, now) if span.end >= span.start]
    marks = list(_marks(record))[-MOST_MARKS:]
    times = sorted({*(span.start for span in spans), *(span.end for span in spans), *(mark.at for mark in marks)})
    places = _placed(times or [record.opened_at])
    lanes = list(dict.fromkeys([span.lane for span in spans] + [mark.lane for mark in marks]))
    tops = {lane: _TOP + LANE * place for place, lane in enumerate(lanes)}
    return Picture(
        height=_TOP + LANE * len(lanes) + _AXIS,
        title=_title(record, now),
        lanes=tuple((lane, top + _BAR / 2 + 4) for lane, top in tops.items()),
        bars=tuple(_bar(span, places, tops) for span in spans),
        dots=tuple(Dot(mark, places[mark.at], tops[mark.lane] + _BAR / 2) for mark in marks),
        ticks=tuple(_ticks(places)),
        lines=tuple(sorted([(span.start, span.text) for span in spans] + [(mark.at, mark.text) for mark in marks])),
    )


def _title(record: JobRecord, now: datetime) -> str:
    lasted = in_words((record.closed_at or now) - record.opened_at)
    attempts = counted(len(record.attempts), "attempt")
    return f"{record.job_id}: {attempts} and {counted(len(record.reviews), 'review')} in {lasted}; {record.status}"


def _placed(times: Sequence[datetime]) -> dict[datetime, float]:
    """Give each moment its place between the margins."""
    stretches = [math.log2(2 + (after - before).total_seconds()) for before, after in pairwise(times)]
    scale = (WIDTH - MARGIN - _BAR) / (sum(stretches) or 1)
    places, x = {times[0]: float(MARGIN)}, float(MARGIN)
    for moment, stretch in zip(times[1:], stretches, strict=True):
        x += stretch * scale
        places[moment] = round(x, 1)
    return places


def _bar(span: Span, places: dict[datetime, float], tops: dict[str, int]) -> Bar:
    x = places[span.start]
    return Bar(span, x, tops[span.lane], round(max(places[span.end] - x, _LEAST), 1))


def _ticks(places: dict[datetime, float]) -> Iterator[Tick]:
    """Label the first and the last moment, and between them as many as there is room for."""
    last_at, last = list(places.items())[-1]
    taken = float(MARGIN - _TICK_GAP)
    for at, x in places.items():
        if at != last_at and x - taken >= _TICK_GAP and last - x >= 2 * _TICK_GAP:
            yield Tick(x, at, "start")
            taken = x
    yield Tick(last, last_at, "end" if len(places) > 1 else "start")


def _spans(record: JobRecord, now: datetime) -> Iterator[Span]:
    for attempt in record.attempts[-MOST_ATTEMPTS:]:
        is_open = _is_under_way(attempt, record)
        yield from _of_attempt(attempt, record, _end_of(attempt, record, now), is_open=is_open)
    for review in record.reviews:
        is_open = review is record.review and record.status is JobStatus.AWAITING_REVIEW
        end = now if is_open else _end_of_review(review, record)
        lasts = "so far" if is_open else "in all"
        text = f"review opened, {in_words(end - review.opened_at)} {lasts}"
        yield Span("Review", Phase.REVIEW, review.opened_at, end, text, is_open)
    yield from _deliveries(record, now)


def _of_attempt(attempt: Attempt, record: JobRecord, end: datetime, *, is_open: bool) -> Iterator[Span]:
    lane, number = f"Attempt {attempt.number}", attempt.number
    since = _queued_since(attempt, record)
    created = attempt.created_at
    if created is None:
        told = f"attempt {number} was queued for {in_words(attempt.started_at - since)}; no response is known of it"
        yield Span(lane, Phase.QUEUE, since, end, told, is_open)
        return
    yield Span(lane, Phase.QUEUE, since, created, f"attempt {number} was queued for {in_words(created - since)}")
    looks = f", {counted(attempt.looks, 'look')}" if attempt.looks else ""
    lasts = "so far" if is_open else f"until {attempt.response_status}"
    text = f"{attempt.response_id} ran {in_words(end - created)} {lasts}{looks}"
    yield Span(lane, Phase.RUN, created, max(end, created), text, is_open)


def _queued_since(attempt: Attempt, record: JobRecord) -> datetime:
    """Say from when on the job waited for this attempt: its beginning, a retry, or a request for changes."""
    since = attempt.started_at
    for line in reversed([line for line in record.timeline if line.at <= since]):
        if line.status is not JobStatus.QUEUED:
            break
        since = line.at
    return since


def _is_under_way(attempt: Attempt, record: JobRecord) -> bool:
    is_last = attempt is record.attempt and not record.is_closed
    return is_last and attempt.ended_at is None and attempt.failure is None


def _end_of(attempt: Attempt, record: JobRecord, now: datetime) -> datetime:
    ended = attempt.ended_at or (attempt.failure.at if attempt.failure else None)
    following = next((one.started_at for one in record.attempts if one.number > attempt.number), None)
    return max(ended or following or record.closed_at or now, attempt.started_at)


def _end_of_review(review: Review, record: JobRecord) -> datetime:
    decided = [line.at for line in review.lines if line.is_accepted]
    if decided:
        return decided[-1]
    return min(record.closed_at or review.due_at, review.due_at)


def _deliveries(record: JobRecord, now: datetime) -> Iterator[Span]:
    begun = next((line.at for line in record.timeline if line.status is JobStatus.DELIVERING), None)
    if begun is None:
        return
    if len(record.handovers) > 1:
        yield from (_of_one(delivery, begun, record, now) for delivery in record.handovers if delivery.begun)
        return
    is_open = not record.is_closed and record.receipt is None
    end = record.receipt.at if record.receipt else record.closed_at or now
    told = f"delivery by {record.destination.channel}"
    yield Span("Delivery", Phase.DELIVERY, begun, max(end, begun), told, is_open)


def _of_one(delivery: Delivery, begun: datetime, record: JobRecord, now: datetime) -> Span:
    """Draw one of several from its first begin until it arrived or stopped."""
    is_open = delivery.state is DeliveryState.UNDER_WAY and not record.is_closed
    ended = delivery.receipt or delivery.failure
    end = now if is_open else ended.at if ended else delivery.since
    state = "not delivered" if record.is_closed and not delivery.is_delivered else delivery.state.replace("_", " ")
    told = f"{delivery.told} begun {counted(delivery.begun, 'time')}, {state}"
    return Span(_lane(delivery, record), Phase.DELIVERY, begun, max(end, begun), told, is_open)


def _lane(delivery: Delivery, record: JobRecord) -> str:
    return f"Delivery {delivery.number}" if len(record.handovers) > 1 else "Delivery"


def _marks(record: JobRecord) -> Iterator[Mark]:
    for attempt in record.attempts[-MOST_ATTEMPTS:]:
        if failure := attempt.failure:
            yield Mark(f"Attempt {attempt.number}", "failed", failure.at, f"attempt {attempt.number}: {failure}")
    for review in record.reviews:
        yield Mark(
            "Review", "held", review.opened_at, f"held for review, to decide by {review.due_at:%Y-%m-%d %H:%M} UTC"
        )
        for line in review.lines:
            word = line.kind if line.is_accepted else "refused"
            told = f"{line.kind} by {line.reviewer}" + ("" if line.is_accepted else f", refused: {line.reason}")
            yield Mark("Review", word, line.at, told)
    for delivery in record.handovers:
        yield from _of_delivery(delivery, record)


def _of_delivery(delivery: Delivery, record: JobRecord) -> Iterator[Mark]:
    lane, which = _lane(delivery, record), f"delivery {delivery.number}: " if len(record.handovers) > 1 else ""
    if delivery.failure and which:
        yield Mark(lane, "failed", delivery.failure.at, f"{which}{delivery.failure}")
    if receipt := delivery.receipt:
        yield Mark(lane, "delivered", receipt.at, f"{which}delivered to {receipt.destination}")
