"""Lists of closed jobs over HTTP."""

from pathlib import Path
from typing import Any

import pytest

from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.domain.status import JobStatus
from signoff.ports import Archive
from tests.client.test_closed import SilentTemporal
from tests.closed.making import DAY, NOON, closed, objects
from tests.gateway.conftest import Callers, callers_of


async def filled() -> Archive:
    archive = open_archive("memory:")
    await closed(archive, "theirs", NOON - 2 * DAY, requester="sports", labels={"desk": "sports"})
    await closed(archive, "failed", NOON - DAY, status=JobStatus.FAILED, requester="newsroom")
    await closed(archive, "ours", NOON, requester="newsroom", labels={"desk": "science", "case": "17"})
    return archive


async def asked(callers: Callers, name: str, **params: Any) -> dict[str, Any]:
    answer = await callers.get(name, "/v1/jobs", params={"closed": "true", **params})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("ops", {}, ["ours", "failed", "theirs"]),
        ("newsroom", {}, ["ours", "failed"]),
        ("newsroom", {"requester": "sports"}, []),
        ("ana", {"requester": "sports"}, ["theirs"]),
        ("ops", {"label": ["desk=science", "case=17"]}, ["ours"]),
        ("ops", {"status": ["failed", "expired"]}, ["failed"]),
        ("ops", {"since": "2026-11-10"}, ["ours"]),
        ("ops", {"since": "2026-11-08T12:00:00Z", "until": "2026-11-09T13:00:00+01:00"}, ["theirs"]),
    ],
)
async def test_a_caller_lists_the_closed_jobs_that_it_may_see(
    tmp_path: Path, name: str, params: dict[str, Any], expected: list[str]
) -> None:
    temporal: Any = SilentTemporal()
    async with callers_of(JobClient(temporal, await filled()), tmp_path) as callers:
        told = await asked(callers, name, **params)
        assert [job["job_id"] for job in told["jobs"]] == expected


async def test_pages_lead_to_the_next(tmp_path: Path) -> None:
    temporal: Any = SilentTemporal()
    async with callers_of(JobClient(temporal, await filled()), tmp_path) as callers:
        first = await asked(callers, "ops", limit=2)
        second = await asked(callers, "ops", limit=2, cursor=first["next_cursor"])
    assert [[job["job_id"] for job in page["jobs"]] for page in (first, second)] == [["ours", "failed"], ["theirs"]]
    assert second["next_cursor"] is None


async def test_what_a_list_lacks_is_in_the_answer(tmp_path: Path) -> None:
    temporal: Any = SilentTemporal()
    archive = await filled()
    [path, *_] = await objects(archive)
    await archive.put(path, b"torn")
    async with callers_of(JobClient(temporal, archive), tmp_path) as callers:
        told = await asked(callers, "ops")
    assert [job["job_id"] for job in told["jobs"]] == ["ours", "failed"]
    assert path in told["unreadable"][0]
    assert not told["knows_cut_off"]


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-11-01",
        "closed=true&status=running",
        "closed=true&reviewer=ana",
        "closed=true&since=2026-11-02&until=2026-11-01",
        "status=failed&status=expired",
        "label=a%3D1&label=b%3D2",
        "closed=true&cursor=x",
    ],
)
async def test_what_can_not_be_asked_is_a_bad_request(tmp_path: Path, query: str) -> None:
    temporal: Any = SilentTemporal()
    async with callers_of(JobClient(temporal, await filled()), tmp_path) as callers:
        assert (await callers.get("ops", f"/v1/jobs?{query}")).status_code == 400


async def test_a_time_that_is_none_is_named(tmp_path: Path) -> None:
    temporal: Any = SilentTemporal()
    async with callers_of(JobClient(temporal, await filled()), tmp_path) as callers:
        answer = await callers.get("ops", "/v1/jobs?closed=true&since=yesterday")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("query.since")
