"""Deliveries by mail, handed to a real mail server."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from signoff.adapters import turns
from signoff.adapters.mail import EmailChannel
from signoff.adapters.outgoing import OutgoingAddresses
from signoff.domain.classifier import classify
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.errors import FaultError
from signoff.domain.failures import POSSIBLY_SENT, FailureClass, Stage
from signoff.domain.mail import Email, MailContent
from signoff.ports import Parcel
from tests.adapters.post_office import PASSWORD, USER, PostOffice, a_post_office
from tests.adapters.test_egress import certified
from tests.adapters.wire import unused_url

TEXT = (
    "Dear *Bo* & <all>,\n\n.a line that begins with a dot\n\ta tab \u2014 Ebbe & Flut, 潮汐\r\nFrom here :smile:\n \n"
)
DATA = Deliverable(job_id="job-1", attempt=1, text=TEXT).canonical()
DIGEST = digest_of(DATA)
TO = ("ana@example.com", "bo@example.org")


def channel(url: str, allowed: tuple[str, ...] = ("ana@example.com", "@example.org")) -> EmailChannel:
    return EmailChannel(OutgoingAddresses.parse([SecretStr(f"mail={url}")]), allowed)


def parcel(data: bytes = DATA, **wanted: Any) -> Parcel:
    destination = Email.model_validate({"to": TO, **wanted})
    return Parcel(job_id="job-1", digest=digest_of(data), data=data, destination=destination)


async def failed(office: PostOffice, **wanted: Any) -> FaultError:
    with pytest.raises(FaultError) as raised:
        await channel(office.url).deliver(parcel(**wanted))
    assert raised.value.seen.stage is Stage.DELIVER
    return raised.value


async def test_the_body_is_the_approved_text_with_the_line_breaks_of_mail() -> None:
    async with a_post_office() as office:
        await channel(office.url).deliver(parcel())
    [taken] = office.taken
    assert not taken.letter.is_multipart()
    assert taken.letter.get_content_type() == "text/plain"
    assert taken.letter.get_payload(decode=True) == TEXT.replace("\r\n", "\n").replace("\n", "\r\n").encode()


async def test_one_mail_goes_to_all_recipients_and_names_its_job_and_digest() -> None:
    async with a_post_office() as office:
        receipt = await channel(office.url).deliver(parcel())
    [taken] = office.taken
    letter = taken.letter
    assert (taken.sender, taken.recipients) == ("signoff@example.com", list(TO))
    assert (letter["From"], letter["To"]) == ("Desk <signoff@example.com>", ", ".join(TO))
    assert letter["Subject"] == "Approved result of job-1"
    assert (letter["Signoff-Job-Id"], letter["Signoff-Digest"]) == ("job-1", DIGEST)
    assert letter["Auto-Submitted"] == "auto-generated"
    assert (receipt.channel, receipt.destination, receipt.digest) == ("email", ", ".join(TO), DIGEST)
    assert receipt.reference == letter["Message-ID"]
    assert "apprise" not in taken.data.decode().lower()


async def test_the_approved_bytes_are_attached_where_asked() -> None:
    async with a_post_office() as office:
        await channel(office.url).deliver(parcel(content="attached", subject="Zwölf — 潮"))
    letter = office.taken[0].letter
    body, attached = letter.iter_parts()
    assert letter["Subject"] == "Zwölf — 潮"
    assert body.get_content_type() == "text/plain"
    assert (attached.get_filename(), attached.get_content_type()) == ("job-1.json", "application/json")
    content = attached.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert digest_of(content) == DIGEST


async def test_a_mail_that_is_sent_again_has_the_same_message_id_and_another_one_has_another() -> None:
    async with a_post_office() as office:
        one = channel(office.url)
        for wanted in ({}, {}, {"to": TO[:1]}, {"content": "attached"}):
            await one.deliver(parcel(**wanted))
    ids = [taken.letter["Message-ID"] for taken in office.taken]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


async def test_a_long_job_id_stands_in_its_header_as_it_is() -> None:
    job_id = "j" * 128
    async with a_post_office() as office:
        await channel(office.url).deliver(
            Parcel(job_id=job_id, digest=DIGEST, data=DATA, destination=Email(to=TO[:1], content=MailContent.ATTACHED))
        )
    assert f"Signoff-Job-Id: {job_id}\r\n".encode() in office.taken[0].data


async def test_a_recipient_that_is_refused_stops_the_mail_for_all() -> None:
    async with a_post_office(answers={TO[1]: "550 5.1.1 nobody of that name"}) as office:
        fault = await failed(office)
    assert office.taken == []
    assert classify(fault.seen) is FailureClass.CONFIGURATION
    assert fault.seen.message == "mail (E-Mail) refused the recipient bo@example.org; nothing was sent"
    assert (fault.seen.error_code, fault.seen.evidence) == ("smtp_550", "5.1.1 nobody of that name")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"MAIL": "451 4.3.0 later"}, FailureClass.TRANSIENT),
        ({"MAIL": "553 5.1.8 not from you"}, FailureClass.CONFIGURATION),
        ({TO[0]: "450 4.2.1 greylisted"}, FailureClass.TRANSIENT),
        ({"DATA": "451 4.7.1 later"}, FailureClass.TRANSIENT),
        ({"DATA": "554 5.7.1 looks like spam"}, FailureClass.MALFORMED_INPUT),
        ({"DATA": "552 5.3.4 too large"}, FailureClass.MALFORMED_INPUT),
    ],
    ids=str,
)
async def test_what_the_server_refuses_was_not_sent_and_has_the_class_of_its_answer(
    answers: dict[str, str], expected: FailureClass
) -> None:
    async with a_post_office(answers=answers) as office:
        fault = await failed(office)
    assert classify(fault.seen) is expected
    assert fault.seen.message.endswith("nothing was sent")


async def test_a_mail_that_is_larger_than_the_server_takes_is_not_sent() -> None:
    async with a_post_office(size_limit=1_000) as office:
        fault = await failed(office, data=Deliverable(job_id="job-1", attempt=1, text="x" * 2_000).canonical())
    assert classify(fault.seen) is FailureClass.MALFORMED_INPUT
    assert office.taken == []


async def test_a_server_that_takes_a_mail_and_breaks_off_leaves_the_outcome_unknown() -> None:
    async with a_post_office(breaks_off=True) as office:
        fault = await failed(office)
    assert len(office.taken) == 1
    assert classify(fault.seen) is FailureClass.OUTCOME_UNKNOWN
    assert fault.seen.error_code == POSSIBLY_SENT
    assert fault.seen.message.endswith("nobody knows whether it arrived")


async def test_a_server_that_is_not_there_is_a_fault_that_may_pass() -> None:
    fault = await failed(PostOffice(port=int(unused_url().rpartition(":")[2])))
    assert classify(fault.seen) is FailureClass.TRANSIENT


async def test_what_comes_too_late_to_be_sent_never_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "BEGIN", turns.BEGIN * 0)
    async with a_post_office() as office:
        fault = await failed(office)
    assert classify(fault.seen) is FailureClass.TRANSIENT
    assert (office.connections, office.taken) == (1, [])


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
@pytest.mark.parametrize(("password", "is_taken"), [(PASSWORD, True), ("another", False)])
async def test_the_password_of_the_address_signs_in_and_is_never_shown(password: str, *, is_taken: bool) -> None:
    async with a_post_office(has_sign_in=True) as office:
        mail = channel(f"mailto://{USER}:{password}@127.0.0.1:{office.port}/?from=signoff@example.com")
        if is_taken:
            await mail.deliver(parcel())
        else:
            with pytest.raises(FaultError) as raised:
                await mail.deliver(parcel())
            assert classify(raised.value.seen) is FailureClass.CONFIGURATION
            assert password not in raised.value.seen.model_dump_json()
    assert len(office.taken) == is_taken


@pytest.mark.parametrize("is_excused", [True, False])
async def test_a_server_has_to_prove_its_name(tmp_path: Path, *, is_excused: bool) -> None:
    server_side, _ = certified("post.example.com", tmp_path)
    verify = "" if not is_excused else "&verify=no"
    async with a_post_office(tls=server_side) as office:
        url = f"mailtos://127.0.0.1:{office.port}/?from=signoff@example.com&mode=starttls{verify}"
        if is_excused:
            await channel(url).deliver(parcel())
        else:
            with pytest.raises(FaultError) as raised:
                await channel(url).deliver(parcel())
            assert classify(raised.value.seen) is FailureClass.CONFIGURATION
            assert ssl.SSLCertVerificationError.__name__ in raised.value.seen.message
    assert len(office.taken) == is_excused


@pytest.mark.parametrize(
    ("to", "allowed", "refused"),
    [
        (["ana@example.com"], ["ana@example.com"], ""),
        (["Ana@Example.COM"], ["ana@example.com"], ""),
        (["ana@example.com"], ["@EXAMPLE.com"], ""),
        (["ana@example.com"], [], "ana@example.com"),
        (["ana@example.com", "bo@example.com"], ["ana@example.com"], "bo@example.com"),
        (["ana@sub.example.com"], ["@example.com"], "ana@sub.example.com"),
        (["ana@notexample.com"], ["@example.com"], "ana@notexample.com"),
        (["banana@example.com"], ["ana@example.com"], "banana@example.com"),
    ],
)
async def test_only_allowed_recipients_are_written_to(to: list[str], allowed: list[str], refused: str) -> None:
    async with a_post_office() as office:
        mail = channel(office.url, tuple(allowed))
        if refused:
            with pytest.raises(FaultError, match=refused) as raised:
                await mail.deliver(parcel(to=to))
            assert classify(raised.value.seen) is FailureClass.CONFIGURATION
            assert "SIGNOFF_DELIVERY_RECIPIENTS" in raised.value.seen.message
        else:
            await mail.deliver(parcel(to=to))
    assert (office.connections == 0) is bool(refused)


@pytest.mark.parametrize(
    "entry", ["example.com", "@", "@example", "ana@", "Ana <ana@example.com>", "*", "@@example.com"]
)
def test_an_allowance_is_an_address_or_a_domain(entry: str) -> None:
    with pytest.raises(ValueError, match="neither a mail address nor @ with a domain"):
        channel("mailto://127.0.0.1/?from=signoff@example.com", (entry,))
