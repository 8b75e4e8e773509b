"""Whether a worker says how it is: of its parts one by one, and of a process that ends."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from signoff import readiness
from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.domain import names
from signoff.domain.job import parse_request
from signoff.readiness import Readiness
from starter.sockets import HOST, free_ports
from tests.contract.buckets import NOWHERE, answering_always, name_endpoint
from tests.world import start_dev_server
from workflows.job import BackgroundJob

ROOT = Path(__file__).parent.parent
BOUND_SECONDS = 60


def a_worker(client: Client, task_queue: str = names.TASK_QUEUE) -> Worker:
    return Worker(client, task_queue=task_queue, workflows=[BackgroundJob])


async def becomes_ready(ready: Readiness) -> bool:
    """A worker begins a moment after it was entered."""
    async with asyncio.timeout(BOUND_SECONDS):
        while await ready.problems() == ["it takes no tasks"]:  # noqa: ASYNC110  a worker sets no event
            await asyncio.sleep(0)
        return await ready.problems() == []


async def test_a_worker_that_takes_tasks_is_ready_until_it_is_told_to_stop(real_env: WorkflowEnvironment) -> None:
    worker = a_worker(real_env.client)
    ready = Readiness(real_env.client, open_archive("memory:"), [worker])
    assert await ready.problems() == ["it takes no tasks"]
    async with worker:
        assert await becomes_ready(ready)
        ready.drain()
        assert await ready.problems() == ["it is stopping"]


async def test_a_worker_that_has_stopped_is_not_ready(real_env: WorkflowEnvironment) -> None:
    worker, other = a_worker(real_env.client), a_worker(real_env.client, names.LOOK_TASK_QUEUE)
    ready = Readiness(real_env.client, open_archive("memory:"), [worker, other])
    async with other:
        async with worker:
            assert await becomes_ready(ready)
        assert await ready.problems() == ["it takes no tasks"]


async def test_a_server_that_is_gone_is_told_once_the_last_answer_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    async with await start_dev_server() as started:
        client = await Client.connect(str(started.client.service_client.config.target_host))
        ready = Readiness(client, open_archive("memory:"), [])
        assert await ready.problems() == []
    assert await ready.problems() == [], "an answer counts for a few seconds"
    monkeypatch.setattr(readiness, "FRESH", timedelta(0))
    monkeypatch.setattr(readiness, "PATIENCE", timedelta(seconds=1))
    assert await ready.problems() == ["Temporal does not answer"]


async def test_an_archive_that_refuses_is_told(real_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering_always(403) as endpoint:
        name_endpoint(monkeypatch, endpoint)
        ready = Readiness(real_env.client, open_archive("s3://a-bucket"), [])
        assert await ready.problems() == ["the archive does not answer, or refuses"]


async def test_an_archive_that_is_gone_keeps_no_probe_waiting(
    real_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its client would try for twenty seconds."""
    monkeypatch.setattr(readiness, "PATIENCE", timedelta(milliseconds=50))
    name_endpoint(monkeypatch, NOWHERE)
    ready = Readiness(real_env.client, open_archive("s3://a-bucket"), [])
    async with asyncio.timeout(10):
        assert await ready.problems() == ["the archive does not answer, or refuses"]


async def test_probes_at_once_are_one_question(real_env: WorkflowEnvironment) -> None:
    class Counting:
        asked = 0

        async def get(self, path: str) -> bytes | None:
            self.asked += 1
            assert not path.startswith(("jobs/", "closed/"))
            return None

    archive = Counting()
    ready = Readiness(real_env.client, archive, [])  # type: ignore[arg-type]  # all that is asked of an archive
    assert await asyncio.gather(*(ready.problems() for _ in range(50))) == [[]] * 50
    assert archive.asked == 1


class SilentProvider:
    """Takes creates and does not answer, so that a stopping worker has something to wait for."""

    def __init__(self) -> None:
        self.has_create = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await reader.readline()).startswith(b"POST"):
            self.has_create.set()
        await reader.read()
        writer.close()


@asynccontextmanager
async def a_process(
    folder: Path, address: str, health: int, provider: int
) -> AsyncIterator[asyncio.subprocess.Process]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SIGNOFF_", "TEMPORAL_"))}
    given = {
        "TEMPORAL_CONFIG_FILE": os.devnull,
        "TEMPORAL_ADDRESS": address,
        "OPENAI_API_KEY": "a-key",
        "OPENAI_BASE_URL": f"http://{HOST}:{provider}/v1",
        "SIGNOFF_STATE_DIR": str(folder),
        "SIGNOFF_HEALTH_ADDRESS": f"{HOST}:{health}",
        "SIGNOFF_SHUTDOWN_SECONDS": "3",
        "NO_PROXY": HOST,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker"), cwd=ROOT, env=inherited | given, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_process_that_ends_is_unready_at_once_and_alive_until_its_work_is_done(
    real_env: WorkflowEnvironment, tmp_path: Path
) -> None:
    provider = SilentProvider()
    server = await asyncio.start_server(provider.serve, HOST, 0)
    [health] = free_ports(1)
    address = str(real_env.client.service_client.config.target_host)
    serving = a_process(tmp_path, address, health, server.sockets[0].getsockname()[1])
    http = httpx2.AsyncClient(trust_env=False, base_url=f"http://{HOST}:{health}")
    async with serving as process, http, asyncio.timeout(BOUND_SECONDS):
        while await status(http, "/ready") != 200:
            assert process.returncode is None
        jobs = JobClient(real_env.client, open_archive(f"file:{tmp_path}/archive"))
        await jobs.submit(parse_request({"requester": "a-service", "response": {"model": "m", "input": "a question"}}))
        await provider.has_create.wait()
        process.send_signal(signal.SIGTERM)
        while await status(http, "/ready") == 200:
            assert process.returncode is None
        assert await status(http, "/ready") == 503
        assert await status(http, "/live") == 200
        assert await process.wait() == 0
        assert await status(http, "/live") == 0
    server.close()


async def status(http: httpx2.AsyncClient, path: str) -> int:
    """Ask a probe's question; nobody answers with 0."""
    try:
        return (await http.get(path)).status_code
    except httpx2.TransportError:
        return 0
