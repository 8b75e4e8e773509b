"""Delivery by HTTP, to a real server that misbehaves as told."""

import asyncio
import base64
import dataclasses
import hashlib
import resource
import zlib
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from activities.errors import failure_of
from signoff.adapters.http import WORD_LIMIT, HttpChannel
from signoff.adapters.secrets import DeliverySecrets
from signoff.domain.classifier import classify
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.delivery import Http, HttpContent, Receipt, Release
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass
from signoff.domain.observation import NetworkFault, Observation
from signoff.ports import Parcel
from tests.adapters.wire import (
    Act,
    Wire,
    answer_for_ever,
    answering,
    dripping,
    hang_up_half_way,
    reset_after_reading,
    reset_unread,
    say_nothing,
    serving,
    unused_url,
)

DATA = b'{"text":"the secret plan"}'


def parcel(url: str) -> Parcel:
    return Parcel(job_id="job-1", digest=digest_of(DATA), data=DATA, destination=Http(url=url))


async def deliver(url: str, *hosts: str) -> Receipt:
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await HttpChannel(client, hosts).deliver(parcel(url))


async def refusal(url: str, *hosts: str) -> Observation:
    with pytest.raises(FaultError) as raised:
        await deliver(url, *hosts)
    assert "the secret plan" not in raised.value.seen.message
    return raised.value.seen


async def seen_by(act: Act) -> tuple[Observation, Wire]:
    async with serving(act) as wire:
        return await refusal(f"{wire.url}/results", wire.host), wire


async def test_the_request_carries_the_bytes_and_what_makes_a_repeat_recognisable() -> None:
    async with serving(answering(200)) as wire:
        await deliver(f"{wire.url}/results?for=me", wire.host)
    (request,) = wire.requests
    assert (request.method, request.path, request.body) == ("POST", "/results?for=me", DATA)
    assert {name: request.headers[name] for name in ("content-type", "idempotency-key", "signoff-job-id")} == {
        "content-type": "application/json",
        "idempotency-key": f"job-1:{digest_of(DATA)}",
        "signoff-job-id": "job-1",
    }
    assert request.headers["signoff-digest"] == digest_of(DATA)


@pytest.mark.parametrize(
    ("act", "reference"),
    [
        (answering(201, b"ignored", location="/results/7"), "/results/7"),
        (answering(200, b'{"id": "rcv_1"}'), '{"id": "rcv_1"}'),
        (answering(204), "HTTP 204"),
        (answering(200, b"x" * 10_000), "x" * WORD_LIMIT),
        (answer_for_ever, "x" * WORD_LIMIT),
    ],
)
async def test_the_receipt_holds_the_destinations_own_word(act: Act, reference: str) -> None:
    async with serving(act) as wire:
        receipt = await deliver(f"{wire.url}/results", wire.host)
    assert (receipt.reference, receipt.destination) == (reference, f"{wire.url}/results")


@pytest.mark.parametrize("allow", [lambda wire: wire.host, lambda wire: wire.host.partition(":")[0]])
async def test_a_host_is_allowed_with_its_port_or_with_any(allow: object) -> None:
    async with serving(answering(200)) as wire:
        assert callable(allow)
        await deliver(f"{wire.url}/results", allow(wire))
    assert wire.posts == 1


