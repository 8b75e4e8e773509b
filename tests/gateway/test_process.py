"""The gateway as a process: what stops it at its start, and that it starts without an OpenAI key."""

import asyncio
import base64
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.domain.names import ROUTE_ANNOUNCEMENT
from starter.sockets import HOST, free_ports, is_answering
from tests.gateway.test_webhooks import EVENT, SECRET, signed

ROOT = Path(__file__).parents[2]
OURS = ("SIGNOFF_", "TEMPORAL_", "OPENAI_")
BOUND_SECONDS = 60


@asynccontextmanager
async def started(folder: Path, **environ: str) -> AsyncIterator[asyncio.subprocess.Process]:
    (folder / "profiles.toml").touch()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    given = {"TEMPORAL_CONFIG_FILE": str(folder / "profiles.toml"), "SIGNOFF_STATE_DIR": str(folder), **environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "signoff.gateway"),
        cwd=ROOT,
        env=inherited | given,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ended(folder: Path, **environ: str) -> tuple[int | None, str]:
    async with started(folder, **environ) as process:
        _, told = await asyncio.wait_for(process.communicate(), BOUND_SECONDS)
        return process.returncode, told.decode()


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"SIGNOFF_WEBHOOK_SECRET": SECRET}, "did you mean SIGNOFF_WEBHOOK_SECRETS?"),
        (
            {"SIGNOFF_WEBHOOK_SECRETS": "whsec_c2hvcnQ="},
            "SIGNOFF_WEBHOOK_SECRETS: signing secret 1: it decodes to 5 bytes",
        ),
        ({"SIGNOFF_WEBHOOK_SECRETS": f"{SECRET},nonsense"}, "signing secret 2: it does not begin with whsec_"),
        ({"SIGNOFF_ARCHIVE_URL": "what"}, "SIGNOFF_ARCHIVE_URL"),
        ({"SIGNOFF_GATEWAY_PORT": "70000"}, "SIGNOFF_GATEWAY_PORT"),
    ],
)
async def test_an_unusable_setting_stops_it_and_is_named(
    real_env: WorkflowEnvironment, tmp_path: Path, environ: dict[str, str], told: str
) -> None:
    address = real_env.client.service_client.config.target_host
    code, said = await ended(tmp_path, TEMPORAL_ADDRESS=address, **environ)
    assert code == 2
    assert told in said
    assert "Traceback" not in said
    assert base64.b64decode(SECRET.removeprefix("whsec_")).decode() not in said


async def test_a_silent_temporal_is_told_with_its_address(tmp_path: Path) -> None:
    [port] = free_ports(1)
    code, said = await ended(tmp_path, TEMPORAL_ADDRESS=f"{HOST}:{port}")
    assert code == 5
    assert f"no Temporal server answers at {HOST}:{port}" in said


async def test_a_port_in_use_is_told_with_what_chooses_another(real_env: WorkflowEnvironment, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        address = real_env.client.service_client.config.target_host
        code, said = await ended(tmp_path, TEMPORAL_ADDRESS=address, SIGNOFF_GATEWAY_PORT=port)
    assert code == 2
    assert f"nothing can listen at {HOST}:{port} (SIGNOFF_GATEWAY_HOST, SIGNOFF_GATEWAY_PORT)" in said


async def test_it_takes_webhooks_without_an_openai_key_and_ends_when_told(
    real_env: WorkflowEnvironment, tmp_path: Path
) -> None:
    [port] = free_ports(1)
    address = real_env.client.service_client.config.target_host
    environ = {"TEMPORAL_ADDRESS": address, "SIGNOFF_GATEWAY_PORT": str(port), "SIGNOFF_WEBHOOK_SECRETS": SECRET}
    async with started(tmp_path, **environ) as process:
        async with asyncio.timeout(BOUND_SECONDS):
            while not await is_answering(port):
                assert process.returncode is None
        async with httpx2.AsyncClient(trust_env=False, base_url=f"http://{HOST}:{port}") as http:
            assert (await http.get("/health")).json()["webhooks"] is True
            body, headers = signed(EVENT)
            assert (await http.post("/webhooks/openai", content=body, headers=headers)).status_code == 200
            assert (await http.get("/v1/jobs")).status_code == 401
            assert (await http.get("/metrics")).status_code == 401
        begun = await real_env.client.get_activity_handle("announcement-evt_1").describe()
        assert begun.activity_type == ROUTE_ANNOUNCEMENT
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), BOUND_SECONDS) == 0
