"""From sightings to figures: how stale each kind was, what a look cost it, and where the time of a webhook went."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from temporalio.api.enums.v1 import EventType

from bench.freshness_driver import Kind, Run, Seen

GOAL: Final = 5
"""How many bare round trips a webhook may take, at the median."""

_STAGES: Final = {
    "to the signal": EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    "to the look": EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    "to its result": EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
    "to the status": EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
}


@dataclass(frozen=True)
class Freshness:
    """What was measured, with what and on what."""

    run: Run
    options: dict[str, int]
    machine: dict[str, str]

    def late(self, kind: Kind) -> list[float]:
        """Give the milliseconds of each, in order."""
        return sorted(seen.late_ms for seen in self.of(kind))

    def of(self, kind: Kind) -> list[Seen]:
        """Give those of a kind."""
        return [seen for seen in self.run.seen if seen.planned.kind is kind]

    @property
    def ratio(self) -> float:
        """How many bare round trips a webhook takes, at the median; 0 where either was not seen."""
        bare = percentile(self.late(Kind.SIGNAL), 50)
        return percentile(self.late(Kind.WEBHOOK), 50) / bare if bare else 0.0

    @property
    def is_met(self) -> bool:
        """Whether the goal was met, and nothing is missing that may have missed it."""
        return not self.run.unseen and 0 < self.ratio <= GOAL


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value that so many per cent do not exceed: one that was measured. Of under 100, p99 is the largest."""
    return values[max(math.ceil(len(values) * share / 100), 1) - 1] if values else 0.0


def to_table(measured: Freshness) -> str:
    """Lay the figures out for people."""
    lines = [f"{'':<14}{'jobs':>6}{'p50 ms':>10}{'p99 ms':>10}{'least':>10}{'most':>10}{'looks per job':>15}"]
    for kind in Kind:
        late = measured.late(kind)
        cells = "".join(
            f"{value:>10.1f}" for value in (*_of_interest(late), percentile(late, 0), percentile(late, 100))
        )
        lines.append(f"{kind:<14}{len(late):>6}{cells}{_looks(measured.of(kind)):>15.2f}")
    stages = ", ".join(f"{name} {ms:.1f}" for name, ms in _stages(measured.of(Kind.WEBHOOK)).items())
    told = f"webhook p50 within {GOAL} times the bare round trip: {measured.ratio:.2f} times"
    lines += ["", f"a webhook's way, median ms: {stages}", f"polls, share of the run time: {_share(measured):.1%}"]
    lines += ["", f"{'met   ' if measured.is_met else 'MISSED'}  {told}"]
    return "\n".join([*lines, "", *(f"{name}: {value}" for name, value in measured.machine.items())])


def to_json(measured: Freshness) -> dict[str, Any]:
    """Give the figures to programs."""
    figures: dict[str, float] = {}
    for kind in Kind:
        name = kind.replace(" ", "_")
        figures[f"{name}_p50_ms"], figures[f"{name}_p99_ms"] = _of_interest(measured.late(kind))
    figures |= {
        "looks_per_job": _looks(measured.of(Kind.WEBHOOK)),
        "poll_looks_per_job": _looks(measured.of(Kind.POLL)),
        "poll_share_of_run_time": _share(measured),
        "webhook_over_bare": measured.ratio,
    }
    return {
        **{name: round(value, 3) for name, value in figures.items()},
        "is_goal_met": measured.is_met,
        "announced": {kind: sum(map(_is_announced, measured.of(kind))) for kind in (Kind.WEBHOOK, Kind.POLL)},
        "webhook_stages_ms": {name: round(ms, 3) for name, ms in _stages(measured.of(Kind.WEBHOOK)).items()},
        "unseen": measured.run.unseen,
        "options": measured.options,
        "machine": measured.machine,
    }


def _of_interest(late: Sequence[float]) -> tuple[float, float]:
    return percentile(late, 50), percentile(late, 99)


def _looks(seen: Sequence[Seen]) -> float:
    return _mean(one.looks for one in seen)


def _is_announced(seen: Seen) -> bool:
    return seen.sighting.last(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED) is not None


def _share(measured: Freshness) -> float:
    return _mean(one.late_ms / 1000 / one.planned.run_seconds for one in measured.of(Kind.POLL))


def _mean(values: Iterable[float]) -> float:
    return statistics.fmean([*values] or [0.0])


def _stages(webhooks: Sequence[Seen]) -> dict[str, float]:
    """Split the way of webhooks at events of the history, whose times are the server's."""
    took: dict[str, list[float]] = {name: [] for name in (*_STAGES, "to the client")}
    for seen in webhooks:
        times = [seen.sighting.last(event_type) for event_type in _STAGES.values()]
        known = [time for time in (seen.due_at, *times, seen.sighting.at) if time is not None]
        if len(known) == len(took) + 1:  # one that came without a webhook has no signal
            for name, before, after in zip(took, known, known[1:], strict=False):
                took[name].append((after - before) * 1000)
    return {name: statistics.median(values) for name, values in took.items() if values}