@pytest.mark.parametrize(
    "hosts",
    [(), ("example.org",), ("127.0.0.1:1",), ("127.0.0.1.example.org",), ("0.0.1",), ("",), ("*",)],
)
async def test_nothing_is_sent_to_a_host_that_is_not_on_the_list(hosts: tuple[str, ...]) -> None:
    async with serving(answering(200)) as wire:
        seen = await refusal(f"{wire.url}/results", *hosts)
    assert wire.connections == 0
    assert classify(seen) is FailureClass.CONFIGURATION
    assert "SIGNOFF_DELIVERY_HOSTS" in seen.message


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://Example.test/a", "example.test"),
        ("http://example.test/a", "Example.test"),
        ("https://example.test/a", "example.test:443"),
        ("http://example.test/a", "example.test:80"),
        ("http://[::1]:8080/a", "[::1]"),
        ("http://[::1]:8080/a", "[::1]:8080"),
    ],
)
async def test_a_host_is_recognised_in_any_case_and_with_the_port_of_its_scheme(url: str, host: str) -> None:
    answers = httpx2.MockTransport(lambda _request: httpx2.Response(204))
    async with httpx2.AsyncClient(transport=answers) as client:
        assert (await HttpChannel(client, [host]).deliver(parcel(url))).reference == "HTTP 204"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with serving(answering(200)) as elsewhere:
        seen, _ = await seen_by(answering(status, location=f"{elsewhere.url}/"))
        assert elsewhere.connections == 0
    assert (seen.http_status, classify(seen)) == (status, FailureClass.CONFIGURATION)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, FailureClass.MALFORMED_INPUT),
        (401, FailureClass.CONFIGURATION),
        (403, FailureClass.CONFIGURATION),
        (404, FailureClass.CONFIGURATION),
        (408, FailureClass.TRANSIENT),
        (409, FailureClass.TRANSIENT),
        (413, FailureClass.MALFORMED_INPUT),
        (418, FailureClass.UNCLASSIFIED),
        (422, FailureClass.MALFORMED_INPUT),
        (429, FailureClass.RATE_LIMITED),
        (500, FailureClass.OUTCOME_UNKNOWN),
        (502, FailureClass.OUTCOME_UNKNOWN),
        (503, FailureClass.TRANSIENT),
    ],
)
async def test_an_answer_that_is_no_success_has_the_class_of_its_status(status: int, expected: FailureClass) -> None:
    seen, wire = await seen_by(answering(status, b"why it was refused"))
    assert (seen.http_status, classify(seen), seen.evidence) == (status, expected, "why it was refused")
    assert wire.posts == 1


@pytest.mark.parametrize("act", [reset_unread, reset_after_reading, hang_up_half_way])
async def test_a_connection_that_breaks_leaves_the_outcome_unknown(act: Act) -> None:
    seen, _ = await seen_by(act)
    assert (seen.network, classify(seen)) == (NetworkFault.LOST, FailureClass.OUTCOME_UNKNOWN)


async def test_an_answer_that_is_compressed_unasked_is_not_unfolded() -> None:
    """A megabyte of it holds a gigabyte, so its status has to do."""
    bomb = zlib.compress(bytes(100_000_000), wbits=31)
    async with serving(answering(201, bomb, content_encoding="gzip")) as wire:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        receipt = await deliver(wire.url, wire.host)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert (receipt.reference, wire.requests[0].headers["accept-encoding"]) == ("HTTP 201", "identity")
    assert grown < 20_000, f"{grown} kB more than before"


@pytest.mark.parametrize("act", [say_nothing, dripping(b"HTTP/1.1 200 OK\r\n"), dripping(b"HTTP/1.1 200 OK\r\n\r\n")])
async def test_no_whole_answer_in_time_leaves_the_outcome_unknown(act: Act) -> None:
    """The time is for all of it: each byte that drips begins no new one."""
    async with serving(act) as wire, httpx2.AsyncClient(trust_env=False) as client, asyncio.timeout(5):
        channel = HttpChannel(client, [wire.host], timeout=timedelta(seconds=0.4))
        with pytest.raises(FaultError) as raised:
            await channel.deliver(parcel(wire.url))
    seen = raised.value.seen
    assert (seen.network, classify(seen)) == (NetworkFault.TIMEOUT, FailureClass.OUTCOME_UNKNOWN)
    assert wire.posts == 1


async def test_where_nobody_listens_nothing_was_sent() -> None:
    seen = await refusal(unused_url(), "127.0.0.1")
    assert (seen.network, classify(seen)) == (NetworkFault.REFUSED, FailureClass.TRANSIENT)


