"""From phases to figures: each with its spread, as a table and as one JSON object."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, Final

from bench.phase import Phase
from bench.stack import Cpu


@dataclass(frozen=True)
class Spread:
    """A median, with the least and the most that was seen."""

    median: float
    min: float
    max: float

    def __str__(self) -> str:
        """Show the range only where there is one."""
        spread = "" if self.min == self.max else f" ({_number(self.min)}-{_number(self.max)})"
        return _number(self.median) + spread


@dataclass(frozen=True)
class Measured:
    """All that was measured. `idle` is per second, `prices` are per call."""

    bare: Sequence[Phase]
    short: Sequence[Phase]
    long: Sequence[Phase]
    idle: Cpu
    prices: dict[str, Cpu]
    machine: dict[str, str]

    @property
    def kinds(self) -> dict[str, Sequence[Phase]]:
        """The phases by what they ran."""
        return {"bare": self.bare, "short": self.short, "long": self.long}

    @property
    def ratio(self) -> Spread:
        """The CPU of server and worker of a short job over that of a bare one, round by round."""
        pairs = zip(self.short, self.bare, strict=True)
        return spread_of(short.engine_ms / bare.engine_ms for short, bare in pairs)


Read = Callable[[Sequence[Phase]], Spread]

PER_JOB: Final[dict[str, Read]] = {
    "history_events": lambda phases: spread_of(chain.from_iterable(phase.events for phase in phases)),
    "history_bytes": lambda phases: spread_of(chain.from_iterable(phase.history_bytes for phase in phases)),
    "creates_per_job": lambda phases: spread_of(chain.from_iterable(phase.creates for phase in phases)),
    "looks_per_job": lambda phases: spread_of(chain.from_iterable(phase.looks for phase in phases)),
    "server_cpu_ms_per_job": lambda phases: spread_of(phase.server_ms for phase in phases),
    "worker_cpu_ms_per_job": lambda phases: spread_of(phase.worker_ms for phase in phases),
    "jobs_per_second": lambda phases: spread_of(phase.jobs_per_second for phase in phases),
}
"""How each figure is read. Counts spread over jobs, CPU and speed over rounds."""

_PREFIXES: Final = {"bare": "bare_", "short": "", "long": "long_"}


def to_table(measured: Measured) -> str:
    """Lay the figures out for people."""
    width = max(map(len, PER_JOB)) + 2
    lines = [" " * width + "".join(f"{kind:>24}" for kind in measured.kinds)]
    for name, read in PER_JOB.items():
        cells = "".join(f"{read(phases)!s:>24}" for phases in measured.kinds.values())
        lines.append(f"{name.replace('_', ' '):<{width}}{cells}")
    calls = ", ".join(f"{number:g} {name}" for name, number in _calls(measured.short).items())
    lines += ["", f"short over bare, CPU of server and worker: {measured.ratio}", f"calls per short job: {calls}"]
    lines += [f"CPU ms per {name}: {_told(price)}" for name, price in _prices(measured).items()]
    return "\n".join([*lines, "", *_aims(measured), "", *(f"{k}: {v}" for k, v in measured.machine.items())])


def to_json(measured: Measured) -> dict[str, Any]:
    """Give the figures to programs: a number for each name, and the spread of each below `spreads`."""
    spreads = {
        (f"{name}_{kind}" if name.startswith("history_") else _PREFIXES[kind] + name): read(phases)
        for kind, phases in measured.kinds.items()
        for name, read in PER_JOB.items()
    }
    spreads["engine_cpu_ratio"] = measured.ratio
    creates = [count for phase in (*measured.short, *measured.long) for count in phase.creates]
    return {
        **_rounded({name: spread.median for name, spread in spreads.items()}),
        "creates_per_job": round(statistics.fmean(creates), 3),  # a median would hide a single second create
        "calls_per_job": _calls(measured.short),
        "cpu_ms_per": {name: _rounded(asdict(price)) for name, price in _prices(measured).items()},
        "spreads": {name: _rounded(asdict(spread)) for name, spread in spreads.items()},
        "jobs": {kind: sum(phase.jobs for phase in phases) for kind, phases in measured.kinds.items()},
        "undelivered": sum(len(phase.undelivered) for phases in measured.kinds.values() for phase in phases),
        "machine": measured.machine,
    }


def _aims(measured: Measured) -> list[str]:
    short, long = (PER_JOB["history_events"](measured.kinds[kind]) for kind in ("short", "long"))
    told = {
        f"at most 40 history events per job: {short} short, {long} long": max(short.max, long.max) <= 40,  # noqa: PLR2004
        f"events do not depend on the run time: {short} short, {long} long": short == long,
        f"CPU within 1.5 times bare: {measured.ratio}": measured.ratio.median <= 1.5,  # noqa: PLR2004
    }
    return [f"{'met   ' if is_met else 'MISSED'}  {what}" for what, is_met in told.items()]


def _calls(phases: Sequence[Phase]) -> dict[str, float]:
    jobs = sum(phase.jobs for phase in phases)
    names = dict.fromkeys(name for phase in phases for name in phase.calls)
    return {name: round(sum(phase.calls.get(name, 0) for phase in phases) / jobs, 2) for name in names}


def _prices(measured: Measured) -> dict[str, Cpu]:
    return {**measured.prices, "idle second": measured.idle}


def _told(price: Cpu) -> str:
    return f"server {price.server:.1f}, worker {price.worker:.1f}"


def spread_of(values: Iterable[float]) -> Spread:
    """Give the spread of some numbers."""
    seen = [*values] or [0.0]
    return Spread(median=statistics.median(seen), min=min(seen), max=max(seen))


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(value), 3) for name, value in values.items()}


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004
