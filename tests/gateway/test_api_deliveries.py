"""Several destinations over HTTP: submitted, read, delivered again, sent elsewhere, and approved there anew."""

import asyncio
from typing import Any

import pytest

from signoff.domain.delivery import File
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from tests.gateway.conftest import REQUEST, Callers, Gateway, OpenGateway
from tests.gateway.test_api_jobs import kind
from tests.workflows.test_deliveries import REFUSED, Places, states

PLACES = [{"channel": "file", "folder": name} for name in ("a", "b", "c")]
ELSEWHERE = {"channel": "file", "folder": "d"}


async def stuck(gateway: Gateway) -> tuple[str, str]:
    """Have a job whose second delivery stopped; give its path and its digest."""
    job_id, digest = await gateway.held(delivery=PLACES)
    await gateway.callers.post("ana", f"/v1/jobs/{job_id}/decisions", {"kind": "approve", "digest": digest})
    await gateway.world.stopped(job_id)
    return f"/v1/jobs/{job_id}", digest


async def elsewhere(gateway: Gateway) -> tuple[str, str]:
    """Have it sent elsewhere, so that people are asked."""
    path, digest = await stuck(gateway)
    body = {"delivery": 2, "destination": ELSEWHERE, "reason": "the folder moved", "repair_id": "r-1"}
    answer = await gateway.callers.post("ops", f"{path}/redeliver", body)
    assert (answer.status_code, answer.json()["status"]) == (200, "awaiting_review"), answer.text
    return path, digest


async def closed(gateway: Gateway, path: str) -> JobRecord:
    return await gateway.world.until(path.rpartition("/")[2], lambda record: record.is_closed)


async def test_a_list_of_destinations_is_submitted_and_each_gets_the_result(gateway: Gateway) -> None:
    job_id, digest = await gateway.held(delivery=PLACES, job_id="several")
    repeat = {**REQUEST, "job_id": "several", "delivery": PLACES}
    assert (await gateway.callers.post("newsroom", "/v1/jobs", repeat)).status_code == 200
    await gateway.callers.post("ana", f"/v1/jobs/{job_id}/decisions", {"kind": "approve", "digest": digest})
    record = await closed(gateway, f"/v1/jobs/{job_id}")
    assert [parcel.number for parcel in gateway.world.outbox.parcels] == [1, 2, 3]
    assert len(record.receipts) == 3
    shown = (await gateway.callers.get("newsroom", f"/v1/jobs/{job_id}")).json()
    assert (shown["deliveries"], shown["deliveries_arrived"]) == (3, 3)


async def test_a_list_of_one_is_the_same_request_as_that_one(callers: Callers) -> None:
    job_id = await callers.submit(delivery=PLACES[:1], job_id="alone")
    alone = {**REQUEST, "job_id": job_id, "delivery": PLACES[0]}
    assert (await callers.post("newsroom", "/v1/jobs", alone)).status_code == 200


@pytest.mark.parametrize(
    ("delivery", "status", "field"),
    [
        ([{"channel": "pigeon"}], 422, "delivery.0"),
        ([{"channel": "release"}, {"channel": "http", "url": "ftp://x"}], 400, "delivery.1.http.url"),
        ({"channel": "http"}, 422, "delivery.http.url"),
        ([{"channel": "file", "folder": 1}], 422, "delivery.0.file.folder"),
        ([{"channel": "file", "folder": str(number)} for number in range(11)], 422, "delivery"),
        ([PLACES[0], PLACES[0]], 400, "delivery"),
        ([], 400, "delivery"),
        (5, 422, "delivery"),
    ],
)
async def test_a_bad_destination_is_named_by_its_place_alone(
    callers: Callers, delivery: object, status: int, field: str
) -> None:
    answer = await callers.post("newsroom", "/v1/jobs", {**REQUEST, "delivery": delivery})
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (status, [field]), answer.text


