"""A receiver takes what is genuine, fresh and as approved, and nothing else."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from standardwebhooks import Webhook

from signoff.adapters.http import HttpChannel
from signoff.adapters.secrets import DeliverySecrets
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.delivery import Http, HttpContent
from signoff.ports import Parcel
from signoff.receive import NotGenuineError, verify
from tests.adapters.wire import Request, answering, serving

SECRET = "whsec_" + "a" * 40
OTHER = "whsec_" + "b" * 40
APPROVED = Deliverable(job_id="brief-2026.11", attempt=2, text="Ebbe & Flut — 潮汐")
DATA = APPROVED.canonical()
KEY = f"{APPROVED.job_id}:{digest_of(DATA)}"
NO_AGE = timedelta(0)
DOCUMENTED = Path(__file__).parents[1] / "docs" / "delivery.md"

Headers = dict[str, str]


def signed(body: bytes = DATA, *, key: str = KEY, secret: str = SECRET, age: timedelta = NO_AGE) -> Headers:
    at = datetime.now(UTC) - age
    return {
        "Webhook-Id": key,
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": Webhook(secret).sign(key, at, body.decode()),
        "Content-Type": "application/json",
    }


async def arrived(content: HttpContent = HttpContent.DELIVERABLE, *, times: int = 1, number: int = 1) -> list[Request]:
    """Have the real channel deliver to a real receiver."""
    secrets = DeliverySecrets.parse([SecretStr(f"receiver={SECRET}")])
    async with serving(answering(200)) as wire, httpx2.AsyncClient(trust_env=False) as client:
        channel = HttpChannel(client, [wire.host], secrets)
        where = Http(url=f"{wire.url}/results", content=content, signing_secret="receiver")
        parcel = Parcel(job_id=APPROVED.job_id, digest=digest_of(DATA), data=DATA, destination=where, number=number)
        for _ in range(times):
            await channel.deliver(parcel)
        return wire.requests


async def test_what_the_channel_sends_is_taken_with_all_that_it_says() -> None:
    (request,) = await arrived()
    delivery = verify(request.body, request.headers, [SECRET])
    assert (delivery.key, delivery.job_id, delivery.digest) == (KEY, APPROVED.job_id, digest_of(DATA))
    assert delivery.deliverable() == {"attempt": 2, "citations": [], "job_id": APPROVED.job_id, "text": APPROVED.text}
    assert abs(datetime.now(UTC) - delivery.sent_at) < timedelta(minutes=1)


@pytest.mark.parametrize("number", [2, 10])
async def test_each_delivery_of_a_job_has_a_key_of_its_own_with_the_same_digest(number: int) -> None:
    (first,), (other,) = await arrived(), await arrived(number=number)
    delivery = verify(other.body, other.headers, [SECRET])
    assert (delivery.key, delivery.number) == (f"{KEY}:{number}", number)
    assert (delivery.job_id, delivery.digest) == (APPROVED.job_id, digest_of(DATA))
    assert verify(first.body, first.headers, [SECRET]).number == 1


async def test_the_documented_pattern_takes_the_digest_out_of_every_key() -> None:
    pattern = re.search(r"`(\^\S+\$)`", DOCUMENTED.read_text())
    assert pattern
    for number in (1, 2, 10):
        (request,) = await arrived(number=number)
        found = re.fullmatch(pattern[1], request.headers["webhook-id"])
        assert found
        assert found[1] == digest_of(request.body)


@pytest.mark.parametrize("end", [":", ":0", ":1", ":02", ":-2", ":2:2", ":x", ":99999"])
def test_a_key_that_no_delivery_has_is_not_taken(end: str) -> None:
    with pytest.raises(NotGenuineError, match="names no job and no digest"):
        verify(DATA, signed(key=KEY + end), [SECRET])


async def test_a_repeat_has_the_same_key() -> None:
    first, second = await arrived(times=2)
    assert verify(first.body, first.headers, [SECRET]).key == verify(second.body, second.headers, [SECRET]).key


async def test_the_text_alone_is_taken_where_the_destination_asked_for_it() -> None:
    (request,) = await arrived(HttpContent.TEXT)
    assert request.body.decode() == APPROVED.text
    delivery = verify(request.body, request.headers, [SECRET])
    assert (delivery.body, delivery.is_deliverable) == (APPROVED.text.encode(), False)
    with pytest.raises(ValueError, match="text alone"):
        delivery.deliverable()


def test_either_secret_counts_while_one_replaces_the_other() -> None:
    assert verify(DATA, signed(secret=OTHER), [SECRET, OTHER]).key == KEY


MUTATIONS: dict[str, Callable[[Headers], Headers]] = {
    "no headers at all": lambda _: {},
    "no id": lambda given: given | {"Webhook-Id": ""},
    "another id": lambda given: given | {"Webhook-Id": f"another:{digest_of(DATA)}"},
    "another time": lambda given: given | {"Webhook-Timestamp": str(int(given["Webhook-Timestamp"]) + 1)},
    "a time that is none": lambda given: given | {"Webhook-Timestamp": "now"},
    "a fraction of a second": lambda given: given | {"Webhook-Timestamp": given["Webhook-Timestamp"] + ".5"},
    "no signature": lambda given: given | {"Webhook-Signature": ""},
    "a bare signature": lambda given: given | {"Webhook-Signature": given["Webhook-Signature"].partition(",")[2]},
    "another version": lambda given: given | {"Webhook-Signature": given["Webhook-Signature"].replace("v1", "v2")},
    "an odd signature": lambda given: given | {"Webhook-Signature": "v1,ü"},
}


@pytest.mark.parametrize("mutate", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_a_header_that_was_changed_is_refused(mutate: Callable[[Headers], Headers]) -> None:
    with pytest.raises(NotGenuineError):
        verify(DATA, mutate(signed()), [SECRET])


@pytest.mark.parametrize("age", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_what_is_too_old_or_from_the_future_is_refused(age: timedelta) -> None:
    with pytest.raises(NotGenuineError, match="clock"):
        verify(DATA, signed(age=age), [SECRET])


def test_another_secret_is_refused() -> None:
    with pytest.raises(NotGenuineError):
        verify(DATA, signed(secret=OTHER), [SECRET])


def test_a_signed_body_that_is_not_the_approved_one_is_refused() -> None:
    other = DATA.replace(b"Ebbe", b"Egal")
    with pytest.raises(NotGenuineError, match="not the one that was approved"):
        verify(other, signed(other), [SECRET])


@pytest.mark.parametrize(
    "key",
    [
        "brief",
        "brief:sha256:1234",
        f"{KEY}:",
        f"{KEY}:0",
        f"{KEY}:two",
        f":{digest_of(DATA)}",
        f"../x:{digest_of(DATA)}",
    ],
)
def test_a_signed_message_that_is_no_delivery_is_refused(key: str) -> None:
    with pytest.raises(NotGenuineError, match="no job and no digest"):
        verify(DATA, signed(key=key), [SECRET])


def test_a_text_that_differs_from_its_content_digest_is_refused() -> None:
    headers = signed(b"a text") | {"Content-Type": "text/plain", "Content-Digest": "sha-256=:AAAA:"}
    with pytest.raises(NotGenuineError, match="Content-Digest"):
        verify(b"a text", headers, [SECRET])


@pytest.mark.parametrize("secrets", [[], ["whsec_"], ["whsec_YWJj"], ["a" * 40], [SECRET, ""]])
def test_a_secret_that_anyone_could_guess_is_an_error_of_the_receiver(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="secret"):
        verify(DATA, signed(), secrets)


@given(body=st.binary(max_size=200), headers=st.dictionaries(st.sampled_from(list(signed())), st.text(max_size=60)))
def test_anything_else_is_refused_with_one_kind_of_error(body: bytes, headers: Headers) -> None:
    with pytest.raises(NotGenuineError):
        verify(body, signed() | headers if body != DATA else headers, [SECRET])


@given(position=st.integers(0, len(DATA) - 1), bit=st.integers(0, 7))
def test_any_bit_that_was_changed_is_found(position: int, bit: int) -> None:
    changed = bytearray(DATA)
    changed[position] ^= 1 << bit
    with pytest.raises(NotGenuineError):
        verify(bytes(changed), signed(), [SECRET])
