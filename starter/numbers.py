"""How the numbers of all jobs are shown."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from signoff.domain.model import counted
from signoff.domain.spending import money
from signoff.domain.stats import JobStats, Spend, WaitingReview
from signoff.domain.status import JobStatus
from starter.advice import typed
from starter.lines import due, part
from starter.plain import duration, moment, one_line

_OPEN: Final = tuple(status for status in JobStatus if not status.is_closed)
_CLOSED: Final = tuple(status for status in JobStatus if status.is_closed)


def stats_document(stats: JobStats) -> dict[str, Any]:
    """Give the numbers as JSON, with those that follow from others."""
    return {
        **stats.model_dump(mode="json"),
        "open_jobs": stats.open_jobs,
        "stopped_deliveries": stats.stopped_deliveries,
    }


def stats_lines(stats: JobStats) -> Iterator[str]:
    """Tell the numbers to a person, and what to type where somebody has to act."""
    yield f"{_jobs(stats.open_jobs)} open at {moment(stats.at)}"
    yield from _numbers({status: stats.statuses.get(status, 0) for status in _OPEN})
    yield from part("stopped, by failure class", _numbers(stats.failure_classes, indent=""))
    yield from part("stopped, by what has to happen next", _numbers(stats.next_actions, indent=""))
    yield from part("reviews", _review_lines(stats))
    yield "closed, as far as Temporal still knows"
    yield from _numbers({status: stats.statuses.get(status, 0) for status in _CLOSED})
    if stats.spend:
        yield from part(f"spent by the jobs that closed since {moment(stats.spend.since)}", _spent(stats.spend))
    yield from part("next, type", _next(stats))


def _numbers(counts: Mapping[Any, int], indent: str = "  ") -> Iterator[str]:
    for name, count in sorted(counts.items(), key=lambda one: -one[1]) if not indent else counts.items():
        yield f"{indent}{name:<18} {count:>9,}"


def _review_lines(stats: JobStats) -> Iterator[str]:
    reviews = stats.reviews
    if reviews.first_due and reviews.first_due.due_at:
        yield f"ends first   {_review(reviews.first_due)}: {due(reviews.first_due.due_at, stats.at)}"
    if reviews.oldest:
        age = duration(stats.at - reviews.oldest.submitted_at)
        yield f"oldest job   {_review(reviews.oldest)}: submitted {age} ago"
    if reviews.oldest or reviews.first_due:
        yield f"{counted(reviews.due_within_day, 'review')} within 24 h of the end"


def _review(review: WaitingReview) -> str:
    title = f" ({one_line(review.title)})" if review.title not in {"", review.job_id} else ""
    return f"{review.job_id}{title}"


def _spent(spend: Spend) -> Iterator[str]:
    yield f"{_jobs(spend.jobs)}, {spend.tokens:,} tokens"
    told = " and ".join(f"{money(amount)} {currency}" for currency, amount in sorted(spend.amounts.items()))
    if spend.not_known_in_full:
        unknown = f"of {_jobs(spend.not_known_in_full)} the cost is not known in full; `signoff show` says why"
        yield f"at least {told}: {unknown}" if told else unknown
    elif spend.jobs:
        yield told or "nothing"


def _next(stats: JobStats) -> Iterator[str]:
    if stats.statuses.get(JobStatus.NEEDS_ATTENTION):
        yield typed("list", "--status", JobStatus.NEEDS_ATTENTION)
    if stats.stopped_deliveries:
        yield typed("deliveries", "--stuck")
    if stats.reviews.first_due:
        yield typed("review", stats.reviews.first_due.job_id)


def _jobs(count: int) -> str:
    return f"{count:,} job" if count == 1 else f"{count:,} jobs"
