"""Counting what happens to jobs. The SDK counts nothing twice when a history is replayed, and writes no event."""

from collections.abc import Iterable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from signoff.domain.measures import Measure, MeasureKind


def count(measures: Iterable[Measure]) -> None:
    """Add to the counts that the worker shows, if it shows any."""
    meter = workflow.metric_meter()
    for measure in measures:
        name, meaning = measure.meter.name, measure.meter.meaning
        if measure.meter.kind is MeasureKind.COUNTER:
            meter.create_counter(name, meaning).add(int(measure.value), measure.labels)
        else:
            meter.create_histogram_float(name, meaning).record(measure.value, measure.labels)
