"""What the commands make of the environment: who vouches for their decisions."""

from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment
from typer.testing import CliRunner

from signoff.adapters.archive import open_archive
from signoff.domain.deployment import Decisions, DeploymentPolicy
from starter.cli import app
from starter.connection import open_jobs
from tests.world import a_decision, a_world

KEY = "k" * 32
GATEWAY_ONLY = DeploymentPolicy(decisions=Decisions.GATEWAY_ONLY)


def test_a_key_that_is_too_short_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SIGNOFF_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("SIGNOFF_ATTESTATION_KEYS", "short")
    done = CliRunner().invoke(app, ["show", "brief-1"])
    assert done.exit_code == 2
    assert "SIGNOFF_ATTESTATION_KEYS: key 1 has 5 bytes, and 32 are the least" in done.stderr


@pytest.mark.parametrize("key", [KEY, ""])
async def test_where_only_the_gateway_may_decide_the_command_needs_its_key(
    env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str
) -> None:
    where = f"file:{tmp_path}"
    monkeypatch.setenv("SIGNOFF_ARCHIVE_URL", where)
    monkeypatch.setenv("SIGNOFF_ATTESTATION_KEYS", key)
    async with a_world(env, policy=GATEWAY_ONLY, keys=(KEY,), archive=open_archive(where)) as world:
        job_id = await world.submit()
        held = await world.held(job_id)
        jobs = await open_jobs(env.client)
        answer = await jobs.decide(job_id, a_decision(held.opened_review.digest))
        assert (answer.is_accepted, "only through its gateway" in answer.reason) == (bool(key), not key)
        if not key:
            await world.handle(job_id).cancel()
        await world.handle(job_id).result()
