"""Webhooks at the gateway: only OpenAI's are taken, and none is answered with 200 before it is durable."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx2
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook
from starlette.applications import Starlette

from signoff.adapters.webhooks import OpenAIWebhooks
from signoff.domain.announcement import Announcement
from signoff.domain.errors import UnreachableError
from signoff.gateway.metrics import Metrics
from signoff.gateway.webhooks import BODY_LIMIT_BYTES, WebhookReceiver, webhook_routes

SECRET: Final = "whsec_" + base64.b64encode(b"a signing secret of 32 bytes in all").decode()
OLDER: Final = "whsec_" + base64.b64encode(b"the one before it, long enough too").decode()
EVENT: Final[dict[str, Any]] = {
    "id": "evt_1",
    "object": "event",
    "created_at": 1_785_585_600,
    "type": "response.completed",
    "data": {"id": "resp_1"},
}


@dataclass
class Desk:
    """Keeps what it was told; `holders` are the responses whose jobs are known."""

    holders: set[str] = field(default_factory=set)
    told: list[Announcement] = field(default_factory=list)
    routed: list[Announcement] = field(default_factory=list)
    is_down: bool = False

    async def tell_holder(self, announcement: Announcement) -> bool:
        if self.is_down:
            raise UnreachableError("nobody answered")
        if announcement.response_id not in self.holders:
            return False
        self.told.append(announcement)
        return True

    async def route(self, announcement: Announcement) -> bool:
        is_new = announcement not in self.routed
        self.routed.append(announcement)
        return is_new


@dataclass
class Door:
    """A gateway's webhook route, and what stands behind it."""

    http: httpx2.AsyncClient
    desk: Desk
    metrics: Metrics

    async def send(self, body: bytes, headers: Mapping[str, str]) -> int:
        answer = await self.http.post("/webhooks/openai", content=body, headers=dict(headers))
        assert answer.content == b""
        return answer.status_code

    async def send_event(self, webhook_id: str = "evt_1", secret: str = SECRET, **changes: Any) -> int:
        return await self.send(*signed({**EVENT, **changes}, webhook_id=webhook_id, secret=secret))


