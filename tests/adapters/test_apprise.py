"""Notices through the real apprise, to real receivers on this machine."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from signoff.adapters.apprise import AppriseNotifier
from signoff.adapters.outlets import QUEUE_LIMIT
from signoff.domain.classifier import classify
from signoff.domain.errors import FaultError, SettingsError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.notice import NoticeKind, body_of
from signoff.logs import configure_logs
from tests.adapters.mailbox import a_mailbox
from tests.adapters.wire import Wire, answering, reset_after_reading, say_nothing, serving, unused_url
from tests.domain.test_notice import SITE, a_notice

# Apprise loads its parts when they are first needed, and one of them asks for a module that Python is to drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SECRET = "hush-4711"


def address(wire: Wire, path: str = "") -> str:
    return f"json://{wire.host}/{path}"


def titles(wire: Wire) -> list[str]:
    return [json.loads(request.body)["title"] for request in wire.requests]


async def refused(notifier: AppriseNotifier, told: set[str] | None = None, **changes: Any) -> FaultError:
    with pytest.raises(FaultError) as raised:
        await notifier.notify(a_notice(**changes), told)
    return raised.value


async def test_a_webhook_gets_the_subject_and_the_body() -> None:
    async with serving(answering(200)) as wire:
        await AppriseNotifier([address(wire)], None, SITE).notify(a_notice())
    [request] = wire.requests
    sent = json.loads(request.body)
    assert sent["title"] == "Review requested: Market brief"
    assert sent["message"].strip() == body_of(a_notice(), SITE).strip()
    assert sent["attachments"] == []


async def test_a_mail_gets_the_subject_and_the_link() -> None:
    async with a_mailbox() as mailbox:
        url = f"mailto://127.0.0.1:{mailbox.port}/?from=signoff@example.com&to=ana@example.com&format=text"
        await AppriseNotifier([url], None, SITE).notify(a_notice())
    [mail] = mailbox.mails
    assert mail["to"] == "ana@example.com"
    assert mail["subject"] == "Review requested: Market brief"
    assert f"{SITE}/review/brief-1" in mail.get_content()


async def test_nothing_of_apprise_itself_and_no_picture_from_elsewhere_is_in_a_notice() -> None:
    async with serving(answering(200)) as wire, a_mailbox() as mailbox:
        mail = f"mailto://127.0.0.1:{mailbox.port}/?from=signoff@example.com&to=ana@example.com"
        chat = f"mmost://{wire.host}/{'t' * 26}"
        await AppriseNotifier([address(wire), chat, mail], None, SITE).notify(a_notice())
    sent = " ".join([*(request.body.decode() for request in wire.requests), mailbox.mails[0].as_string()])
    assert len(wire.requests) == 2
    assert "apprise" not in sent.lower()
    assert "github" not in sent.lower()


async def test_an_entry_with_tags_hears_of_its_people_and_of_what_concerns_everybody(tmp_path: Path) -> None:
    async with serving(answering(200)) as all_of_it, serving(answering(200)) as ana, serving(answering(200)) as legal:
        config = tmp_path / "notify.conf"
        config.write_text(f"ana-lima={address(ana)}\ngroup-legal={address(legal)}\n")
        notifier = AppriseNotifier([address(all_of_it)], config, "")
        await notifier.notify(a_notice(NoticeKind.REVIEW_REQUESTED, recipients=("Ana Lima", "bob")))
        await notifier.notify(a_notice(NoticeKind.ESCALATED, recipients=("group:legal",)))
        await notifier.notify(a_notice(NoticeKind.EXPIRED))
    asked, escalated, ended = (f"{what}: Market brief" for what in ("Review requested", "Review escalated", "Expired"))
    assert titles(all_of_it) == [asked, escalated, ended]
    assert titles(ana) == [asked, ended]
    assert titles(legal) == [escalated, ended]


async def test_a_notice_that_nobody_would_hear_is_a_fault_that_says_how_to_mend_it(tmp_path: Path) -> None:
    config = tmp_path / "notify.conf"
    config.write_text("ana=json://127.0.0.1:9/\n")
    fault = await refused(AppriseNotifier([], config, ""), recipients=("bob",))
    assert fault.seen.message == "no address hears of bob; give them one in the file of SIGNOFF_NOTIFY_FILE"
    assert classify(fault.seen) is FailureClass.CONFIGURATION


@pytest.mark.parametrize("act", [answering(500), answering(403), reset_after_reading])
async def test_an_address_that_did_not_take_it_is_named_by_number(act: Any) -> None:
    async with serving(answering(200)) as well, serving(act) as ill:
        notifier = AppriseNotifier([address(well), address(ill, SECRET)], None, "")
        fault = await refused(notifier)
    assert fault.seen.message == "1 of 2 addresses did not take the notice: 2 (JSON)"
    assert fault.seen.stage is Stage.NOTIFY
    assert classify(fault.seen) is FailureClass.TRANSIENT


async def test_a_repeat_leaves_out_who_was_told() -> None:
    told: set[str] = set()
    async with serving(answering(200)) as well, serving(answering(500), answering(200)) as ill:
        urls = [address(well), address(ill)]
        await refused(AppriseNotifier(urls, None, ""), told)
        await AppriseNotifier(urls, None, "").notify(a_notice(), told)
    assert len(well.requests) == 1
    assert len(ill.requests) == 2


async def test_what_was_told_under_another_arrangement_counts_for_nothing() -> None:
    told: set[str] = set()
    async with serving(answering(200)) as first, serving(answering(200)) as second:
        await AppriseNotifier([address(first)], None, "").notify(a_notice(), told)
        await AppriseNotifier([address(second), address(first)], None, "").notify(a_notice(), told)
    assert len(second.requests) == 1


async def test_a_redirect_takes_a_notice_nowhere_else() -> None:
    async with serving(answering(200)) as elsewhere, serving(answering(307, location=elsewhere.url)) as wire:
        await refused(AppriseNotifier([address(wire)], None, ""))
    assert elsewhere.requests == []


async def test_a_silent_address_delays_no_other_one() -> None:
    """Many notices at once, as when many jobs are held at the same time."""
    told: list[set[str]] = [set() for _ in range(8)]
    async with serving(say_nothing) as mute, serving(answering(200)) as well, asyncio.timeout(30):
        notifier = AppriseNotifier([address(mute, "?rto=1"), address(well)], None, "")
        sending = asyncio.gather(*(notifier.notify(a_notice(), done) for done in told), return_exceptions=True)
        while not all(told):
            assert not sending.done()
            await asyncio.sleep(0.01)
        sending.cancel()
        assert len(mute.requests) <= 1
    assert len(well.requests) == 8


async def test_more_than_may_wait_for_an_address_are_brought_again_later() -> None:
    async with serving(answering(200)) as wire:
        notifier = AppriseNotifier([address(wire)], None, "")
        sending = (notifier.notify(a_notice()) for _ in range(QUEUE_LIMIT + 5))
        ends = await asyncio.gather(*sending, return_exceptions=True)
    assert sum(isinstance(end, FaultError) for end in ends) == 5
    assert len(wire.requests) == QUEUE_LIMIT


async def test_the_event_loop_is_free_while_an_address_is_silent() -> None:
    answered = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire) -> None:
        answered.set()  # only a free loop gets here while the notice is being sent
        await answering(200)(reader, writer, wire)

    async with serving(slow) as wire:
        await AppriseNotifier([address(wire)], None, "").notify(a_notice())
    assert answered.is_set()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Log everything that can be logged, and put everything back afterwards."""
    root, stream, stderr = logging.getLogger(), io.StringIO(), sys.stderr
    handlers, level = list(root.handlers), root.level
    sys.stderr = stream
    configure_logs(as_json=True, level="DEBUG")
    root.setLevel(1)
    yield stream
    sys.stderr = stderr
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


async def test_no_log_line_no_error_and_no_key_holds_a_secret(logged: io.StringIO, tmp_path: Path) -> None:
    told: set[str] = set()
    (tmp_path / "notify.conf").write_text(f"ana=json://{SECRET}:{SECRET}@127.0.0.1:9/{SECRET}\n")
    async with serving(answering(200)) as well, serving(answering(500, SECRET.encode())) as ill:
        urls = [address(well, SECRET), address(ill, SECRET), f"json://u:{SECRET}@{unused_url()[7:]}/{SECRET}"]
        notifier = AppriseNotifier(urls, tmp_path / "notify.conf", "")
        fault = await refused(notifier, told, title="seen")
    logging.getLogger("signoff.test").info("a line of ours")
    with pytest.raises(SettingsError) as unusable:
        AppriseNotifier([f"nosuch://{SECRET}"], None, "")
    shown = [logged.getvalue(), str(fault), fault.seen.model_dump_json(), repr(notifier.addresses), *told]
    assert "a line of ours" in logged.getvalue()
    assert fault.seen.message.startswith("3 of 4 addresses")
    assert SECRET not in " ".join([*shown, str(unusable.value)])
