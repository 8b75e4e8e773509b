"""Every channel hands over what was approved, and a repeat under the same key does no harm where it says so."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import obstore
import pytest
from pydantic import SecretStr

from signoff.adapters.chat import ChatChannel
from signoff.adapters.file import FileChannel
from signoff.adapters.http import HttpChannel
from signoff.adapters.mail import EmailChannel
from signoff.adapters.object import ObjectChannel
from signoff.adapters.outgoing import OutgoingAddresses
from signoff.adapters.release import ReleaseChannel
from signoff.adapters.stores import open_store
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.delivery import DeliverySpec, File, Http, Object, Release
from signoff.domain.mail import Chat, Email, MailContent
from signoff.ports import DeliveryChannel, Parcel
from tests.adapters.post_office import PostOffice, a_post_office
from tests.adapters.test_chat import probed
from tests.adapters.wire import Wire, answering, serving
from tests.contract.buckets import a_bucket, name_endpoint, serving_buckets

TEXT = "Ebbe & Flut — 潮汐"
DATA = Deliverable(job_id="job-1", attempt=1, text=TEXT).canonical()


@dataclass
class Rig:
    """A channel, where it delivers to, and what lies there by idempotency key or name.

    `wanted` is what has to arrive for the deliverable.
    """

    channel: DeliveryChannel
    destination: DeliverySpec
    arrived: Callable[[], list[bytes]]
    wanted: bytes = DATA


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with serving_buckets() as url:
        yield url


@pytest.fixture(params=["release", "file", "folder", "bucket", "http", "email", "chat"])
async def rig(
    request: pytest.FixtureRequest, tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Rig]:
    match request.param:
        case "folder":
            place = f"file:{tmp_path}"
            yield Rig(ObjectChannel([place]), Object(url=f"{place}/today"), lambda: read_below(tmp_path))
        case "bucket":
            name_endpoint(monkeypatch, endpoint)
            bucket = f"s3://{a_bucket(endpoint)}"
            yield Rig(ObjectChannel([bucket]), Object(url=f"{bucket}/today"), lambda: kept_in(bucket))
        case "release":
            yield Rig(ReleaseChannel(), Release(), list)
        case "file":
            files = File(folder="approved/today")
            yield Rig(FileChannel(tmp_path), files, lambda: [one.read_bytes() for one in tmp_path.glob("*/*/*")])
        case "email":
            async with a_post_office() as office:
                addresses = OutgoingAddresses.parse([SecretStr(f"mail={office.url}")])
                mail = Email(to=("ana@example.com",), content=MailContent.ATTACHED)
                yield Rig(EmailChannel(addresses, mail.to), mail, lambda: attached_to(office))
        case "chat":
            async with serving(probed(answering(200))) as wire:
                addresses = OutgoingAddresses.parse([SecretStr(f"desk=json://{wire.host}/")])
                yield Rig(ChatChannel(addresses), Chat(to="desk"), lambda: posted_to(wire), TEXT.encode())
        case _:
            async with (
                serving(answering(200, b'{"id": "rcv_1"}')) as wire,
                httpx2.AsyncClient(trust_env=False) as client,
            ):
                yield Rig(HttpChannel(client, [wire.host]), Http(url=f"{wire.url}/results"), lambda: by_key(wire))


def read_below(folder: Path) -> list[bytes]:
    return [one.read_bytes() for one in folder.rglob("*") if one.is_file()]


def kept_in(url: str) -> list[bytes]:
    store = open_store(url)
    paths = [found["path"] for page in obstore.list(store) for found in page]
    return [bytes(obstore.get(store, path).bytes()) for path in paths]


def by_key(wire: Wire) -> list[bytes]:
    """Take what arrived as a receiver does that drops repeats by their key."""
    return list({one.headers["idempotency-key"]: one.body for one in wire.requests}.values())


def attached_to(office: PostOffice) -> list[bytes]:
    return [part.get_content() for taken in office.taken for part in taken.letter.iter_attachments()]


def posted_to(wire: Wire) -> list[bytes]:
    return [json.loads(request.body)["message"].encode() for request in wire.requests]


def parcel(rig: Rig, data: bytes = DATA) -> Parcel:
    return Parcel(job_id="job-1", digest=digest_of(data), data=data, destination=rig.destination)


async def test_the_receipt_names_the_channel_the_digest_and_a_reference(rig: Rig) -> None:
    receipt = await rig.channel.deliver(parcel(rig))
    assert (receipt.channel, receipt.digest) == (rig.destination.channel, digest_of(DATA))
    assert receipt.destination
    assert receipt.reference


async def test_the_bytes_arrive_as_they_were_approved(rig: Rig) -> None:
    await rig.channel.deliver(parcel(rig))
    assert rig.arrived() in ([rig.wanted], [])
    assert bool(rig.arrived()) is (rig.destination.channel != "release")


async def test_a_repeat_has_no_second_effect_where_the_destination_is_repeatable(rig: Rig) -> None:
    first = await rig.channel.deliver(parcel(rig))
    before = rig.arrived()
    second = await rig.channel.deliver(parcel(rig))
    assert rig.arrived() == (before if rig.destination.is_repeatable else before * 2)
    assert second.model_copy(update={"at": first.at}) == first


async def test_a_check_takes_a_destination_that_works_and_sends_nothing(rig: Rig) -> None:
    rig.channel.check(rig.destination)
    assert rig.arrived() == []