def signed(
    event: Any, *, webhook_id: str = "evt_1", secret: str = SECRET, age: float = 0
) -> tuple[bytes, dict[str, str]]:
    """Sign as an independent implementation of Standard Webhooks does."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    at = datetime.fromtimestamp(int(time.time() - age), UTC)
    signature = Webhook(secret).sign(webhook_id, at, body.decode("utf-8", "replace"))
    return body, {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    desk, metrics = Desk(holders={"resp_1"}), Metrics()
    receiver = WebhookReceiver(OpenAIWebhooks([SECRET, OLDER]), desk, metrics)
    app = Starlette(routes=webhook_routes(receiver, lambda: {"webhooks": True}))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://gateway") as http:
        yield Door(http, desk, metrics)


async def test_a_webhook_of_a_known_response_is_told_to_its_job(door: Door) -> None:
    assert await door.send_event() == 200
    assert door.desk.told == [Announcement(response_id="resp_1", announcement_id="evt_1")]
    assert door.metrics.counted("announced") == 1


async def test_a_webhook_of_an_unknown_response_is_routed(door: Door) -> None:
    assert await door.send_event(data={"id": "resp_2"}) == 200
    assert [one.response_id for one in door.desk.routed] == ["resp_2"]
    assert door.metrics.counted("routed") == 1


@pytest.mark.parametrize("secret", [SECRET, OLDER])
async def test_each_secret_counts_during_a_rotation(door: Door, secret: str) -> None:
    assert await door.send_event(secret=secret) == 200


async def test_one_of_several_signatures_is_enough(door: Door) -> None:
    body, headers = signed(EVENT)
    headers["webhook-signature"] = f"v1,{base64.b64encode(b'x' * 32).decode()} {headers['webhook-signature']}"
    assert await door.send(body, headers) == 200


async def test_a_repeat_asks_temporal_nothing(door: Door) -> None:
    for _ in range(5):
        assert await door.send_event() == 200
    assert len(door.desk.told) == 1
    assert door.metrics.counted("repeated") == 4


@pytest.mark.parametrize("kind", ["batch.completed", "response.never_seen_before", "safety.alert.created", ""])
async def test_events_about_anything_else_are_taken_and_counted(door: Door, kind: str) -> None:
    assert await door.send_event(type=kind) == 200
    assert (door.desk.told, door.desk.routed) == ([], [])
    assert door.metrics.counted("foreign") == 1


async def test_temporal_that_does_not_answer_makes_openai_send_it_again(door: Door) -> None:
    door.desk.is_down = True
    assert await door.send_event() == 503
    door.desk.is_down = False
    assert await door.send_event() == 200
    assert len(door.desk.told) == 1
    assert door.metrics.counted("unreachable") == 1


@pytest.mark.parametrize("age", [-301, 301, 86_400])
async def test_one_that_was_signed_too_long_ago_or_ahead_is_refused(door: Door, age: float) -> None:
    assert await door.send(*signed(EVENT, age=age)) == 400
    assert door.metrics.counted("refused") == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"type": 1}',
        b"[" * 60_000,
        json.dumps({**EVENT, "data": None}).encode(),
        json.dumps({**EVENT, "data": {"id": "../x"}}).encode(),
        json.dumps({**EVENT, "data": {"id": "x' OR ''='"}}).encode(),
    ],
)
async def test_a_body_that_is_no_event_is_refused_although_it_is_signed(door: Door, body: bytes) -> None:
    assert await door.send(*signed(body)) == 400
    assert (door.desk.told, door.desk.routed) == ([], [])


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 400)])
async def test_a_body_may_have_64_kib(door: Door, more: int, status: int) -> None:
    bare = len(json.dumps({**EVENT, "pad": ""}))
    event = {**EVENT, "pad": "x" * (BODY_LIMIT_BYTES - bare + more)}
    assert await door.send(*signed(event)) == status


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
async def test_a_request_without_one_of_the_headers_is_refused(door: Door, missing: str) -> None:
    body, headers = signed(EVENT)
    del headers[missing]
    assert await door.send(body, headers) == 400


@pytest.mark.parametrize(
    "signature", ["", "v1,", "v1,ä", "nonsense", "v1,AAAA", "v2,AAAA v1,BBBB", "v1," + "A" * 5_000, "bare"]
)
async def test_a_signature_that_is_none_is_refused(door: Door, signature: str) -> None:
    body, headers = signed(EVENT)
    if signature == "bare":  # OpenAI's verifier takes one that says no version
        signature = headers["webhook-signature"].removeprefix("v1,")
    raw = [(name.encode(), value.encode()) for name, value in {**headers, "webhook-signature": signature}.items()]
    answer = await door.http.post("/webhooks/openai", content=body, headers=raw)
    assert answer.status_code == 400


mutations = st.tuples(
    st.sampled_from(["body", "webhook-id", "webhook-timestamp", "webhook-signature"]),
    st.integers(min_value=0, max_value=400),
    st.sampled_from(["replace", "insert", "delete", "cut"]),
    st.integers(min_value=33, max_value=126),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutations)
async def test_no_mutation_of_a_signed_request_passes(mutation: tuple[str, int, str, int]) -> None:
    part, place, how, byte = mutation
    body, headers = signed(EVENT)
    given_parts = {"body": body, **{name: value.encode() for name, value in headers.items()}}
    before = given_parts[part]
    place %= len(before)
    after = {
        "replace": before[:place] + bytes([byte]) + before[place + 1 :],
        "insert": before[:place] + bytes([byte]) + before[place:],
        "delete": before[:place] + before[place + 1 :],
        "cut": before[:place],
    }[how]
    assume(after != before)
    changed = {**given_parts, part: after}
    verifier = OpenAIWebhooks([SECRET])
    told = {name: value.decode() for name, value in changed.items() if name != "body"}
    assert not await verifier.is_genuine(changed["body"], told)


async def test_what_was_not_changed_passes() -> None:
    body, headers = signed(EVENT)
    assert await OpenAIWebhooks([SECRET]).is_genuine(body, headers)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!!", "whsec_c2hvcnQ=", "a" * 64])
def test_a_secret_with_which_forgeries_would_pass_is_no_secret(secret: str) -> None:
    with pytest.raises(ValueError, match="signing secret 2"):
        OpenAIWebhooks([SECRET, secret])


async def test_a_gateway_without_a_secret_has_openai_send_webhooks_again() -> None:
    metrics = Metrics()
    receiver = WebhookReceiver(None, Desk(), metrics)
    app = Starlette(routes=webhook_routes(receiver, lambda: {"webhooks": False}))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://gateway") as http:
        body, headers = signed(EVENT)
        assert (await http.post("/webhooks/openai", content=body, headers=headers)).status_code == 503
        assert (await http.get("/health")).json() == {"status": "ok", "webhooks": False}


async def test_what_can_not_be_made_durable_in_time_is_not_answered_with_200(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_announcement: Announcement) -> bool:
        await asyncio.Event().wait()
        return True

    monkeypatch.setattr("signoff.gateway.webhooks.PATIENCE_SECONDS", timedelta(milliseconds=50).total_seconds())
    monkeypatch.setattr(door.desk, "tell_holder", never)
    assert await door.send_event() == 503
