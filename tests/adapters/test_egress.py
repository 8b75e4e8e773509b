"""Requests go to public addresses alone, and to the very address that was judged."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from signoff.adapters.egress import (
    ForbiddenAddressError,
    GuardedTransport,
    HostAllowance,
    is_public,
    literal_addresses,
    open_guarded_client,
)
from signoff.adapters.http import HttpChannel
from signoff.domain.classifier import classify
from signoff.domain.deliverable import digest_of
from signoff.domain.delivery import Http
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass
from signoff.ports import Parcel
from tests.adapters.wire import Wire, answering, serving, unused_url

DATA = b'{"text":"approved"}'


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with serving(answering(204)) as wire:
        yield wire


def port(wire: Wire) -> str:
    return wire.host.rpartition(":")[2]


def looking_up(monkeypatch: pytest.MonkeyPatch, *answers: Sequence[str]) -> list[str]:
    """Have each lookup of a name give the next answer, the last one for ever; gives the names that were asked for."""
    asked: list[str] = []

    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    return asked


async def deliver(url: str, hosts: Sequence[str], private: Sequence[str] = ()) -> None:
    parcel = Parcel(job_id="job-1", digest=digest_of(DATA), data=DATA, destination=Http(url=url))
    async with open_guarded_client(private) as client:
        await HttpChannel(client, hosts).deliver(parcel)


@pytest.mark.parametrize(
    "text",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "192.0.0.1", "198.18.0.1", "203.0.113.5", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::"),
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)
def test_an_address_that_is_not_the_internets_is_no_public_one(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_of_the_internet_is_a_public_one(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "[::1]"])
async def test_nothing_is_sent_to_this_machine_however_it_is_written(wire: Wire, host: str) -> None:
    with pytest.raises(FaultError) as raised:
        await deliver(f"http://{host}:{port(wire)}/", [host])
    assert classify(raised.value.seen) is FailureClass.CONFIGURATION
    assert "SIGNOFF_DELIVERY_PRIVATE_HOSTS" in raised.value.seen.message
    assert wire.connections == 0


def test_a_host_that_is_an_address_itself_is_told_from_names() -> None:
    hosts = ["127.0.0.1", "10.0.0.1:80", "[::1]", "[fd00::1]:443", "localhost", "10.example.org", "::1"]
    assert literal_addresses(hosts) == tuple(hosts[:4])


@pytest.mark.parametrize("with_port", [True, False])
async def test_a_private_host_that_is_allowed_by_name_is_reached(wire: Wire, *, with_port: bool) -> None:
    name = wire.host if with_port else "127.0.0.1"
    await deliver(f"{wire.url}/", ["127.0.0.1"], [name])
    assert wire.posts == 1


async def test_a_name_of_which_one_address_is_private_is_refused(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    looking_up(monkeypatch, ["93.184.216.34", "127.0.0.1"])
    with pytest.raises(FaultError, match=r"leads to 127\.0\.0\.1"):
        await deliver(f"http://receiver.test:{port(wire)}/", ["receiver.test"])
    assert wire.connections == 0


async def test_a_name_that_leads_elsewhere_the_second_time_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request looks its name up once, and connects to what it judged."""
    asked = looking_up(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    connected: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        connected.append(request.url.host)
        return httpx2.Response(204)

    transport = GuardedTransport(HostAllowance(()), httpx2.MockTransport(answer))
    async with httpx2.AsyncClient(transport=transport) as client:
        first = await client.post("http://receiver.test/")
        with pytest.raises(ForbiddenAddressError):
            await client.post("http://receiver.test/")
    assert (first.status_code, connected, asked) == (204, ["93.184.216.34"], ["receiver.test"] * 2)


async def test_the_receiver_is_asked_under_its_name(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    looking_up(monkeypatch, ["127.0.0.1"])
    await deliver(f"http://receiver.test:{port(wire)}/", ["receiver.test"], ["receiver.test"])
    assert wire.requests[0].headers["host"] == f"receiver.test:{port(wire)}"


async def test_an_address_that_takes_no_connection_leaves_the_next_one_to_try(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking_up(monkeypatch, ["127.0.0.2", "127.0.0.1"])
    await deliver(f"http://receiver.test:{port(wire)}/", ["receiver.test"], ["receiver.test"])
    assert wire.posts == 1


async def test_where_no_address_takes_connections_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    looking_up(monkeypatch, ["127.0.0.2", "127.0.0.1"])
    where = unused_url().rpartition(":")[2]
    with pytest.raises(FaultError) as raised:
        await deliver(f"http://receiver.test:{where}/", ["receiver.test"], ["receiver.test"])
    assert classify(raised.value.seen) is FailureClass.TRANSIENT


def certified(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make what a server of this name needs, and what a client needs that trusts it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a receiver")])
    made = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    plain = serialization.NoEncryption()
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "both.pem").write_bytes(private + certificate)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=certificate.decode())


@pytest.mark.parametrize(("name", "is_taken"), [("receiver.test", True), ("another.test", False)])
async def test_a_certificate_has_to_be_that_of_the_name_and_not_of_the_address(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_taken: bool
) -> None:
    looking_up(monkeypatch, ["127.0.0.1"])
    server_side, client_side = certified("receiver.test", tmp_path)
    wire = Wire([answering(204)])
    async with await asyncio.start_server(wire.accept, "127.0.0.1", 0, ssl=server_side) as server:
        url = f"https://{name}:{server.sockets[0].getsockname()[1]}/"
        transport = GuardedTransport(HostAllowance([name]), httpx2.AsyncHTTPTransport(verify=client_side))
        async with httpx2.AsyncClient(transport=transport) as client:
            if is_taken:
                assert (await client.post(url)).status_code == 204
            else:
                with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                    await client.post(url)


@pytest.mark.parametrize("answers", [[], None])
async def test_a_name_without_address_may_have_one_later(
    monkeypatch: pytest.MonkeyPatch, answers: list[str] | None
) -> None:
    if answers is None:

        async def fail(*_: Any, **__: Any) -> None:
            raise socket.gaierror("no such name")

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", fail)
    else:
        looking_up(monkeypatch, answers)
    with pytest.raises(FaultError) as raised:
        await deliver("http://receiver.test/", ["receiver.test"])
    assert classify(raised.value.seen) is FailureClass.TRANSIENT


async def test_no_proxy_of_the_environment_is_asked(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", unused_url())
    await deliver(f"{wire.url}/", ["127.0.0.1"], ["127.0.0.1"])
    assert wire.posts == 1
