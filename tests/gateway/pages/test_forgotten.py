"""A closed job that Temporal has forgotten, as after its retention: everything about it is answered as before."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from typer.testing import CliRunner

from signoff.adapters.archive import open_archive
from signoff.domain import names
from signoff.domain.record import JobRecord
from signoff.tokens import Role
from starter.cli import app
from tests.gateway.pages.at_desk import Office, an_office
from tests.gateway.pages.browsing import HTTP
from tests.gateway.pages.test_real_job import searched
from tests.world import World, a_world, start_dev_server

TEXT = "The *tide* turns."
COMMANDS: Sequence[tuple[str, ...]] = (
    ("show", "--json"),
    ("result", "--json"),
    ("review", "--json"),
    ("drafts", "--json"),
)


@dataclass
class Asked:
    """Whoever asks about a job, in every way there is."""

    world: World
    office: Office
    job_id: str

    async def answers(self) -> dict[str, Any]:
        """Ask for everything that must stay the same, byte for byte."""
        record = await self.world.jobs.record(self.job_id)
        [draft] = record.drafts
        paths = ["record", "result", "drafts", f"drafts/{draft.digest}"]
        return {
            "record": record.model_dump_json(),
            "result": (await self.world.jobs.result(self.job_id)).canonical(),
            "body": await self.world.jobs.response_body(self.job_id, 1),
            **{path: await self._over_http(path) for path in paths},
            **{command[0]: await self.typed(*command) for command in COMMANDS},
        }

    async def _over_http(self, path: str) -> bytes:
        secret = self.office.store.create("ops", [Role.OPERATOR, Role.REVIEWER], datetime.now(UTC)).secret
        transport = httpx2.ASGITransport(self.office.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url=HTTP) as http:
            headers = {"Authorization": f"Bearer {secret}"}
            answer = await http.get(f"/v1/jobs/{self.job_id}/{path}", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.content

    async def typed(self, command: str, *options: str) -> str:
        done = await asyncio.to_thread(CliRunner().invoke, app, [command, self.job_id, *options])
        assert done.exit_code == 0, done.output
        return done.stdout

    async def page(self) -> str:
        ana = await self.office.sign_in()
        return (await ana.open(f"/review/{self.job_id}")).text

    async def forget(self) -> None:
        client = self.world.env.client
        request = DeleteWorkflowExecutionRequest(namespace=client.namespace)
        request.workflow_execution.workflow_id = self.job_id
        await client.workflow_service.delete_workflow_execution(request)
        for _ in range(400):
            try:
                await self.world.handle(self.job_id).describe()
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    return
                raise
            await asyncio.sleep(0.05)
        pytest.fail("the server did not forget the job in 20 s")


@pytest.fixture
async def forgetful() -> AsyncIterator[WorkflowEnvironment]:
    """A server that deletes within a second; else it looks every 30 s whether it may."""
    queues = ("transfer", "visibility", "timer")
    settings = [f"history.{queue}ProcessorUpdateAckInterval" for queue in queues]
    options = [word for name in settings for word in ("--dynamic-config-value", f'{name}="500ms"')]
    async with await start_dev_server(options=options) as started:
        yield started


async def test_a_forgotten_job_is_answered_from_the_archive_as_before(
    forgetful: WorkflowEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = f"file:{tmp_path}/archive"
    monkeypatch.setenv("SIGNOFF_ARCHIVE_URL", where)
    monkeypatch.setenv("TEMPORAL_ADDRESS", forgetful.client.service_client.config.target_host)
    async with (
        a_world(forgetful, provider=searched(TEXT), archive=open_archive(where)) as world,
        an_office(tmp_path, world.jobs) as office,
    ):
        asked = Asked(world, office, await world.submit(title="Tides"))
        await world.approve(asked.job_id)
        await world.handle(asked.job_id).result()
        live = await world.handle(asked.job_id).query(names.RECORD, result_type=JobRecord)
        before = await asked.answers()
        await asked.forget()
        assert await asked.answers() == before
        # One document: from the workflow itself, the archive, the HTTP API and the commands.
        document = live.model_dump(mode="json")
        shown = json.loads(before["show"])
        assert shown.pop("advice")["next_action"] == "none"
        assert not shown.pop("cost")["is_complete"]
        assert json.loads(before["record"]) == document
        assert shown == document
        archived = json.loads(await world.archive.get(f"jobs/{asked.job_id}/record.json") or b"")
        archived.pop("integrity")
        assert archived == document
        page = await asked.page()
        assert "The tide turns." in page
        assert "Web search search tides" in page
        assert "completed" in await asked.typed("show")
        assert "ok" in await asked.typed("verify")
        assert "files in" in await asked.typed("export", "--to", str(tmp_path / "out"))
