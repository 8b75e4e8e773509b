"""Repairs and announcements through `JobClient`: errors say what to do, and a repeat is harmless."""

from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.domain.errors import BadRequestError, NoSuchJobError, UnreachableError
from tests.world import a_request, a_world


async def test_a_job_that_nobody_knows_is_named(real_env: WorkflowEnvironment) -> None:
    async with a_world(real_env) as world:
        with pytest.raises(NoSuchJobError, match="invoice-404"):
            await world.jobs.retry("invoice-404", by="ops")
        with pytest.raises(NoSuchJobError, match="invoice-404"):
            await world.jobs.announce("invoice-404", "resp_1")


async def test_without_a_worker_the_repair_may_be_sent_again_under_its_id(
    real_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signoff.messaging.RPC_TIMEOUT", timedelta(seconds=1))
    jobs = JobClient(real_env.client, open_archive("memory:"))
    await jobs.submit(a_request(job_id="invoice-1"))
    with pytest.raises(UnreachableError, match="send it again with the repair id r-1"):
        await jobs.retry("invoice-1", by="ops", repair_id="r-1")


@pytest.mark.parametrize("response_id", ["", "two words", "../../etc/passwd", "x" * 300])
async def test_what_can_be_no_response_id_is_not_announced(real_env: WorkflowEnvironment, response_id: str) -> None:
    jobs = JobClient(real_env.client, open_archive("memory:"))
    with pytest.raises(BadRequestError, match="response_id"):
        await jobs.announce("invoice-1", response_id)


@pytest.mark.parametrize(
    ("by", "response", "told"),
    [("", {"input": "x"}, "by: "), ("ops", {}, "say what changes"), ("line\nbreak", {"input": "x"}, "by: ")],
)
async def test_a_repair_that_breaks_a_rule_is_not_sent(
    real_env: WorkflowEnvironment, by: str, response: dict[str, str], told: str
) -> None:
    jobs = JobClient(real_env.client, open_archive("memory:"))
    with pytest.raises(BadRequestError, match=told):
        await jobs.amend("invoice-1", response=response, by=by)


@pytest.mark.parametrize("value", [float("inf"), 2**60, "\ud800", "x" * 1_100_000])
async def test_changes_that_no_message_can_carry_are_not_sent(real_env: WorkflowEnvironment, value: object) -> None:
    jobs = JobClient(real_env.client, open_archive("memory:"))
    with pytest.raises(BadRequestError, match="response: "):
        await jobs.amend("invoice-1", response={"input": value}, by="ops")
