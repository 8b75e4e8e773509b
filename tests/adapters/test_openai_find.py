"""How the OpenAI adapter looks for a job's responses in the list that some servers have."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from signoff.adapters.openai import PAGE_SIZE, PAGES, OpenAIResponses
from signoff.domain.classifier import classify
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import NetworkFault, Observation
from signoff.ports import RawResponse
from tests.adapters.provider import provider_at
from tests.adapters.wire import Act, Wire, answering, reset_after_reading, say_nothing, serving

SINCE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SESSION_KEY = {"error": {"message": "... with a session key ...", "type": "server_error", "param": None, "code": None}}
BAD_KEY = {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}}


def response(number: int, seconds: float = 1.0, job_id: str = "a-job", **more: Any) -> dict[str, Any]:
    """Make a response that was created so many seconds after `SINCE`."""
    metadata = {"signoff_job_id": job_id, "signoff_attempt": "1"}
    created_at = SINCE.timestamp() + seconds
    return {"id": f"resp_{number}", "object": "response", "created_at": created_at, "metadata": metadata, **more}


def page(*responses: object, has_more: bool | None = False) -> Act:
    body: dict[str, Any] = {"object": "list", "data": list(responses)}
    return answering(200, json.dumps(body if has_more is None else {**body, "has_more": has_more}).encode())


def refusing(status: int, body: object = None) -> Act:
    return answering(status, json.dumps(body).encode())


async def found_by(*acts: Act, **more: Any) -> tuple[tuple[RawResponse, ...] | None, Wire]:
    async with serving(*acts) as wire, provider_at(wire.url, **more) as provider:
        return await provider.find("a-job", SINCE), wire


async def ids_found_by(*acts: Act) -> list[str]:
    found, _ = await found_by(*acts)
    assert found is not None
    return [one.body["id"] for one in found]


async def fault_of(*acts: Act) -> Observation:
    with pytest.raises(FaultError) as raised:
        await found_by(*acts, timeout_seconds=1.0)
    return raised.value.seen


def asked(wire: Wire) -> list[dict[str, list[str]]]:
    assert {(one.method, urlsplit(one.path).path) for one in wire.requests} == {("GET", "/v1/responses")}
    return [parse_qs(urlsplit(one.path).query) for one in wire.requests]


async def test_the_responses_of_the_job_are_found_with_their_bodies_oldest_first() -> None:
    newer, older = response(2, 20, status="queued"), response(1, 10, text="é \ud83d")
    found, wire = await found_by(page(newer, response(9, 15, job_id="another"), older))
    assert found is not None
    assert [one.body for one in found] == [older, newer]
    assert [json.loads(one.data) for one in found] == [older, newer]
    assert asked(wire) == [{"limit": ["100"], "order": ["desc"]}]


@pytest.mark.parametrize(
    "other",
    [
        {"metadata": None},
        {"metadata": {}},
        {"metadata": "a-job"},
        {"metadata": {"signoff_job_id": "a-job-2"}},
        {"id": 5},
        {"id": None},
    ],
)
async def test_what_is_not_known_to_be_of_the_job_is_not_found(other: dict[str, Any]) -> None:
    assert await ids_found_by(page({**response(1), **other}, "no object", response(2))) == ["resp_2"]


async def test_a_list_without_a_response_of_the_job_finds_nothing() -> None:
    assert await ids_found_by(page()) == []


@pytest.mark.parametrize(("seconds", "is_found"), [(-119, True), (-121, False), (0, True), (3_600, True)], ids=str)
async def test_only_responses_since_then_count_give_or_take_the_clocks(seconds: float, *, is_found: bool) -> None:
    assert await ids_found_by(page(response(1, seconds))) == ["resp_1"] * is_found


async def test_a_response_that_does_not_tell_its_age_counts_as_new() -> None:
    assert await ids_found_by(page(response(1, created_at=None))) == ["resp_1"]


async def test_pages_are_read_until_there_are_no_more() -> None:
    pages = [page(response(5), response(4), has_more=True), page(response(3), response(2), has_more=True)]
    found, wire = await found_by(*pages, page(response(1)))
    assert found is not None
    assert {one.body["id"] for one in found} == {f"resp_{number}" for number in range(1, 6)}
    assert [query.get("after") for query in asked(wire)] == [None, ["resp_4"], ["resp_2"]]


async def test_pages_are_read_until_they_are_too_old() -> None:
    found, wire = await found_by(page(response(2, 5), response(1, -121), has_more=True))
    assert found is not None
    assert [one.body["id"] for one in found] == ["resp_2"]
    assert len(wire.requests) == 1


async def test_a_list_that_begins_with_the_oldest_is_read_to_its_end() -> None:
    """A server may not know `order`; an old first page then says nothing of the ones after it."""
    oldest = page(response(1, -9_000), response(2, -8_000), has_more=True)
    assert await ids_found_by(oldest, page(response(3, 1), response(4, 2))) == ["resp_3", "resp_4"]


@pytest.mark.parametrize(("on_page", "requests"), [(PAGE_SIZE, 2), (PAGE_SIZE - 1, 1)])
async def test_a_list_that_does_not_say_whether_there_is_more_ends_with_a_short_page(
    on_page: int, requests: int
) -> None:
    full = page(*(response(number + 2) for number in range(on_page)), has_more=None)
    _, wire = await found_by(full, page(response(1), has_more=None))
    assert len(wire.requests) == requests


async def test_a_list_that_can_not_be_paged_says_nothing_of_what_it_does_not_show() -> None:
    found, wire = await found_by(page(response(1, job_id="another"), has_more=True))
    assert found is None
    assert len(wire.requests) == 2


@pytest.mark.parametrize("empty", [page(has_more=True), page({"id": None}, has_more=True)])
async def test_a_page_that_names_no_next_one_is_the_last_that_is_read(empty: Act) -> None:
    found, wire = await found_by(page(response(2, job_id="another"), has_more=True), empty)
    assert found is None
    assert len(wire.requests) == 2


@pytest.mark.parametrize(("job_id", "expected"), [("another", None), ("a-job", PAGES)])
async def test_a_list_without_end_is_given_up(job_id: str, expected: int | None) -> None:
    """What was found in it counts; that nothing was found there proves nothing."""
    acts = [page(response(PAGES - number, job_id=job_id), has_more=True) for number in range(PAGES + 5)]
    found, wire = await found_by(*acts)
    assert (len(found) if found else found) == expected
    assert len(wire.requests) == PAGES


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
async def test_a_server_that_refuses_to_list_has_no_list(status: int) -> None:
    found, wire = await found_by(refusing(status))
    assert found is None
    assert len(wire.requests) == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_openai_keeps_its_list_for_its_own_pages(status: int) -> None:
    assert (await found_by(refusing(status, SESSION_KEY)))[0] is None


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_a_list_that_breaks_off_half_way_is_a_fault_rather_than_none(status: int) -> None:
    seen = await fault_of(page(response(2), has_more=True), refusing(status))
    assert (seen.stage, seen.http_status) == (Stage.FIND, status)


@pytest.mark.parametrize(
    ("act", "http_status", "network", "expected"),
    [
        (refusing(401), 401, None, FailureClass.CONFIGURATION),
        (refusing(401, BAD_KEY), 401, None, FailureClass.CONFIGURATION),
        (refusing(408), 408, None, FailureClass.TRANSIENT),
        (refusing(409), 409, None, FailureClass.TRANSIENT),
        (refusing(422), 422, None, FailureClass.MALFORMED_INPUT),
        (refusing(429), 429, None, FailureClass.RATE_LIMITED),
        (refusing(500), 500, None, FailureClass.TRANSIENT),
        (refusing(502), 502, None, FailureClass.TRANSIENT),
        (reset_after_reading, None, NetworkFault.LOST, FailureClass.TRANSIENT),
        (say_nothing, None, NetworkFault.TIMEOUT, FailureClass.TRANSIENT),
        (answering(200, b"<html>"), 200, NetworkFault.LOST, FailureClass.TRANSIENT),
        (answering(200, b"[]"), 200, NetworkFault.LOST, FailureClass.TRANSIENT),
        (answering(200, b"{}"), 200, NetworkFault.LOST, FailureClass.TRANSIENT),
        (answering(200, b'{"data": {}}'), 200, NetworkFault.LOST, FailureClass.TRANSIENT),
    ],
)
async def test_a_list_that_can_not_be_read_is_a_fault_that_is_safe_to_repeat(
    act: Act, http_status: int | None, network: NetworkFault | None, expected: FailureClass
) -> None:
    seen = await fault_of(act)
    assert (seen.stage, seen.http_status, seen.network) == (Stage.FIND, http_status, network)
    assert classify(seen) is expected


async def test_an_eager_client_asks_once_as_well() -> None:
    async with serving(refusing(500)) as wire, provider_at(wire.url) as provider:
        eager = OpenAIResponses(provider._client.with_options(max_retries=5))
        with pytest.raises(FaultError):
            await eager.find("a-job", SINCE - timedelta(hours=1))
        assert len(wire.requests) == 1
