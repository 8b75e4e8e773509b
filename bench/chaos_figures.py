"""From accounts to figures: a table for people, one JSON object for programs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from bench.chaos_accounts import Creates, Deliveries, Fates
from bench.chaos_receipts import Receipts
from bench.chaos_schedule import Moment
from bench.chaos_tracked import Log
from bench.figures import Spread, spread_of
from signoff.domain.model import counted
from signoff.domain.record import JobRecord

MUST_BE_NONE: Final = (
    "lost",
    "stuck",
    "creates_unexplained",
    "delivered_unapproved",
    "double_effects",
    "records_contradicted",
    "receipts_contradicted",
    "records_unsound",
)
"""What the product promises: none of these, whatever happens to its workers."""

_TROUBLES_SHOWN: Final = 5


@dataclass(frozen=True)
class Way:
    """What one way of running the jobs came to.

    Attributes:
        seconds: How long all of it took, until the last job had ended.
        job_seconds: How long each job took, from its start to its end.
        replies_lost: How many creates were accepted whose reply nobody got: dropped, or nobody was left to take it.
        uncalled_ends: The last lines of workers that ended without being killed.
        hits: At which moments of deliveries their senders were killed, how often, and after how many of these kills
            the same job's POST arrived again.
    """

    jobs: int
    kills: int
    seconds: float
    job_seconds: Sequence[float]
    replies_lost: int
    fates: Fates
    creates: Creates
    deliveries: Deliveries
    uncalled_ends: list[str]
    hits: Mapping[Moment, tuple[int, int]]


@dataclass(frozen=True)
class TrackedWay(Way):
    """The product's, with what its records and its driver tell besides."""

    records: Mapping[str, JobRecord]
    log: Log
    contradicted: list[str]
    receipts: Receipts
    unsound: list[str]


@dataclass(frozen=True)
class Report:
    """All that was measured; a way that was not asked for is absent."""

    options: dict[str, Any]
    machine: dict[str, str]
    tracked: TrackedWay | None = None
    plain: Way | None = None


def to_json(report: Report) -> dict[str, Any]:
    """Give the figures to programs: those of the product at the top, those of the plain way below `plain`."""
    tracked = tracked_figures(report.tracked) if report.tracked else {}
    plain = {"plain": figures(report.plain)} if report.plain else {}
    return {**report.options, **tracked, **plain, "machine": report.machine}


def to_table(report: Report) -> str:
    """Lay the figures out for people."""
    columns: dict[str, dict[str, Any]] = {}
    if report.tracked:
        columns["signoff"] = tracked_figures(report.tracked)
    if report.plain:
        columns["plain"] = figures(report.plain)
    rows = list(dict.fromkeys(name for column in columns.values() for name in column if name not in _TOLD_BELOW))
    width = max(map(len, rows)) + 2
    lines = [" " * width + "".join(f"{name:>26}" for name in columns)]
    for row in rows:
        cells = "".join(f"{_cell(column.get(row)):>26}" for column in columns.values())
        lines += [f"{row.replace('_', ' '):<{width}}{cells}"]
    told = [
        f"{name}: {line}" for name, column in columns.items() for line in (*_told_kills(column), *column["troubles"])
    ]
    return "\n".join([*lines, "", *told, *_verdict(report), *(f"{k}: {v}" for k, v in report.machine.items())])


def _told_kills(column: Mapping[str, Any]) -> list[str]:
    """Say at which moments of deliveries their senders were killed. Whose POST nobody read is not known."""
    again = column["posted_again_after"]
    told = []
    for moment, count in column["kills_by_moment"].items():
        read = "" if moment is Moment.BEFORE_POST else f"; after {again.get(moment, 0)} of them it was sent again"
        told.append(f"{counted(count, 'kill')} of the sender of a delivery {_MOMENTS[moment]}{read}")
    return told


def _verdict(report: Report) -> list[str]:
    """Say in one line whether the product kept its promises."""
    if report.tracked is None:
        return []
    if broken := broken_promises(report):
        return [f"BROKEN: {'; '.join(broken)}", ""]
    return [f"kept: each of {report.tracked.jobs} jobs had one effect and has one receipt, for what was approved", ""]


