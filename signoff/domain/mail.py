"""Deliveries that people read: by mail and to a chat. Nobody there takes two for one, so they are sent once."""

import re
from collections.abc import Collection
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints

from signoff.domain.destination import Destination
from signoff.domain.model import Line

RECIPIENTS_LIMIT: Final = 20
LOCAL_LIMIT: Final = 64
"""How long the part before the @ may be (RFC 5321, section 4.5.3.1)."""

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN: Final = rf"{_LABEL}(\.{_LABEL})+"
_ADDRESS: Final = re.compile(rf"{_ATOM}(\.{_ATOM})*@{DOMAIN}")


def _check_address(address: str) -> str:
    if not _ADDRESS.fullmatch(address) or address.index("@") > LOCAL_LIMIT:
        msg = "must be a bare mail address in ASCII, such as ana@example.com, without a name, quotes or comments"
        raise ValueError(msg)
    return address


def _check_distinct(addresses: tuple[str, ...]) -> tuple[str, ...]:
    if len({address.casefold() for address in addresses}) < len(addresses):
        msg = "must not name an address twice"
        raise ValueError(msg)
    return addresses


MailAddress = Annotated[str, StringConstraints(max_length=254), AfterValidator(_check_address)]
"""One mail address (RFC 5321, a dot-string before the @), with nothing around it that could be misread."""

Recipients = Annotated[
    tuple[MailAddress, ...], Field(min_length=1, max_length=RECIPIENTS_LIMIT), AfterValidator(_check_distinct)
]

AddressName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
"""What a deployment calls an address that it sends from or to."""


class MailContent(StrEnum):
    """What a mail carries."""

    TEXT = "text"
    """The text of the deliverable as its body, and nothing else."""

    ATTACHED = "attached"
    """The same, with the approved bytes attached: canonical JSON, whose sha256 is the digest that was approved."""


class Email(Destination):
    """Send one mail to people whom the deployment allows, from the address that it calls `via`.

    Without a `subject` it is `Approved result of <job id>`.
    """

    is_repeatable: ClassVar[bool] = False

    channel: Literal["email"] = "email"
    to: Recipients
    subject: Line = ""
    content: MailContent = MailContent.TEXT
    via: AddressName = "mail"

    @property
    def told(self) -> str:
        """Say in words where it goes."""
        subject = f", with the subject “{self.subject}”" if self.subject else ""
        return f"a mail from {self.via} to {', '.join(self.to)}{subject}"


class Chat(Destination):
    """Post the text of the deliverable to the chat that the deployment calls `to`."""

    is_repeatable: ClassVar[bool] = False

    channel: Literal["chat"] = "chat"
    to: AddressName

    @property
    def told(self) -> str:
        """Say in words where it goes."""
        return f"a post in the chat {self.to}"


def is_allowance(entry: str) -> bool:
    """Whether it names one address, or as `@example.com` all of a domain."""
    return bool(_ADDRESS.fullmatch(entry) or _ADDRESS.fullmatch(f"anybody{entry}"))


def covers(allowed: Collection[str], address: str) -> bool:
    """Whether an address, or the domain that it ends with, is among those that are allowed, in small letters."""
    name = address.casefold()
    return name in allowed or name[name.index("@") :] in allowed
