"""A real Prometheus server, on files and processes of ours."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from starter.sockets import HOST, free_ports

ROOT: Final = Path(__file__).parents[2]
ALERTS: Final = ROOT / "deploy" / "prometheus" / "alerts.yml"
NEEDED: Final = "TEST_NEEDS_PROMETHEUS"
_GET_IT: Final = "no `{}` here: Debian's package `prometheus` has it"
_CONFIG: Final = """
global: {{ scrape_interval: 1s, evaluation_interval: 1s }}
rule_files: ["{alerts}"]
scrape_configs:
  - job_name: signoff-worker
    static_configs: [{{ targets: ["{worker}"] }}]
  - job_name: signoff-gateway
    authorization: {{ credentials_file: "{token_file}" }}
    static_configs: [{{ targets: ["{gateway}"] }}]
"""


def command(name: str) -> str:
    """Find a command of Prometheus'; skip without it, or fail where it is needed."""
    found = shutil.which(name)
    if found is None:
        (pytest.fail if os.environ.get(NEEDED) else pytest.skip)(_GET_IT.format(name))
    return str(found)


@dataclass
class Prometheus:
    """What a test asks of the server."""

    http: httpx2.AsyncClient

    async def ask(self, path: str, **parameters: str) -> Any:
        answer = await self.http.get(f"/api/v1/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def value_of(self, expression: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.ask("query", query=expression))["result"]
        return found


@asynccontextmanager
async def scraping(folder: Path, worker: str, gateway: str, token: str) -> AsyncIterator[Prometheus]:
    """Have a server scrape a worker and a gateway, and evaluate the alerts, as long as the block does."""
    [port] = free_ports(1)
    token_file, config = folder / "token", folder / "prometheus.yml"
    token_file.write_text(token)
    config.write_text(_CONFIG.format(alerts=ALERTS, worker=worker, gateway=gateway, token_file=token_file))
    process = await asyncio.create_subprocess_exec(
        *_server(config, folder / "data", port), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with httpx2.AsyncClient(trust_env=False, base_url=f"http://{HOST}:{port}") as http:
            await _ready(http, process)
            yield Prometheus(http)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _server(config: Path, data: Path, port: int) -> Sequence[str]:
    where = (f"--config.file={config}", f"--storage.tsdb.path={data}", f"--web.listen-address={HOST}:{port}")
    return (command("prometheus"), *where)


async def _ready(http: httpx2.AsyncClient, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(30):
        while True:
            assert process.returncode is None, "prometheus has ended"
            try:
                if (await http.get("/-/ready")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.1)
