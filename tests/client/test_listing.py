"""Lists by what reviewers choose by, from the index of a real server."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import InMemoryResponses, completed
from signoff.domain.arrangement import Arrangement, ArrangementKind
from signoff.domain.description import JobSummary
from signoff.domain.status import JobStatus
from tests.world import World, a_decision, a_world

SOON = timedelta(hours=1)


async def listed(world: World, count: int, **filters: Any) -> list[JobSummary]:
    """List once the index has caught up."""
    for _ in range(200):
        found = (await world.jobs.page(status=JobStatus.AWAITING_REVIEW, **filters)).jobs
        if len(found) == count:
            return sorted(found, key=lambda job: job.job_id)
        await world.env.sleep(timedelta(milliseconds=50))
    pytest.fail(f"{filters} lists {len(found)} jobs")


async def test_jobs_are_found_by_who_decides_by_label_and_by_their_end(real_env: WorkflowEnvironment) -> None:
    provider = InMemoryResponses(script=[completed("")])
    async with a_world(real_env, provider=provider) as world:
        jobs: dict[str, dict[str, Any]] = {
            "a-1": {"review": {"reviewers": ["ana", "bo"], "approvals": 1, "window": "PT30M", "reminders": []}},
            "a-2": {"review": {"reviewers": ["ana", "bo"], "approvals": 2}, "labels": {"team": "news"}},
            "a-3": {"labels": {"team": "o'brien", "kind": "brief"}},
            "a-4": {"requester": "ana"},
        }
        for job_id, changes in jobs.items():
            await world.submit(job_id=job_id, **changes)
            await world.held(job_id)

        async def names(count: int, **filters: Any) -> list[str]:
            return [job.job_id for job in await listed(world, count, **filters)]

        assert await names(4) == list(jobs)
        assert await names(3, reviewer="ana") == ["a-1", "a-2", "a-3"]
        assert await names(2, reviewer="eve") == ["a-3", "a-4"]
        assert await names(1, label="team=news") == ["a-2"]
        assert await names(1, label="team=o'brien") == ["a-3"]
        assert await names(1, due_before=datetime.now(UTC) + SOON) == ["a-1"]
        assert await names(1, due_before=datetime.now(UTC) + SOON, reviewer="ana") == ["a-1"]
        held = await world.jobs.record("a-2")
        await world.jobs.decide("a-2", a_decision(held.opened_review.digest, reviewer="ana"))
        assert await names(2, reviewer="ana") == ["a-1", "a-3"]  # what she has decided waits for her no more
        claim = Arrangement(arrangement_id="c", kind=ArrangementKind.CLAIM, by="bo")
        await world.jobs.arrange("a-1", claim)
        for _ in range(200):
            [first, *_] = await listed(world, 4)
            if first.claimed_by:
                break
            await real_env.sleep(timedelta(milliseconds=50))
        assert (first.claimed_by, first.findings) == ("bo", 1)
        assert first.review_due_at == (await world.jobs.record("a-1")).opened_review.due_at
        counts = await world.jobs.counts()
        assert counts[JobStatus.AWAITING_REVIEW] == 4
