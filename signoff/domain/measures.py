"""What a change of a record adds to the counts of a deployment. Labels are closed sets: no id, name or content."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from signoff.domain.failures import Failure, FailureClass, Stage
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus


class MeasureKind(StrEnum):
    """How values are put together."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"


class Meter(NamedTuple):
    """One thing that is measured. `name` is what Prometheus calls it, where a counter's name gets `_total` behind."""

    name: str
    kind: MeasureKind
    labels: tuple[str, ...]
    meaning: str
    bounds: tuple[float, ...] = ()

    @property
    def shown_as(self) -> str:
        """The name as it is scraped."""
        return f"{self.name}_total" if self.kind is MeasureKind.COUNTER else self.name


class Measure(NamedTuple):
    """One value for one meter, with a word for each of its labels."""

    meter: Meter
    value: float
    words: tuple[str, ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        """The labels with their words."""
        return dict(zip(self.meter.labels, self.words, strict=True))


def _counter(name: str, meaning: str, *labels: str) -> Meter:
    return Meter(name, MeasureKind.COUNTER, labels, meaning)


def _histogram(name: str, bounds: tuple[float, ...], meaning: str, *labels: str) -> Meter:
    return Meter(name, MeasureKind.HISTOGRAM, labels, meaning, bounds)


CHANGES: Final = _counter("signoff_job_status_changes", "Jobs that came to a status, new ones among them", "status")
FAILURES: Final = _counter(
    "signoff_failures", "Failures that a job met, by class and by the step that saw them", "failure_class", "stage"
)
ATTEMPTS: Final = _counter("signoff_attempts", "Attempts that were begun, each with one paid create")
TOKENS: Final = _counter("signoff_tokens", "Tokens that responses used, strays among them, as far as OpenAI told")
DOUBLE_SPEND: Final = _counter("signoff_possible_double_spend", "Jobs of which a create may have been paid twice")
STRAYS: Final = _counter("signoff_strays", "Responses that turned up besides the one that a job went on with")
LOOKS: Final = _histogram(
    "signoff_looks", (1, 2, 3, 5, 10, 20, 50, 100, 200, 500), "Looks that a response took until its end was seen"
)
FRESHNESS: Final = _histogram(
    "signoff_response_freshness_seconds",
    (1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600),
    "Seconds from the end of a response at OpenAI to the moment at which its job knew",
)
REVIEWS: Final = _histogram(
    "signoff_review_seconds",
    (60, 300, 900, 3_600, 14_400, 43_200, 86_400, 259_200, 604_800, 1_209_600),
    "Seconds for which a draft was held, by what ended that",
    "outcome",
)
DELIVERIES: Final = _counter(
    "signoff_delivery_attempts",
    "Deliveries that were tried, by what came of each: `taken`, or the class of the failure",
    "channel",
    "outcome",
)

METERS: Final = (
    CHANGES,
    FAILURES,
    ATTEMPTS,
    TOKENS,
    DOUBLE_SPEND,
    STRAYS,
    LOOKS,
    FRESHNESS,
    REVIEWS,
    DELIVERIES,
)

_FROM_ZERO: Final = (ATTEMPTS, TOKENS, DOUBLE_SPEND, STRAYS)
"""They stand at zero from the first job on, as statuses do: what first appears as 1 is no increase to Prometheus."""

_REVIEW_ENDS: Final = {
    JobStatus.DELIVERING: "approved",
    JobStatus.QUEUED: "changes_requested",
    JobStatus.REJECTED: "rejected",
    JobStatus.EXPIRED: "expired",
    JobStatus.CANCELLED: "cancelled",
}


def opening(record: JobRecord) -> Iterator[Measure]:
    """Measure the beginning of a job."""
    yield from (Measure(CHANGES, status is record.status, (status,)) for status in JobStatus)
    yield from (Measure(meter, 0) for meter in _FROM_ZERO)


def change(before: JobRecord, after: JobRecord) -> Iterator[Measure]:
    """Measure one change of a record."""
    if after.status is not before.status:
        yield Measure(CHANGES, 1, (after.status,))
        if before.status is JobStatus.AWAITING_REVIEW:
            held_for = (after.since - before.opened_review.opened_at).total_seconds()
            yield Measure(REVIEWS, held_for, (_REVIEW_ENDS.get(after.status, after.status),))
    yield from (Measure(FAILURES, 1, words) for words in _failed(before, after))
    yield from _grown(before, after)
    yield from _ended(before, after)


def _grown(before: JobRecord, after: JobRecord) -> Iterator[Measure]:
    counts = {
        ATTEMPTS: (len(before.attempts), len(after.attempts)),
        TOKENS: (before.tokens, after.tokens),
        DOUBLE_SPEND: (before.possibly_paid_twice, after.possibly_paid_twice),
        STRAYS: (len(before.strays) + before.strays_omitted, len(after.strays) + after.strays_omitted),
    }
    yield from (Measure(meter, now - then) for meter, (then, now) in counts.items() if now > then)


def _ended(before: JobRecord, after: JobRecord) -> Iterator[Measure]:
    """Measure how the end of a response was seen, once for each response."""
    attempt, earlier = after.attempt, before.attempt
    if attempt is None or attempt.ended_at is None or (earlier and earlier.ended_at == attempt.ended_at):
        return
    yield Measure(LOOKS, attempt.looks)
    if after.generated_at and after.generated_at != before.generated_at:
        yield Measure(FRESHNESS, max((attempt.ended_at - after.generated_at).total_seconds(), 0))


def _failed(before: JobRecord, after: JobRecord) -> Iterator[tuple[FailureClass, Stage]]:
    """Give the class and the stage of each new failure; that of a delivery becomes the job's, and counts once."""
    known = _failures(before)
    yield from ((failure.failure_class, failure.stage) for failure in _failures(after) if failure not in known)
    for line in after.timeline[len(before.timeline) :]:
        if line.event == "response.unconfirmed" and line.failure_class:
            yield line.failure_class, Stage.CANCEL


def _failures(record: JobRecord) -> set[Failure]:
    return {failure for failure in (record.failure, *(one.failure for one in record.deliveries)) if failure}