async def test_the_hint_when_to_come_back_is_kept() -> None:
    async with serving(answering(429, retry_after="120")) as wire, httpx2.AsyncClient(trust_env=False) as client:
        with pytest.raises(FaultError) as raised:
            await HttpChannel(client, [wire.host]).deliver(parcel(wire.url))
    assert failure_of(raised.value, datetime.now(UTC)).retry_after == timedelta(minutes=2)


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "http://127.0.0.1:port/"])
async def test_an_address_that_cannot_be_used_is_the_requesters_to_amend(url: str) -> None:
    assert classify(await refusal(url, "127.0.0.1")) is FailureClass.MALFORMED_INPUT


SIGNING = f"whsec_{'a' * 40}"


async def deliver_with(wire: Wire, *entries: str, **wanted: str) -> None:
    secrets = DeliverySecrets.parse([SecretStr(entry) for entry in entries])
    destination = Http.model_validate({"url": f"{wire.url}/results", **wanted})
    named = Parcel(job_id="job-1", digest=digest_of(DATA), data=DATA, destination=destination)
    async with httpx2.AsyncClient(trust_env=False) as client:
        await HttpChannel(client, [wire.host], secrets).deliver(named)


async def test_a_signed_request_has_the_same_id_at_each_repeat() -> None:
    async with serving(answering(200)) as wire:
        for _ in range(2):
            await deliver_with(wire, f"erp={SIGNING}", signing_secret="erp")
    assert {request.headers["webhook-id"] for request in wire.requests} == {f"job-1:{digest_of(DATA)}"}
    for request in wire.requests:
        Webhook(SIGNING).verify(request.body, dict(request.headers), json_parse=False)


async def test_a_request_is_unsigned_and_unauthorized_unless_secrets_are_named() -> None:
    async with serving(answering(200)) as wire:
        await deliver_with(wire, f"erp={SIGNING}")
    assert not {"webhook-signature", "authorization"} & set(wire.requests[0].headers)


async def test_a_bearer_token_is_sent_as_the_authorization() -> None:
    async with serving(answering(200)) as wire:
        await deliver_with(wire, "crm=a-token", bearer_token="crm")
    assert wire.requests[0].headers["authorization"] == "Bearer a-token"


@pytest.mark.parametrize(
    ("entries", "wanted", "told"),
    [
        ([], {"signing_secret": "erp"}, "SIGNOFF_DELIVERY_SECRETS has no secret erp"),
        ([], {"bearer_token": "erp"}, "SIGNOFF_DELIVERY_SECRETS has no secret erp"),
        (["erp=whsec_YWJj"], {"signing_secret": "erp"}, "the delivery secret erp can't sign"),
    ],
)
async def test_a_secret_that_is_missing_or_weak_keeps_anything_from_being_sent(
    entries: list[str], wanted: dict[str, str], told: str
) -> None:
    async with serving(answering(200)) as wire:
        with pytest.raises(FaultError, match=told) as raised:
            await deliver_with(wire, *entries, **wanted)
    assert classify(raised.value.seen) is FailureClass.CONFIGURATION
    assert wire.connections == 0


async def test_the_text_alone_is_sent_as_text_with_its_digest() -> None:
    text = Deliverable(job_id="job-1", attempt=1, text="潮汐")
    destination = Http(url="http://receiver.test/", content=HttpContent.TEXT)
    sent = Parcel(job_id="job-1", digest=digest_of(text.canonical()), data=text.canonical(), destination=destination)
    async with serving(answering(200)) as wire, httpx2.AsyncClient(trust_env=False) as client:
        where = destination.model_copy(update={"url": wire.url})
        await HttpChannel(client, [wire.host]).deliver(dataclasses.replace(sent, destination=where))
    (request,) = wire.requests
    assert (request.body, request.headers["content-type"]) == ("潮汐".encode(), "text/plain; charset=utf-8")
    digest = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
    assert request.headers["content-digest"] == f"sha-256=:{digest}:"


async def test_a_parcel_for_another_channel_is_a_bug() -> None:
    wrong = Parcel(job_id="job-1", digest=digest_of(DATA), data=DATA, destination=Release())
    async with httpx2.AsyncClient() as client:
        with pytest.raises(TypeError, match="can't deliver to release"):
            await HttpChannel(client, ["127.0.0.1"]).deliver(wrong)
