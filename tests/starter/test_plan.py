"""What the parts of the local stack are told of each other where histories are encrypted."""

from pathlib import Path
from typing import Any

import pytest

from starter.plan import Plan, Ports, make_plan
from tests.e2e.environment import own_environment

UI, CODEC = "http://127.0.0.1:8233", "http://127.0.0.1:8000/codec"


def planned(folder: Path, gateway: int | None = 8000, **settings: Any) -> Plan:
    from signoff.settings import load_settings  # noqa: PLC0415  it reads the environment that is set here

    with own_environment(folder, **settings):
        return make_plan(load_settings(), Ports(gateway=gateway))


def test_with_keys_temporal_ui_has_payloads_decrypted_by_the_gateway(tmp_path: Path) -> None:
    plan = planned(tmp_path, SIGNOFF_ENCRYPTION_KEYS="k=x")
    assert plan.temporal_command[-2:] == ["--ui-codec-endpoint", CODEC]
    assert plan.environment({})["SIGNOFF_TEMPORAL_UI_URL"] == UI
    assert plan.environment({"SIGNOFF_TEMPORAL_UI_URL": "http://localhost:8233"})["SIGNOFF_TEMPORAL_UI_URL"] != UI


@pytest.mark.parametrize(
    ("gateway", "settings"),
    [
        (8000, {}),
        (None, {"SIGNOFF_ENCRYPTION_KEYS": "k=x"}),
        (8000, {"SIGNOFF_ENCRYPTION_KEYS": "k=x", "TEMPORAL_ADDRESS": "temporal.example.com:7233"}),
    ],
)
def test_without_keys_or_a_gateway_or_a_server_of_its_own_nothing_is_said_of_it(
    tmp_path: Path, gateway: int | None, settings: dict[str, str]
) -> None:
    plan = planned(tmp_path, gateway, **settings)
    assert "--ui-codec-endpoint" not in plan.temporal_command
    assert "SIGNOFF_TEMPORAL_UI_URL" not in plan.environment({})


@pytest.mark.parametrize(("gateway", "links"), [(8000, {"SIGNOFF_PUBLIC_URL": "http://127.0.0.1:8000"}), (None, {})])
def test_what_the_worker_writes_links_to_the_gateway_if_there_is_one(
    tmp_path: Path, gateway: int | None, links: dict[str, str]
) -> None:
    plan = planned(tmp_path, gateway)
    assert plan.links == links
    assert "SIGNOFF_PUBLIC_URL" not in plan.environment({})
