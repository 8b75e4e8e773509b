"""Erasing over HTTP, and what the API says of a job whose content is gone."""

from activities.sweeping import Broom, sweep
from signoff.domain import layout
from signoff.domain.removal import Kind
from signoff.domain.retention import Retention, Swept
from tests.domain.making import DAY
from tests.gateway.conftest import Callers, Gateway
from tests.gateway.test_api_jobs import kind
from tests.world import a_decision

WHY = {"reason": "asked for", "keeps_history": True}
"""Deleting a history of a job that has just closed takes the server half a minute."""


async def closed(gateway: Gateway) -> tuple[str, str]:
    job_id, digest = await gateway.held()
    await gateway.world.jobs.decide(job_id, a_decision(digest))
    await gateway.world.handle(job_id).result()
    return job_id, digest


async def test_an_operator_erases_a_job_under_the_name_of_the_token(gateway: Gateway) -> None:
    job_id, digest = await closed(gateway)
    answer = await gateway.callers.post("ops", f"/v1/jobs/{job_id}/erase", WHY)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["by"], told["reason"], told["is_done"], told["objects"]) == ("ops", "asked for", True, 4)
    again = await gateway.callers.post("ops", f"/v1/jobs/{job_id}/erase", {**WHY, "reason": "another"})
    assert again.json() == told
    for who, path in (("newsroom", "result"), ("ana", "draft"), ("ana", f"drafts/{digest}")):
        gone = await gateway.callers.get(who, f"/v1/jobs/{job_id}/{path}")
        assert kind(gone) == (410, "gone")
        assert "erased by ops" in gone.json()["detail"]
    record = (await gateway.callers.get("newsroom", f"/v1/jobs/{job_id}/record")).json()
    assert (record["erased"]["by"], record["title"]) == ("ops", "(erased)")
    job = (await gateway.callers.get("newsroom", f"/v1/jobs/{job_id}")).json()
    assert job["reason"].startswith("erased by ops")


async def test_an_open_job_is_not_erased(gateway: Gateway) -> None:
    job_id, _ = await gateway.held()
    answer = await gateway.callers.post("ops", f"/v1/jobs/{job_id}/erase", WHY)
    assert kind(answer) == (409, "refused")
    assert "cancel it first" in answer.json()["detail"]


async def test_only_operators_erase_and_only_with_a_reason(callers: Callers) -> None:
    for name in ("newsroom", "ana", "lead"):
        assert kind(await callers.post(name, "/v1/jobs/any/erase", WHY)) == (403, "forbidden")
    for body in ({}, {"reason": ""}, {"reason": " "}, {"reason": "x" * 1_001}, {**WHY, "by": "somebody"}):
        assert kind(await callers.post("ops", "/v1/jobs/any/erase", body)) == (422, "invalid-fields")
    assert kind(await callers.post("ops", "/v1/jobs/no-such-job/erase", WHY)) == (404, "no-such-job")


async def test_what_retention_removed_is_gone_rather_than_lost(gateway: Gateway) -> None:
    job_id, _ = await closed(gateway)
    record = await gateway.world.jobs.record(job_id)
    assert record.closed_at
    rules = Retention(deliverables=DAY, responses=DAY)
    await sweep(Broom(gateway.world.archive, rules, record.closed_at + DAY), Swept(), 10)
    gone = await gateway.callers.get("newsroom", f"/v1/jobs/{job_id}/result")
    assert kind(gone) == (410, "gone")
    assert "deliverable removed by retention on" in gone.json()["detail"]
    told = (await gateway.callers.get("newsroom", f"/v1/jobs/{job_id}/record")).json()
    assert {line["kind"] for line in told["removed"]} == {Kind.DELIVERABLE, Kind.RESPONSE}
    assert await gateway.world.archive.get(layout.request_path(job_id, 1))
