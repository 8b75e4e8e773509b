"""Probes, answered by sockets of our own."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from signoff.domain.errors import SettingsError
from signoff.health import CONNECTIONS, HEAD_BYTES, answering_probes
from starter.sockets import HOST, free_ports


class Stand:
    """What is asked for problems; it may take its time."""

    def __init__(self) -> None:
        self.amiss: list[str] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.asked = 0

    async def problems(self) -> list[str]:
        self.asked += 1
        await self.may_answer.wait()
        return self.amiss


@asynccontextmanager
async def probed(stand: Stand) -> AsyncIterator[int]:
    [port] = free_ports(1)
    async with answering_probes(f"{HOST}:{port}", stand.problems):
        yield port


async def sent(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(), 30)
    except ConnectionError:
        return b""
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def asked(port: int, line: str) -> tuple[int, dict[str, object]]:
    head, _, body = (await sent(port, f"{line} HTTP/1.1\r\nHost: x\r\n\r\n".encode())).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    return int(head.split()[1]), json.loads(body)


async def test_it_lives_and_is_ready() -> None:
    async with probed(Stand()) as port:
        assert await asked(port, "GET /live") == (200, {"status": "ok"})
        assert await asked(port, "GET /ready?verbose=1") == (200, {"status": "ok"})


async def test_what_is_amiss_makes_it_unready_and_not_dead() -> None:
    stand = Stand()
    stand.amiss = ["Temporal does not answer"]
    async with probed(stand) as port:
        assert await asked(port, "GET /ready") == (503, {"status": "not ready", "problems": stand.amiss})
        assert await asked(port, "GET /live") == (200, {"status": "ok"})


@pytest.mark.parametrize(("line", "status"), [("GET /", 404), ("GET /metrics", 404), ("POST /ready", 405)])
async def test_it_knows_two_paths_and_reads_only(line: str, status: int) -> None:
    async with probed(Stand()) as port:
        assert (await asked(port, line))[0] == status


async def test_a_head_request_gets_no_body() -> None:
    async with probed(Stand()) as port:
        answer = await sent(port, b"HEAD /live HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("request_", [b"\r\n\r\n", b"nonsense\r\n\r\n", b"\xff\x00\r\n\r\n"])
async def test_nonsense_gets_no_further_than_not_found(request_: bytes) -> None:
    async with probed(Stand()) as port:
        assert (await sent(port, request_)).startswith(b"HTTP/1.1 404 ")
        assert (await asked(port, "GET /live"))[0] == 200


async def test_a_head_without_end_is_hung_up_on() -> None:
    async with probed(Stand()) as port:
        assert await sent(port, b"GET /live HTTP/1.1\r\nX: " + b"x" * (4 * HEAD_BYTES)) == b""
        assert (await asked(port, "GET /live"))[0] == 200


async def test_whoever_is_silent_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signoff.health.PATIENCE_SECONDS", 0.05)
    async with probed(Stand()) as port:
        assert await sent(port, b"GET /live HTTP/1.1\r\n") == b""


async def test_one_connection_too_many_is_hung_up_on_and_later_ones_are_answered() -> None:
    stand = Stand()
    stand.may_answer.clear()
    async with probed(stand) as port:
        held = [asyncio.ensure_future(asked(port, "GET /ready")) for _ in range(CONNECTIONS)]
        async with asyncio.timeout(30):
            while stand.asked < CONNECTIONS:  # noqa: ASYNC110  a socket sets no event
                await asyncio.sleep(0)
        assert await sent(port, b"GET /live HTTP/1.1\r\n\r\n") == b""
        stand.may_answer.set()
        assert {status for status, _ in await asyncio.gather(*held)} == {200}
        assert (await asked(port, "GET /live"))[0] == 200


async def test_without_an_address_nothing_listens() -> None:
    async with answering_probes("", Stand().problems):
        pass


async def test_nothing_listens_any_more_after_the_end() -> None:
    async with probed(Stand()) as port:
        pass
    with pytest.raises(ConnectionError):
        await asyncio.open_connection(HOST, port)


@pytest.mark.parametrize("address", ["8081", "localhost:8081", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:x"])
async def test_what_is_no_address_is_refused_by_the_name_of_its_variable(address: str) -> None:
    with pytest.raises(SettingsError, match=r"^SIGNOFF_HEALTH_ADDRESS: .* is no address; it takes a free IP:PORT"):
        async with answering_probes(address, Stand().problems):
            pytest.fail("it listens")


async def test_a_port_in_use_is_refused() -> None:
    async with probed(Stand()) as port:
        with pytest.raises(SettingsError, match=r"SIGNOFF_HEALTH_ADDRESS: .*in use"):
            async with answering_probes(f"{HOST}:{port}", Stand().problems):
                pytest.fail("it listens")