def figures(way: Way) -> dict[str, Any]:
    """Give what every way has."""
    return {
        "jobs": way.jobs,
        "kills": way.kills,
        "delivered": len(way.fates.delivered),
        "lost": len(way.fates.lost),
        "stuck": len(way.fates.stuck),
        "creates_accepted": way.creates.accepted,
        "creates_per_job": round(way.creates.accepted / way.jobs, 3),
        "creates_known": way.creates.known,
        "creates_unknown_outcome": way.creates.unknown_outcome,
        "creates_unexplained": len(way.creates.unexplained),
        "replies_lost": way.replies_lost,
        "posts": sum(way.deliveries.posts.values()),
        "posts_per_job": asdict(spread_of(way.deliveries.posts.values())),
        "jobs_posted_again": sum(posts > 1 for posts in way.deliveries.posts.values()),
        "effects": way.deliveries.effects,
        "double_effects": way.deliveries.double_effects,
        "repeats_harmless": way.deliveries.repeats,
        "workers_ended_by_themselves": len(way.uncalled_ends),
        "seconds": round(way.seconds, 1),
        "seconds_per_job": asdict(spread_of(round(one, 1) for one in way.job_seconds)),
        "kills_by_moment": {moment: kills for moment, (kills, _) in way.hits.items() if kills},
        "posted_again_after": {moment: again for moment, (_, again) in way.hits.items() if again},
        "troubles": _troubles(way),
    }


def tracked_figures(way: TrackedWay) -> dict[str, Any]:
    """Give what the product's way has besides."""
    attempts = [attempt for record in way.records.values() for attempt in record.attempts]
    return {
        **figures(way),
        "delivered_unapproved": len(way.deliveries.unapproved),
        "receipts": way.receipts.count,
        "receipts_contradicted": len(way.receipts.contradicted),
        "records_contradicted": len(way.contradicted),
        "records_unsound": len(way.unsound),
        "attempts": len(attempts),
        "adopted": sum(attempt.is_adopted for attempt in attempts),
        "strays": sum(len(record.strays) + record.strays_omitted for record in way.records.values()),
        "possibly_paid_twice": sum(record.possibly_paid_twice for record in way.records.values()),
        "repaired": way.log.repairs.total(),
        "repaired_after": dict(way.log.repairs),
        "refused": way.log.refused.total(),
        "sent_again": dict(way.log.repeated),
    }


def broken_promises(report: Report) -> list[str]:
    """Say what the product promises and did not keep."""
    if report.tracked is None:
        return []
    found = tracked_figures(report.tracked)
    wrong = [f"{found[name]} {name.replace('_', ' ')}" for name in MUST_BE_NONE if found[name]]
    asked = {"delivered": found["jobs"], "kills": report.options.get("kills", found["kills"])}
    return [*wrong, *(f"only {found[name]} {name}" for name, count in asked.items() if found[name] < count)]


_TOLD_BELOW: Final = frozenset({"troubles", "kills_by_moment", "posted_again_after"})
_MOMENTS: Final = {
    Moment.BEFORE_POST: "before its POST was read",
    Moment.WHILE_HELD: "while its answer was held",
    Moment.AFTER_ANSWER: "right after its answer was sent",
}


def _troubles(way: Way) -> list[str]:
    """Tell the first few of each kind."""
    kinds: dict[str, list[str]] = {
        "lost": [f"{job_id}: {why}" for job_id, why in way.fates.lost.items()],
        "stuck": [f"{job_id}: {why}" for job_id, why in way.fates.stuck.items()],
        "unapproved": way.deliveries.unapproved,
        "worker ended": way.uncalled_ends,
    }
    if isinstance(way, TrackedWay):
        kinds |= {
            "unexplained": way.creates.unexplained,
            "contradicted": way.contradicted,
            "receipt": way.receipts.contradicted,
            "unsound": way.unsound,
            "refused": [*way.log.refused],
        }
    return [f"{kind}: {one}" for kind, told in kinds.items() for one in told[:_TROUBLES_SHOWN]]


def _cell(value: Any) -> str:  # noqa: ANN401  any figure
    if isinstance(value, dict) and value.keys() == Spread.__annotations__.keys():
        return str(Spread(**value))
    if isinstance(value, dict):
        return ", ".join(f"{count} {name}" for name, count in Counter(value).most_common()) or "0"
    return "-" if value is None else f"{value:,}"
