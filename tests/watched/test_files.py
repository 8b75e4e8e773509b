"""The alerts and the dashboard, by the tools of those who read them."""

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any, Final

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from activities.announcements import ROUTED
from signoff.census import Census
from signoff.domain.measures import METERS
from signoff.gateway.gauges import families
from tests.watched.prometheus import ALERTS, ROOT, command

DASHBOARD: Final = ROOT / "deploy" / "grafana" / "signoff.json"


def dashboard() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return read


def expressions() -> list[str]:
    """List what the panels ask Prometheus."""
    return [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", ())]


def promtool(*arguments: str) -> str:
    done = subprocess.run([command("promtool"), *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_the_alerts() -> None:
    assert "13 rules found" in promtool("check", "rules", str(ALERTS))


def test_alerts_fire_when_they_should_and_not_before() -> None:
    promtool("test", "rules", str(ALERTS.with_name("alerts_test.yml")))


def test_every_alert_is_tested_and_names_a_runbook_that_exists() -> None:
    text = ALERTS.read_text()
    alerts, runbooks = re.findall(r"alert: (\w+)", text), re.findall(r"runbook: (\S+)", text)
    tested = ALERTS.with_name("alerts_test.yml").read_text()
    assert [name for name in alerts if f"alertname: {name}\n        exp_alerts:\n" not in tested] == []
    assert len(runbooks) == len(alerts)
    assert [path for path in runbooks if not (ROOT / path).is_file()] == []


def test_every_metric_and_alert_is_documented() -> None:
    told = (ROOT / "docs" / "metrics.md").read_text()
    census = Census(jobs={}, attention={}, reviews_due={}, stuck=0, workers={})
    shown = [meter.shown_as for meter in METERS] + [family.name for family in families(census)]
    shown += ["signoff_counts_up", f"{ROUTED}_total", "signoff_webhooks_total"]
    assert [name for name in shown if f"| `{name}` | " not in told] == []
    assert [name for name in re.findall(r"alert: (\w+)", ALERTS.read_text()) if f"| `{name}` | " not in told] == []
    assert [label for meter in METERS for label in meter.labels if f"`{label}`" not in told] == []


def test_links_of_the_document_lead_somewhere() -> None:
    links = re.findall(r"\]\((\S+?)\)", (ROOT / "docs" / "metrics.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).is_file()] == []


def test_grafanas_own_model_knows_every_field_of_the_dashboard() -> None:
    """What Grafana's schema does not have, its model drops."""
    given = dashboard()
    kept = json.loads(json.dumps(Dashboard.from_json(given), cls=JSONEncoder))
    assert list(missing(given, kept)) == []


def missing(given: Any, kept: Any, path: str = "") -> Iterator[str]:
    if isinstance(given, dict):
        for name, value in given.items():
            if not isinstance(kept, dict) or name not in kept:
                yield f"{path}.{name}"
            else:
                yield from missing(value, kept[name], f"{path}.{name}")
    elif isinstance(given, list):
        for place, value in enumerate(given):
            yield from missing(value, kept[place], f"{path}[{place}]") if place < len(kept) else [f"{path}[{place}]"]
    elif given != kept:
        yield f"{path}: {kept!r} for {given!r}"


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [cell for panel in panels for cell in covered(**panel["gridPos"])]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def covered(*, x: int, y: int, w: int, h: int) -> list[tuple[int, int]]:
    return [(x + right, y + down) for right in range(w) for down in range(h)]


@pytest.mark.parametrize("panel", [panel for panel in dashboard()["panels"] if panel["type"] != "row"])
def test_a_panel_asks_the_data_source_that_was_chosen(panel: dict[str, Any]) -> None:
    assert panel["targets"]
    assert {one["datasource"]["uid"] for one in (panel, *panel["targets"])} == {"${datasource}"}