async def test_the_document_asks_for_the_channel_of_each_destination(callers: Callers) -> None:
    schemas = (await callers.get("ana", "/openapi.json")).json()["components"]["schemas"]
    one, several = schemas["JobSubmission-Input"]["properties"]["delivery"]["oneOf"]
    assert one["required"] == several["items"]["required"] == ["channel"]
    assert (several["type"], several["minItems"], several["maxItems"]) == ("array", 1, 10)
    redirect = schemas["RedeliverBody-Input"]["properties"]["destination"]["anyOf"][0]
    assert redirect["required"] == ["channel"]


async def test_a_stopped_delivery_is_made_again_without_being_approved_anew(open_gateway: OpenGateway) -> None:
    places = Places(broken={"b": REFUSED})
    async with open_gateway(outbox=places) as gateway:
        path, _ = await stuck(gateway)
        del places.broken["b"]
        body = {"delivery": 2, "reason": "the folder is back", "repair_id": "r-1"}
        first = await gateway.callers.post("ops", f"{path}/redeliver", body)
        assert (first.status_code, first.json()["status"]) == (200, "delivering")
        record = await closed(gateway, path)
        assert (record.status, places.arrived.count("b")) == (JobStatus.COMPLETED, 1)
        assert [(line.by, line.reason) for line in record.repairs] == [("ops", "the folder is back")]
        assert (await gateway.callers.post("ops", f"{path}/redeliver", body)).json() == first.json()


async def test_what_a_redelivery_is_refused_for_is_a_409_that_says_where_the_job_stands(
    open_gateway: OpenGateway,
) -> None:
    async with open_gateway(outbox=Places(broken={"b": REFUSED})) as gateway:
        path, _ = await stuck(gateway)
        answer = await gateway.callers.post("ops", f"{path}/redeliver", {"delivery": 1})
        assert (*kind(answer), answer.json()["job_status"]) == (409, "refused", "needs_attention")
        assert "delivery 1 has arrived" in answer.json()["detail"]
        nowhere = await gateway.callers.post("ops", f"{path}/redeliver", {"destination": {}})
        assert (*kind(nowhere), nowhere.json()["errors"][0]["field"]) == (422, "invalid-fields", "destination")
        await gateway.world.jobs.abandon(path.rpartition("/")[2], by="ops")
        await closed(gateway, path)


@pytest.mark.parametrize("who", ["newsroom", "ana", "lead"])
async def test_only_an_operator_redelivers_and_lists_deliveries(callers: Callers, who: str) -> None:
    assert kind(await callers.post(who, "/v1/jobs/any/redeliver", {})) == (403, "forbidden")
    assert kind(await callers.get(who, "/v1/deliveries")) == (403, "forbidden")


async def test_a_reviewer_sees_that_only_where_it_goes_is_asked_and_decides_by_its_number(
    open_gateway: OpenGateway,
) -> None:
    places = Places(broken={"b": REFUSED})
    async with open_gateway(outbox=places) as gateway:
        path, digest = await elsewhere(gateway)
        for shown in [(await gateway.callers.get("ana", f"{path}/{what}")).json() for what in ("draft", "drafts")]:
            assert shown["redirect"] == 1
            assert [one["destination"]["folder"] for one in shown["deliveries"]] == ["a", "d", "c"]
            assert [one["state"] for one in shown["deliveries"]] == ["delivered", "owed", "delivered"]
        changes = (await gateway.callers.get("ana", f"{path}/draft")).json()["changes"]
        assert (changes["by"], changes["reason"]) == ("ops", "the folder moved")
        assert [one["after"] for one in changes["changes"]] == ["a file in the folder d of the deployment"]
        assert (await gateway.callers.get("ana", path)).json()["redirect"] == 1
        stale = await gateway.callers.post("ana", f"{path}/decisions", {"kind": "approve", "digest": digest})
        assert kind(stale) == (409, "refused")
        assert "decide with redirect 1" in stale.json()["detail"]
        body = {"kind": "approve", "digest": digest, "redirect": 1}
        assert (await gateway.callers.post("ana", f"{path}/decisions", body)).status_code == 200
        record = await closed(gateway, path)
        assert (record.status, places.arrived.count("d")) == (JobStatus.COMPLETED, 1)
        assert record.deliveries[1].destination == File(folder="d")


