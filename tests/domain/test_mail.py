"""Whom a mail may be addressed to, and what its subject may be."""

from typing import Any

import pytest
from pydantic import ValidationError

from signoff.domain.delivery import File, Http, Object, Release
from signoff.domain.mail import RECIPIENTS_LIMIT, Chat, Email, MailContent


def test_an_email_needs_recipients_and_nothing_else() -> None:
    email = Email(to=("ana@example.com",))
    assert (email.subject, email.content, email.via) == ("", MailContent.TEXT, "mail")


@pytest.mark.parametrize(
    "address",
    ["ana@example.com", "a.b+c_d=e'f@sub-domain.example.co.uk", "1@xn--bcher-kva.example", "x" * 64 + "@example.com"],
)
def test_a_plain_address_is_taken(address: str) -> None:
    assert Email(to=(address,)).to == (address,)


@pytest.mark.parametrize(
    "address",
    [
        *("", "ana", "ana@", "@example.com", "ana@example", "ana@@example.com", "ana@example..com", "ana@.example.com"),
        *("ana@example.com\r\nBcc: bo@example.com", "ana@example.com\n", "ana@example.com\x00", " ana@example.com"),
        *("Ana <ana@example.com>", "<ana@example.com>", '"ana"@example.com', "ana(note)@example.com"),
        *("ana@example.com,bo@example.com", "ana@example.com;bo@example.com", "ana@example.com bo@example.com"),
        *(".ana@example.com", "ana.@example.com", "a..na@example.com", "ana@-example.com", "ana@example-.com"),
        *("ana@[127.0.0.1]", "ana@exämple.com", "änä@example.com", "ana@example.com\u202e", "x" * 65 + "@example.com"),
        "a@" + "x." * 130 + "com",
    ],
)
def test_an_address_with_anything_around_it_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        Email(to=(address,))


@pytest.mark.parametrize(
    "changes",
    [
        {"to": []},
        {"to": [f"a{number}@example.com" for number in range(RECIPIENTS_LIMIT + 1)]},
        {"to": ["ana@example.com", "ANA@example.com"]},
        {"subject": "x\r\nBcc: bo@example.com"},
        {"subject": "x" * 201},
        {"content": "html"},
        {"via": "mailto://user:secret@example.com"},
        {"cc": ["bo@example.com"]},
    ],
    ids=str,
)
def test_what_a_mail_can_not_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Email.model_validate({"to": ["ana@example.com"], **changes})


@pytest.mark.parametrize("to", ["", "slack://token", "Desk", "a b"])
def test_a_chat_is_named_and_never_addressed(to: str) -> None:
    with pytest.raises(ValidationError):
        Chat(to=to)


def test_only_what_people_read_is_not_repeated() -> None:
    specs = [Release(), File(), Object(url="file:/srv"), Http(url="https://a.example")]
    assert all(spec.is_repeatable for spec in specs)
    assert not any(spec.is_repeatable for spec in (Email(to=("ana@example.com",)), Chat(to="desk")))


def test_a_mail_is_told_with_all_of_its_recipients() -> None:
    email = Email(to=("ana@example.com", "bo@example.com"), subject="The brief")
    assert email.told == "a mail from mail to ana@example.com, bo@example.com, with the subject “The brief”"
