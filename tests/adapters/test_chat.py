"""Deliveries to chats, posted by the real apprise to real receivers on this machine."""

import asyncio
import io
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.slack import NotifySlack
from pydantic import SecretStr

from signoff.adapters import turns
from signoff.adapters.chat import ChatChannel
from signoff.adapters.outgoing import OutgoingAddresses
from signoff.domain.classifier import classify
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.errors import FaultError
from signoff.domain.failures import POSSIBLY_SENT, FailureClass, Stage
from signoff.domain.mail import Chat
from signoff.ports import Parcel
from tests.adapters.test_apprise import logged  # noqa: F401  a fixture
from tests.adapters.wire import (
    Act,
    Wire,
    answering,
    hang_up_half_way,
    reset_after_reading,
    say_nothing,
    serving,
    unused_url,
)

TEXT = "Dear *Bo*,\n\n1. A & B <c>\n   - _x_ :smile: `code` [l](http://x/y)\n# no\n    far in\\ \n@here — 潮汐"
SECRET = "t" * 26
TOKENS = "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"

Posted = Callable[[dict[str, Any]], str]


def mattermost(wire: Wire) -> str:
    return f"mmost://{wire.host}/{SECRET}"


def channel(url: str) -> ChatChannel:
    return ChatChannel(OutgoingAddresses.parse([SecretStr(f"desk={url}")]))


def parcel(text: str = TEXT, to: str = "desk") -> Parcel:
    data = Deliverable(job_id="job-1", attempt=1, text=text).canonical()
    return Parcel(job_id="job-1", digest=digest_of(data), data=data, destination=Chat(to=to))


async def failed(chat: ChatChannel, **changes: Any) -> FaultError:
    with pytest.raises(FaultError) as raised:
        await chat.deliver(parcel(**changes))
    assert raised.value.seen.stage is Stage.DELIVER
    return raised.value


def probed(act: Act) -> Act:
    """Let a connection pass that carries nothing, as the one does that finds out whether a chat is there."""

    async def played(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire) -> None:
        try:
            await act(reader, writer, wire)
        except asyncio.IncompleteReadError as error:
            assert error.partial == b""  # noqa: PT017  it is read on a task of the server

    return played


def unescaped(text: str) -> str:
    """Read what Slack has written instead of its three control characters, as Slack itself does."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@pytest.mark.parametrize(
    ("url", "posted"),
    [
        ("mmost://{host}/" + SECRET, lambda sent: sent["text"]),
        ("json://{host}/inbox", lambda sent: sent["message"]),
        (f"slack://{TOKENS}/", lambda sent: unescaped(sent["attachments"][0]["text"])),
        (f"discord://{'4' * 20}/{'A' * 68}/", lambda sent: sent["content"].replace("\\:", ":")),
    ],
    ids=["mattermost", "json", "slack", "discord"],
)
async def test_the_text_arrives_as_it_was_approved_and_nothing_with_it(
    monkeypatch: pytest.MonkeyPatch, url: str, posted: Posted
) -> None:
    async with serving(probed(answering(200, b"ok"))) as wire:
        monkeypatch.setattr(NotifySlack, "webhook_url", wire.url)
        monkeypatch.setattr(NotifyDiscord, "notify_url", wire.url)
        receipt = await channel(url.format(host=wire.host)).deliver(parcel())
    [post] = posts(wire)
    assert posted(json.loads(post)) == TEXT
    assert "apprise" not in post.decode().lower()
    assert "footer" not in post.decode()
    assert (receipt.channel, receipt.destination, receipt.digest) == ("chat", "desk", parcel().digest)
    assert receipt.reference.startswith("taken by ")


def posts(wire: Wire) -> list[bytes]:
    return [request.body for request in wire.requests]


@pytest.mark.parametrize("act", [answering(500), answering(403), answering(429), reset_after_reading, hang_up_half_way])
async def test_a_post_that_was_not_confirmed_may_have_arrived(act: Any) -> None:
    async with serving(probed(act)) as wire:
        fault = await failed(channel(mattermost(wire)))
    assert len(posts(wire)) == 1
    assert classify(fault.seen) is FailureClass.OUTCOME_UNKNOWN
    assert fault.seen.error_code == POSSIBLY_SENT


async def test_a_post_that_nobody_answers_may_have_arrived() -> None:
    async with serving(probed(say_nothing)) as wire:
        chat = channel(mattermost(wire))
        chat._addresses.chat("desk").service.socket_read_timeout = 0.2
        fault = await failed(chat)
    assert len(posts(wire)) == 1
    assert classify(fault.seen) is FailureClass.OUTCOME_UNKNOWN


async def test_an_answer_in_its_own_time_is_waited_for() -> None:
    assert channel("mmost://127.0.0.1/" + SECRET)._addresses.chat("desk").service.socket_read_timeout >= 30


async def test_a_chat_that_is_not_there_is_a_fault_that_may_pass() -> None:
    fault = await failed(channel(f"json://{unused_url().removeprefix('http://')}/"))
    assert classify(fault.seen) is FailureClass.TRANSIENT


async def test_what_comes_too_late_to_be_posted_never_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "BEGIN", turns.BEGIN * 0)
    async with serving(probed(answering(200))) as wire:
        fault = await failed(channel(mattermost(wire)))
    assert classify(fault.seen) is FailureClass.TRANSIENT
    assert posts(wire) == []


async def test_a_redirect_takes_a_post_nowhere_else() -> None:
    async with serving(answering(200)) as elsewhere, serving(probed(answering(307, location=elsewhere.url))) as wire:
        await failed(channel(mattermost(wire)))
    assert elsewhere.requests == []


@pytest.mark.parametrize(("length", "is_taken"), [(4_000, True), (4_001, False)])
async def test_a_text_is_posted_whole_or_not_at_all(length: int, *, is_taken: bool) -> None:
    text = "x" * (length - 1) + "."
    async with serving(probed(answering(200))) as wire:
        chat = channel(mattermost(wire) + "?overflow=split")
        if is_taken:
            await chat.deliver(parcel(text))
            assert [json.loads(body)["text"] for body in posts(wire)] == [text]
        else:
            fault = await failed(chat, text=text)
            assert classify(fault.seen) is FailureClass.MALFORMED_INPUT
            assert fault.seen.message == (
                "the text has 4,001 characters, and desk (Mattermost) takes 4,000 at most; nothing was sent"
            )
            assert wire.connections == 0


@pytest.mark.parametrize("text", ["", " \n"])
async def test_an_empty_text_is_not_posted(text: str) -> None:
    fault = await failed(channel("mmost://127.0.0.1:9/" + SECRET), text=text)
    assert classify(fault.seen) is FailureClass.MALFORMED_INPUT


async def test_a_chat_that_the_deployment_does_not_name_is_the_operators_to_add() -> None:
    fault = await failed(channel("mmost://127.0.0.1:9/" + SECRET), to="another")
    assert classify(fault.seen) is FailureClass.CONFIGURATION
    assert fault.seen.message == "SIGNOFF_DELIVERY_ADDRESSES has no address another (it has desk); add it, then retry"


async def test_no_log_line_and_no_fault_holds_the_address(logged: io.StringIO) -> None:  # noqa: F811
    async with serving(probed(answering(500, SECRET.encode()))) as wire:
        fault = await failed(channel(mattermost(wire)))
    logging.getLogger("signoff.test").info("a line of ours")
    assert "a line of ours" in logged.getvalue()
    assert SECRET not in logged.getvalue() + str(fault) + fault.seen.model_dump_json()