async def test_the_bytes_can_not_be_changed_where_only_their_destination_is_asked(open_gateway: OpenGateway) -> None:
    async with open_gateway(outbox=Places(broken={"b": REFUSED})) as gateway:
        path, digest = await elsewhere(gateway)
        edit = {"kind": "approve_edited", "digest": digest, "text": "other words", "redirect": 1}
        assert kind(await gateway.callers.post("ana", f"{path}/decisions", edit)) == (400, "bad-request")
        body = {"kind": "request_changes", "digest": digest, "comment": "shorter", "redirect": 1}
        answer = await gateway.callers.post("ana", f"{path}/decisions", body)
        assert kind(answer) == (409, "refused")
        assert "only where they go is asked" in answer.json()["detail"]
        no = {"kind": "reject", "digest": digest, "comment": "not there", "redirect": 1}
        assert (await gateway.callers.post("ana", f"{path}/decisions", no)).status_code == 200
        assert (await closed(gateway, path)).status is JobStatus.REJECTED


async def test_what_is_held_the_first_time_shows_where_it_goes_and_no_redirect(gateway: Gateway) -> None:
    job_id, _ = await gateway.held()
    draft: dict[str, Any] = (await gateway.callers.get("ana", f"/v1/jobs/{job_id}/draft")).json()
    assert (draft["redirect"], draft["changes"]) == (0, None)
    assert [(one["number"], one["destination"]["channel"]) for one in draft["deliveries"]] == [(1, "release")]


async def listed(gateway: Gateway, job_id: str, **asked: Any) -> list[dict[str, Any]]:
    """List the deliveries of a job, once Temporal's index knows that it delivers."""
    for _ in range(100):
        answer = await gateway.callers.get("ops", "/v1/deliveries", params={"limit": 10, **asked})
        assert answer.status_code == 200, answer.text
        if lines := [one for one in answer.json()["deliveries"] if one["job_id"] == job_id]:
            return lines
        await gateway.world.env.sleep(0.1)
    pytest.fail(f"no delivery of {job_id} is listed")


async def test_an_operator_lists_what_does_not_arrive_and_what_of_it_is_stuck(open_gateway: OpenGateway) -> None:
    places = Places(broken={"b": REFUSED}, slow={"c": asyncio.Event()})
    async with open_gateway(outbox=places) as gateway:
        job_id, digest = await gateway.held(delivery=PLACES)
        await gateway.callers.post("ana", f"/v1/jobs/{job_id}/decisions", {"kind": "approve", "digest": digest})
        await gateway.world.until(job_id, lambda record: "stopped" in states(record) and len(record.receipts) == 1)
        all_of = await listed(gateway, job_id)
        stuck_ones = await listed(gateway, job_id, stuck=True)
        places.slow["c"].set()
        assert [one["number"] for one in all_of] == [2, 3]
        [line] = stuck_ones
        assert (line["number"], line["of"], line["state"]) == (2, 3, "stopped")
        assert (line["destination"], line["failure_class"]) == (PLACES[1], "configuration")
        await gateway.world.stopped(job_id)
        await gateway.world.jobs.abandon(job_id, by="ops")
        await closed(gateway, f"/v1/jobs/{job_id}")


@pytest.mark.parametrize("limit", [0, 201])
async def test_how_many_jobs_are_asked_is_bounded(callers: Callers, limit: int) -> None:
    answer = await callers.get("ops", "/v1/deliveries", params={"limit": limit})
    assert kind(answer) == (422, "invalid-fields")
