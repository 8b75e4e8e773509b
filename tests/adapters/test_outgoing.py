"""The addresses that deliveries go out through."""

import pytest
from pydantic import SecretStr

from signoff.adapters.outgoing import OutgoingAddresses
from signoff.domain.classifier import classify
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass

SECRET = "hush4711hush4711hush4711ab"
MAIL = f"mail=mailtos://desk:{SECRET}@example.com"
CHAT = f"desk=mmosts://chat.example.com/{SECRET}"


def parse(*entries: str) -> OutgoingAddresses:
    return OutgoingAddresses.parse([SecretStr(entry) for entry in entries])


def test_a_mail_address_and_a_chat_are_given_by_name() -> None:
    addresses = parse(MAIL, CHAT)
    address, service = addresses.mail("mail")
    assert (str(address), service.from_addr[1]) == ("mail (E-Mail)", "desk@example.com")
    assert str(addresses.chat("desk")) == "desk (Mattermost)"
    assert SECRET not in repr(address) + repr(addresses.chat("desk"))


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (f"https://{SECRET}@example.com", "entry 1 does not begin with a name"),
        (f"mail=nosuch://{SECRET}@example.com", "mail can't be used"),
        (f"mail={SECRET}", "mail can't be used"),
        (f"{MAIL}?to=bo@example.com", "mail names recipients"),
        (f"{MAIL}/bo@example.com", "mail names recipients"),
        (f"{MAIL}?cc=bo@example.com", "mail sets cc"),
        (f"{MAIL}?bcc=bo@example.com", "mail sets bcc"),
        (f"{MAIL}?+Message-ID=x", "mail sets headers"),
        (f"{MAIL}?pgp=encrypt", "mail (asks for PGP|can't be used)"),
        (f"desk=ntfys://{SECRET}@example.com/a", "desk is of the kind ntfy; deliveries go through E-Mail, Slack, "),
        (f"desk=gchat://space/{SECRET}/token", "desk is of the kind Google Chat"),
        (f"desk=slack://{SECRET[:9]}/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#a/#b", "desk "),
        (f"desk=mmost://example.com/{SECRET}?channels=a,b", "desk names several places"),
        (f"desk=json://example.com/{SECRET}?format=markdown", "desk sets a format"),
        (f"desk=json://example.com/{SECRET}?:message=", "desk sets payload_extras"),
        (f"desk=discord://{'4' * 20}/{SECRET * 3}?ping=here", "desk sets ping"),
    ],
)
def test_what_can_not_deliver_as_approved_is_refused_at_the_start_without_its_secret(entry: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as raised:
        parse(entry)
    assert SECRET not in str(raised.value)


def test_a_name_belongs_to_one_address() -> None:
    with pytest.raises(ValueError, match="two entries have the name mail; each address has its own"):
        parse(MAIL, MAIL)


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("mail", "other", "SIGNOFF_DELIVERY_ADDRESSES has no address other (it has mail, desk); add it, then retry"),
        ("chat", "other", "SIGNOFF_DELIVERY_ADDRESSES has no address other (it has mail, desk); add it, then retry"),
        ("mail", "desk", "desk (Mattermost) sends no mail"),
        ("chat", "mail", "mail (E-Mail) is no chat"),
    ],
)
def test_a_name_of_nothing_fit_is_the_operators_to_mend(kind: str, name: str, told: str) -> None:
    with pytest.raises(FaultError) as raised:
        getattr(parse(MAIL, CHAT), kind)(name)
    assert classify(raised.value.seen) is FailureClass.CONFIGURATION
    assert raised.value.seen.message.startswith(told)


def test_without_any_address_it_is_said_that_none_is_set() -> None:
    with pytest.raises(FaultError, match="it is not set"):
        parse().chat("desk")


def test_apprise_never_repeats_and_adds_nothing() -> None:
    service = parse("desk=slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?retry=3&emojis=yes&footer=yes").chat(
        "desk"
    )
    assert service.service.retry == 0
    assert not service.service.interpret_emojis
    assert service.service.include_footer is False  # type: ignore[attr-defined]
