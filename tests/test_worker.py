"""The worker as a process that can't start: it says what to do and ends with a code that tells."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from starter.sockets import HOST, free_ports

ROOT = Path(__file__).parent.parent
OURS = ("SIGNOFF_", "TEMPORAL_", "OPENAI_")


def started(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    (folder / "profiles.toml").touch()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    given = {"TEMPORAL_CONFIG_FILE": str(folder / "profiles.toml"), "OPENAI_API_KEY": "a-key", **environ}
    return subprocess.run(
        [sys.executable, "-m", "worker"],
        cwd=ROOT,
        env=inherited | given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"SIGNOFF_LOK_SLOTS": "3"}, "SIGNOFF_LOK_SLOTS is not a setting; did you mean SIGNOFF_LOOK_SLOTS?"),
        ({"SIGNOFF_LOOK_SLOTS": "0"}, "SIGNOFF_LOOK_SLOTS"),
        ({"SIGNOFF_ARCHIVE_URL": "what"}, "SIGNOFF_ARCHIVE_URL"),
        ({"SIGNOFF_NOTIFY_URLS": "nosuch://me"}, "SIGNOFF_NOTIFY_URLS: address 1 can't be used"),
        ({"SIGNOFF_METRICS_ADDRESS": "localhost"}, "SIGNOFF_METRICS_ADDRESS"),
        ({"SIGNOFF_BUILD_ID": "b"}, "SIGNOFF_DEPLOYMENT_NAME and SIGNOFF_BUILD_ID: set both, or neither"),
        ({"OPENAI_API_KEY": ""}, "set OPENAI_API_KEY"),
        ({"TEMPORAL_ADDRESS": "::::"}, "no address of a Temporal server"),
        (
            {"TEMPORAL_TLS_CLIENT_CERT_PATH": "/none", "TEMPORAL_TLS_CLIENT_KEY_PATH": "/none"},
            "can't be read: [Errno 2]",
        ),
    ],
)
def test_an_unusable_setting_stops_it_and_is_named(tmp_path: Path, environ: dict[str, str], told: str) -> None:
    ended = started(tmp_path, **environ)
    assert ended.returncode == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(("keys", "told"), [("", "without one no decision could count"), ("short", "32 are the least")])
def test_a_deployment_whose_decisions_could_never_count_is_told(tmp_path: Path, keys: str, told: str) -> None:
    (tmp_path / "policy.toml").write_text('decisions = "gateway_only"\n')
    ended = started(tmp_path, SIGNOFF_POLICY_FILE=str(tmp_path / "policy.toml"), SIGNOFF_ATTESTATION_KEYS=keys)
    assert ended.returncode == 2
    assert told in ended.stderr


def test_a_silent_server_is_told_with_its_address(tmp_path: Path) -> None:
    [port] = free_ports(1)
    ended = started(tmp_path, TEMPORAL_ADDRESS=f"{HOST}:{port}")
    assert ended.returncode == 5
    assert f"no Temporal server answers at {HOST}:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr
