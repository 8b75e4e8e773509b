"""What the OpenAI adapter observes when a call goes wrong, and that it sends each create once."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from signoff.adapters.openai import OpenAIResponses
from signoff.domain.classifier import classify
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import NetworkFault, Observation
from tests.adapters.provider import CREATE, provider_at
from tests.adapters.wire import (
    Act,
    Wire,
    answering,
    hang_up_half_way,
    reset_after_reading,
    reset_unread,
    say_nothing,
    serving,
    unused_url,
)

HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
Call = Callable[[OpenAIResponses], Any]


async def fault_of(url: str, call: Call, *, timeout_seconds: float = 10.0) -> Observation:
    async with provider_at(url, timeout_seconds=timeout_seconds) as provider:
        with pytest.raises(FaultError) as raised:
            await call(provider)
    return raised.value.seen


def error(code: str | None = None, message: str = "no", kind: str = "some_error") -> bytes:
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code}}).encode()


def create(provider: OpenAIResponses) -> Any:
    return provider.create(CREATE)


async def seen_by(act: Act, call: Call = create, **more: Any) -> tuple[Observation, Wire]:
    async with serving(act) as wire:
        return await fault_of(wire.url, call, **more), wire


@pytest.mark.parametrize(
    ("act", "network", "http_status"),
    [
        (reset_unread, NetworkFault.LOST, None),
        (reset_after_reading, NetworkFault.LOST, None),
        (hang_up_half_way, NetworkFault.LOST, None),
        (say_nothing, NetworkFault.TIMEOUT, None),
        (answering(200, b"<html>", content_type="text/html"), NetworkFault.LOST, 200),
        (answering(200, b""), NetworkFault.LOST, 200),
        (answering(200, b"[]"), NetworkFault.LOST, 200),
        (answering(200, b"null"), NetworkFault.LOST, 200),
        (answering(200, b'{"status": "queued"}'), NetworkFault.LOST, 200),
        (answering(200, b'{"id": ""}'), NetworkFault.LOST, 200),
        (answering(200, b'{"id": "resp_1", "st'), NetworkFault.LOST, 200),
        (answering(500, error("server_error")), None, 500),
        (answering(502, HTML, content_type="text/html"), None, 502),
        (answering(503, HTML, content_type="text/html"), None, 503),
        (answering(503, b'{"statusCode": 503, "message": "upstream is gone"}'), None, 503),
        (answering(503, error(kind="server_error")), None, 503),
        (answering(504, b""), None, 504),
        (answering(408, error("Timeout")), None, 408),
        (answering(200, b"[" * 200_000), NetworkFault.LOST, 200),
    ],
)
async def test_a_create_whose_reply_is_lost_is_sent_once_and_its_outcome_is_unknown(
    act: Act, network: NetworkFault | None, http_status: int | None
) -> None:
    seen, wire = await seen_by(act, timeout_seconds=1.0)
    assert (seen.stage, seen.network, seen.http_status) == (Stage.CREATE, network, http_status)
    assert classify(seen) is FailureClass.OUTCOME_UNKNOWN
    assert wire.connections == 1
    assert wire.posts == (0 if act is reset_unread else 1)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (503, "server_is_overloaded", FailureClass.TRANSIENT),
        (503, "slow_down", FailureClass.RATE_LIMITED),
        (409, None, FailureClass.TRANSIENT),
        (429, "rate_limit_exceeded", FailureClass.RATE_LIMITED),
        (429, "insufficient_quota", FailureClass.QUOTA),
        (429, "a_new_limit", FailureClass.UNCLASSIFIED),
        (400, "context_length_exceeded", FailureClass.MALFORMED_INPUT),
        (401, "invalid_api_key", FailureClass.CONFIGURATION),
        (403, "misalignment_policy_violation", FailureClass.REVIEW_REQUIRED),
        (404, "model_not_found", FailureClass.CONFIGURATION),
        (418, "a_new_code", FailureClass.UNCLASSIFIED),
    ],
)
async def test_a_refused_create_is_sent_once_and_seen_with_status_and_code(
    status: int, code: str | None, expected: FailureClass
) -> None:
    seen, wire = await seen_by(answering(status, error(code)))
    assert (seen.http_status, seen.error_code, seen.error_type) == (status, code or "", "some_error")
    assert classify(seen) is expected
    assert wire.posts == 1


async def test_a_create_that_did_not_arrive_in_time_may_be_sent_again() -> None:
    seen, wire = await seen_by(answering(408, b""))
    assert classify(seen) is FailureClass.TRANSIENT
    assert wire.posts == 1


async def test_a_503_in_the_words_of_the_api_is_a_create_that_was_turned_away() -> None:
    seen, _ = await seen_by(answering(503, error(kind="service_unavailable_error")))
    assert classify(seen) is FailureClass.TRANSIENT


async def test_where_nobody_listens_nothing_was_sent() -> None:
    seen = await fault_of(unused_url(), create)
    assert seen.network is NetworkFault.REFUSED
    assert classify(seen) is FailureClass.TRANSIENT


async def test_where_a_proxy_lets_nothing_through_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(answering(502, HTML)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        seen = await fault_of("https://api.invalid", create)
    assert [request.method for request in proxy.requests] == ["CONNECT"]
    assert (seen.network, classify(seen)) == (NetworkFault.REFUSED, FailureClass.TRANSIENT)


@pytest.mark.parametrize("act", [reset_after_reading, say_nothing, answering(500, error("server_error"))])
@pytest.mark.parametrize(
    ("stage", "call"),
    [
        (Stage.LOOK, lambda provider: provider.retrieve("resp_1")),
        (Stage.CANCEL, lambda provider: provider.cancel("resp_1")),
    ],
)
async def test_a_lost_reply_to_what_may_be_repeated_is_transient(stage: Stage, call: Call, act: Act) -> None:
    seen, wire = await seen_by(act, call, timeout_seconds=1.0)
    assert (seen.stage, classify(seen)) == (stage, FailureClass.TRANSIENT)
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry_after": "5"}, timedelta(seconds=5)),
        ({"retry_after": "200"}, timedelta(seconds=200)),
        ({"retry_after_ms": "1500", "retry_after": "9"}, timedelta(seconds=1.5)),
        ({}, None),
    ],
)
async def test_the_hint_when_to_come_back_is_read_from_the_headers(
    headers: dict[str, str], expected: timedelta | None
) -> None:
    seen, _ = await seen_by(answering(429, error("rate_limit_exceeded"), **headers))
    assert seen.retry_after == expected


async def test_the_hint_may_be_an_http_date() -> None:
    at = datetime.now(UTC) + timedelta(minutes=2)
    seen, _ = await seen_by(answering(429, error("rate_limit_exceeded"), retry_after=format_datetime(at, usegmt=True)))
    assert seen.retry_after is not None
    assert timedelta(seconds=90) < seen.retry_after <= timedelta(minutes=2)


async def test_without_a_header_the_hint_is_read_from_the_message() -> None:
    seen, _ = await seen_by(answering(429, error("rate_limit_exceeded", "Please try again in 11.054s.")))
    assert seen.retry_after == timedelta(seconds=11.054)


async def test_the_reset_of_a_rate_limit_is_a_hint_where_there_is_no_other() -> None:
    reset = {"x_ratelimit_reset_tokens": "6m0s"}
    refused = error("rate_limit_exceeded")
    hints = [
        (await seen_by(answer))[0].retry_after
        for answer in (
            answering(429, refused, **reset),
            answering(429, refused, retry_after="5", **reset),
            answering(429, error("rate_limit_exceeded", "try again in 20s"), **reset),
            answering(500, refused, **reset),
        )
    ]
    assert hints == [timedelta(minutes=6), timedelta(seconds=5), timedelta(seconds=20), None]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"x_should_retry": "false"}, False),
        ({"x_should_retry": "true"}, True),
        ({"x_should_retry": "True"}, True),
        ({"x_should_retry": "perhaps"}, None),
        ({}, None),
    ],
)
async def test_the_hint_whether_to_retry_is_kept(header: dict[str, str], expected: bool | None) -> None:  # noqa: FBT001
    seen, _ = await seen_by(answering(429, error(), **header))
    assert seen.may_retry is expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[1]",
        b'"text"',
        b'{"error": "just text"}',
        b'{"error": {"code": 7, "message": null}}',
        b'{"error": {"message": "half an emoji \\ud83d", "code": "\\ud83d"}}',
    ],
)
async def test_an_error_answer_of_any_form_is_a_fault_with_its_status(body: bytes) -> None:
    seen, _ = await seen_by(answering(400, body))
    assert seen.http_status == 400
    assert seen.message


async def test_a_large_error_page_is_cut() -> None:
    seen, _ = await seen_by(answering(502, b"x" * 300_000, content_type="text/html"))
    assert len(seen.evidence.encode()) <= 2_000
    assert len(seen.message.encode()) <= 2_000


async def test_the_key_appears_in_nothing_that_was_observed() -> None:
    seen, wire = await seen_by(answering(401, error("invalid_api_key")))
    assert "sk-a-key" in wire.requests[0].headers["authorization"]
    assert "sk-a-key" not in seen.model_dump_json()


async def test_a_client_with_retries_of_its_own_still_sends_one_create() -> None:
    async with serving(answering(500, error("server_error"))) as wire, provider_at(wire.url) as provider:
        eager = OpenAIResponses(provider._client.with_options(max_retries=5))
        with pytest.raises(FaultError):
            await eager.create(CREATE)
        assert wire.posts == 1
