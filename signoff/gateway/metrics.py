"""What the gateway counts, for whoever watches it."""

from collections.abc import Iterable
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST


class Metrics:
    """The counters of one gateway; each gateway has its own, so that two in one process don't mix."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        self._webhooks: Final = Counter(
            "signoff_webhooks",
            "Webhooks that arrived, by what became of them",
            ["outcome"],
            registry=self.registry,
        )

    def expect(self, outcomes: Iterable[str]) -> None:
        """Show outcomes as 0 before the first one: what first appears as 1 is no increase to Prometheus."""
        for outcome in outcomes:
            self._webhooks.labels(outcome=outcome)

    def count(self, outcome: str) -> None:
        """Count one webhook."""
        self._webhooks.labels(outcome=outcome).inc()

    def as_text(self) -> bytes:
        """Give all counters in Prometheus' text form."""
        return generate_latest(self.registry)

    def counted(self, outcome: str) -> int:
        """Say how many there were."""
        return int(self.registry.get_sample_value("signoff_webhooks_total", {"outcome": outcome}) or 0)
