"""Every service that is built here, and every command that the compose file gives others, as processes.

Four images are not to be had as packages: PostgreSQL and its schema tool, Temporal's server and its UI. The dev server
stands for them, and an S3 server in this process for the archive. All else is what the file says, to the letter.
"""

import asyncio
import json
import shutil
import subprocess
import urllib.request
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import obstore
import pytest
from obstore.store import S3Store

from signoff.domain import names
from starter.sockets import HOST, free_ports
from tests.contract.buckets import serving_buckets
from tests.deploy.composing import ONCE, ROOT, services
from tests.deploy.running import BOUND_SECONDS, Site
from tests.world import start_dev_server

STOOD_FOR = {"postgresql", "temporal-schema", "temporal", "temporal-ui", "archive"}
RUN_HERE = {"temporal-namespace", "archive-bucket", "setup", "simulator", "gateway", "worker", "worker-simulated"}
KEY = "a-key-of-openai"
NAMESPACE = "deployed"
"""The dev server has `default` from its start, and here it must be made."""
REQUEST = {"response": {"model": "a-model", "input": "a question", "metadata": {"simulator": "completed"}}}


def make_secrets(folder: Path) -> None:
    subprocess.run(["sh", ROOT / "deploy" / "secrets.sh"], cwd=folder, check=True, capture_output=True)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A site with everything that stands for the images of others, and nothing set up yet."""
    simulator, gateway, health = free_ports(3)
    async with AsyncExitStack() as stay:
        s3 = stay.enter_context(serving_buckets())
        server = await stay.enter_async_context(await start_dev_server(search_attributes=()))
        await asyncio.to_thread(make_secrets, tmp_path)
        (tmp_path / "secrets" / "openai_api_key").write_text(f"{KEY}\n")
        places = {
            "/run/secrets/": f"{tmp_path}/secrets/",
            "/etc/signoff/policy.toml": str(ROOT / "deploy" / "policy.toml"),
            "/var/lib/signoff": str(tmp_path),
            "temporal:7233": str(server.client.service_client.config.target_host),
            "http://archive:9000": s3,
            "simulator:8099": f"{HOST}:{simulator}",
            f"{HOST}:8099": f"{HOST}:{simulator}",
            "8099": str(simulator),
            f"{HOST}:8000": f"{HOST}:{gateway}",
            f"{HOST}:8081": f"{HOST}:{health}",
            "0.0.0.0": HOST,
        }
        made = Site(
            folder=tmp_path,
            places=places,
            added={"TEMPORAL_NAMESPACE": NAMESPACE, "SIGNOFF_GATEWAY_PORT": str(gateway)},
            environ={"OPENAI_BASE_URL": "http://simulator:8099/v1"},
        )
        stay.push_async_callback(made.stop_all)
        yield made


def test_every_service_is_run_here_or_stood_for() -> None:
    assert services().keys() == STOOD_FOR | RUN_HERE
    assert set(ONCE) - STOOD_FOR <= RUN_HERE


class Caller:
    """Calls the gateway with a token that was made as the compose file says."""

    def __init__(self, site: Site, token: str) -> None:
        address = site.here("http://127.0.0.1:8000")
        self.http = httpx2.AsyncClient(
            base_url=address, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=BOUND_SECONDS
        )

    async def job(self, job_id: str, status: str) -> dict[str, Any]:
        """Wait until a job stands so, for a bounded time."""
        async with asyncio.timeout(BOUND_SECONDS):
            while (job := (await self.http.get(f"/v1/jobs/{job_id}")).json())["status"] != status:
                assert job["status"] in {"queued", "running", "awaiting_review", "delivering"}, job
                await asyncio.sleep(0.1)
        return dict(job)


async def caller(site: Site, name: str, role: str) -> Caller:
    made = await site.done("gateway", "signoff", "token", "create", "--name", name, "--role", role, "--json")
    return Caller(site, json.loads(made)["secret"])


async def a_job_is_run_through(requester: Caller, reviewer: Caller, job_id: str) -> None:
    submitted = await requester.http.post("/v1/jobs", json={"job_id": job_id, **REQUEST})
    assert submitted.status_code == 202, submitted.text
    held = await requester.job(job_id, "awaiting_review")
    decision = {"kind": "approve", "digest": held["digest"], "comment": "seen"}
    decided = await reviewer.http.post(f"/v1/jobs/{job_id}/decisions", json=decision)
    assert decided.status_code == 200, decided.text
    await requester.job(job_id, "completed")
    assert (await requester.http.get(f"/v1/jobs/{job_id}/result")).status_code == 200


def make_bucket(site: Site) -> None:
    """Make it as `archive-bucket` does, also where no curl is."""
    if shutil.which("curl"):
        assert site.run("archive-bucket").returncode == 0
        return
    request = urllib.request.Request(site.here("http://archive:9000/signoff"), method="PUT")
    urllib.request.urlopen(request, timeout=BOUND_SECONDS).close()


async def archived(site: Site, job_id: str) -> bytes:
    """Read a job's record from the bucket, as whoever runs the storage would."""
    store = S3Store(
        "signoff",
        endpoint=site.here("http://archive:9000"),
        access_key_id="x",
        secret_access_key="x",
        region="us-east-1",
        client_options={"allow_http": True},
    )
    found = await obstore.get_async(store, f"archive/jobs/{job_id}/record.json")
    return bytes(await found.bytes_async())


@pytest.mark.skipif(not shutil.which("curl"), reason="`archive-bucket` needs curl: apt-get install curl")
async def test_the_bucket_is_made_once_and_a_repeat_changes_nothing(site: Site) -> None:
    assert (await site.done("archive-bucket")).strip() == "the bucket is there"
    assert (await site.done("archive-bucket")).strip() in {"the bucket is there", "the bucket was there already"}


async def test_a_job_runs_through_all_of_it_with_either_worker(site: Site) -> None:
    """In the order that the file's dependencies set."""
    assert NAMESPACE in await site.done("temporal-namespace")
    await asyncio.to_thread(make_bucket, site)
    told = await site.done("setup")
    assert [name for name in names.SEARCH_ATTRIBUTES if name not in told] == []
    for name in ("temporal-namespace", "setup"):
        await site.done(name)  # each start of the deployment repeats them

    await asyncio.gather(site.start("simulator"), site.start("gateway"))
    requester, reviewer = await caller(site, "newsroom", "requester"), await caller(site, "ana", "reviewer")
    for worker in ("worker-simulated", "worker"):
        await site.start(worker)
        await a_job_is_run_through(requester, reviewer, worker)
        assert not (await archived(site, worker)).startswith(b"{"), "the record is not encrypted"
        assert await site.stop(worker) == 0
        assert site.health(worker).returncode == 1
    assert await site.stop("gateway") == 0
    assert await site.stop("simulator") == 0
    await requester.http.aclose()
    await reviewer.http.aclose()


@pytest.mark.parametrize("name", sorted(RUN_HERE))
async def test_no_secret_stands_in_a_command_or_a_variable(site: Site, name: str) -> None:
    told = " ".join([*site.command(name), *site.environment(name).values()])
    secrets = [file.read_text().strip() for file in (site.folder / "secrets").iterdir()]
    assert secrets
    assert [secret for secret in secrets if secret in told] == []
