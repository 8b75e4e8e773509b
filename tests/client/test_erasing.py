"""Erasing jobs on a real server: only closed ones, for good, and told to whoever asks afterwards."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from typer.testing import CliRunner

from signoff.adapters.archive import open_archive
from signoff.adapters.memory import InMemoryResponses, completed
from signoff.client import JobClient
from signoff.domain import layout, names
from signoff.domain.erasure import Fate, read_tombstone
from signoff.domain.errors import BadRequestError, ConflictError, GoneError, NoSuchJobError, RefusedError
from signoff.domain.status import JobStatus
from signoff.messaging import recording_id
from starter.cli import app
from starter.connection import open_jobs
from tests.activities.erased_job import marked
from tests.gateway.pages.at_desk import an_office
from tests.world import QUICKLY, World, a_decision, a_request, a_world, start_dev_server

MARKED = {
    "title": "MARKED title",
    "labels": {"customer": "MARKED"},
    "response": {"model": "a-model", "input": "MARKED"},
}
WHY: Any = {"by": "olga", "reason": "asked for"}


@pytest.fixture
async def quick_env() -> AsyncIterator[WorkflowEnvironment]:
    """The dev server, noting sooner which of its tasks are done."""
    async with await start_dev_server(config=QUICKLY) as started:
        yield started


async def closed(world: World, job_id: str, comment: str = "MARKED comment") -> str:
    """Have a job completed whose texts all bear the mark, and give its digest."""
    await world.submit(job_id=job_id, **MARKED)
    held = await world.held(job_id)
    digest = held.opened_review.digest
    await world.jobs.decide(job_id, a_decision(digest, comment=comment))
    await world.handle(job_id).result()
    return digest


def marked_provider() -> InMemoryResponses:
    return InMemoryResponses(script=[completed("MARKED output")])


async def is_forgotten(world: World, job_id: str) -> bool:
    try:
        await world.handle(job_id).describe()
    except RPCError as error:
        return error.status is RPCStatusCode.NOT_FOUND
    return False


async def test_a_closed_job_is_erased_by_the_command_and_everybody_is_told_so(
    quick_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    where = f"file:{tmp_path / 'archive'}"
    monkeypatch.setenv("SIGNOFF_ARCHIVE_URL", where)
    async with (
        a_world(quick_env, provider=marked_provider(), archive=open_archive(where)) as world,
        an_office(tmp_path, world.jobs) as office,
    ):
        digest = await closed(world, "brief-1")
        assert len(await marked(world.archive)) == 5

        def opened() -> object:
            return open_jobs(quick_env.client)

        # The client belongs to this loop, so the command runs on it from a thread that waits for it.
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(
            "starter.connection.asyncio.run", lambda act: asyncio.run_coroutine_threadsafe(act, loop).result(60)
        )
        command = ["erase", "brief-1", "--reason", "request 4711", "--as", "olga"]
        done = await asyncio.to_thread(lambda: CliRunner().invoke(app, command, obj=opened))
        assert done.exit_code == 0, done.output
        assert "brief-1 is erased" in done.stdout

        assert await marked(world.archive) == []
        assert await is_forgotten(world, "brief-1")
        path = layout.erased_path("brief-1")
        tombstone = read_tombstone(await world.archive.get(path) or b"", path)
        assert (tombstone.erased.by, tombstone.erased.reason) == ("olga", "request 4711")
        assert {one.kind for one in tombstone.objects} == {"request", "response", "deliverable"}
        assert digest in {one.digest for one in tombstone.objects}
        assert world.provider.removed == ["resp_1"]

        ana = await office.sign_in()
        page = await ana.http.get("/review/brief-1")
        assert page.status_code == 200
        assert "erased by olga" in page.text
        assert "request 4711" in page.text
        assert "MARKED" not in page.text


async def test_readers_are_told_that_it_is_gone(quick_env: WorkflowEnvironment) -> None:
    async with a_world(quick_env, provider=marked_provider()) as world:
        digest = await closed(world, "brief-1")
        await world.jobs.erase("brief-1", **WHY)
        jobs = world.jobs
        calls = (
            jobs.result("brief-1"),
            jobs.draft("brief-1"),
            jobs.deliverable("brief-1", digest),
            jobs.response_body("brief-1", 1),
        )
        for call in calls:
            with pytest.raises(GoneError, match=r"brief-1 was erased by olga at .*: asked for"):
                await call
        described, record = await jobs.describe("brief-1"), await jobs.record("brief-1")
        assert described.status is JobStatus.COMPLETED
        assert described.reason == record.reason
        assert record.reason.startswith("erased by olga")
        assert await jobs.requester("brief-1") == "a-service"


async def test_a_repeat_gets_the_first_answer_also_when_two_ask_at_once(quick_env: WorkflowEnvironment) -> None:
    async with a_world(quick_env) as world:
        await closed(world, "brief-1")
        first, second = await asyncio.gather(
            world.jobs.erase("brief-1", **WHY), world.jobs.erase("brief-1", by="bob", reason="me too")
        )
        assert first == second == await world.jobs.erase("brief-1", by="carl", reason="again")


async def test_an_open_job_is_refused_with_what_to_do(quick_env: WorkflowEnvironment) -> None:
    async with a_world(quick_env) as world:
        job_id = await world.submit()
        await world.held(job_id)
        with pytest.raises(RefusedError, match=r"it is awaiting_review.*cancel it first, or decide on it"):
            await world.jobs.erase(job_id, **WHY)
        assert await world.archive.get(layout.request_path(job_id, 1))


async def test_what_can_not_be_erased_is_said_at_once(quick_env: WorkflowEnvironment) -> None:
    jobs = JobClient(quick_env.client, open_archive("memory:"))
    for job_id in ("no-such-job", "../other"):
        with pytest.raises(NoSuchJobError):
            await jobs.erase(job_id, **WHY)
    wrongs: list[Any] = [
        {"by": "olga", "reason": " "},
        {"by": "", "reason": "asked for"},
        {"by": "olga", "reason": "x" * 1_001},
    ]
    for wrong in wrongs:
        with pytest.raises(BadRequestError):
            await jobs.erase("a-job", **wrong)


async def test_without_a_worker_the_erasure_waits_for_one(quick_env: WorkflowEnvironment) -> None:
    archive = open_archive("memory:")
    async with a_world(quick_env, archive=archive) as world:
        await closed(world, "brief-1")
    jobs = JobClient(quick_env.client, archive)
    answer = await jobs.erase("brief-1", **WHY, patience=timedelta(seconds=0.2))
    assert (answer.is_done, answer.objects) == (False, 0)
    assert (await jobs.result("brief-1")).text
    async with a_world(quick_env, archive=archive):
        await quick_env.client.get_activity_handle(recording_id("brief-1")).result()
    assert (await jobs.erase("brief-1", by="bob", reason="again")).by == "olga"


async def test_a_history_may_be_kept_and_go_later(quick_env: WorkflowEnvironment) -> None:
    async with a_world(quick_env) as world:
        await closed(world, "brief-1")
        kept = await world.jobs.erase("brief-1", **WHY, keeps_history=True)
        assert (kept.history.fate, await is_forgotten(world, "brief-1")) == (Fate.KEPT, False)
        gone = await world.jobs.erase("brief-1", **WHY)
        assert (gone.history.fate, await is_forgotten(world, "brief-1")) == (Fate.REMOVED, True)


async def test_where_the_history_may_not_be_deleted_everything_else_goes_and_the_answer_says_so(
    quick_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **_more: object) -> None:
        raise RPCError("you may not", RPCStatusCode.PERMISSION_DENIED, b"")

    async with a_world(quick_env, provider=marked_provider()) as world:
        await closed(world, "brief-1")
        with monkeypatch.context() as patch:
            patch.setattr(quick_env.client.workflow_service, "delete_workflow_execution", refuse)
            answer = await world.jobs.erase("brief-1", **WHY)
        assert (answer.is_done, answer.history.fate) == (True, Fate.REFUSED)
        assert "does not let its history of brief-1 be deleted (you may not)" in answer.history.note
        assert await marked(world.archive) == []
        answer = await world.jobs.erase("brief-1", **WHY)
        assert (answer.history.fate, await is_forgotten(world, "brief-1")) == (Fate.REMOVED, True)


async def test_what_was_said_after_the_close_is_forgotten_as_well(quick_env: WorkflowEnvironment) -> None:
    """A late decision is an input of a step of its own at Temporal, comment and all."""
    async with a_world(quick_env) as world:
        digest = await closed(world, "brief-1")
        late = a_decision(digest, reviewer="bob", comment="MARKED late")
        await world.jobs.decide("brief-1", late)
        step = quick_env.client.get_activity_handle(recording_id("brief-1"))
        run_id = (await step.describe()).activity_run_id
        await step.result()
        await world.jobs.erase("brief-1", **WHY)
        with pytest.raises(RPCError, match="not found"):
            await quick_env.client.get_activity_handle(recording_id("brief-1"), run_id=run_id).describe()


async def test_a_decision_on_an_erased_job_is_answered_and_leaves_nothing(quick_env: WorkflowEnvironment) -> None:
    async with a_world(quick_env) as world:
        digest = await closed(world, "brief-1")
        await world.jobs.erase("brief-1", **WHY)
        before = await world.jobs.record("brief-1")
        answer = await world.jobs.decide("brief-1", a_decision(digest, reviewer="bob", comment="MARKED late"))
        assert not answer.is_accepted
        assert "erased by olga" in answer.reason
        assert await world.jobs.record("brief-1") == before
        assert [step.activity_type async for step in quick_env.client.list_activities("")] == [names.ERASE_JOB]


async def test_the_id_of_an_erased_job_is_not_given_again(quick_env: WorkflowEnvironment) -> None:
    async with a_world(quick_env) as world:
        await closed(world, "brief-1")
        await world.jobs.erase("brief-1", **WHY)
        assert not (await world.jobs.submit(a_request(job_id="brief-1", **MARKED))).is_new
        with pytest.raises(ConflictError):
            await world.jobs.submit(a_request(job_id="brief-1"))
        await world.archive.delete(layout.record_path("brief-1"))  # as retention does in the end
        with pytest.raises(ConflictError, match="belongs to a job that was erased"):
            await world.jobs.submit(a_request(job_id="brief-1", **MARKED))
        with pytest.raises(GoneError, match="erased by olga"):
            await world.jobs.record("brief-1")


async def test_a_job_that_was_terminated_is_erased_although_it_has_no_record(quick_env: WorkflowEnvironment) -> None:
    async with a_world(quick_env, provider=marked_provider()) as world:
        await world.submit(job_id="brief-1", **MARKED)
        await world.held("brief-1")
        await world.handle("brief-1").terminate()
        answer = await world.jobs.erase("brief-1", **WHY)
        assert (answer.is_done, answer.objects) == (True, 4)
        assert await marked(world.archive) == []
        assert await is_forgotten(world, "brief-1")
