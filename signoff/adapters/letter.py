"""Writing the mail that carries a deliverable."""

import hashlib
import re
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from apprise.plugins.email import NotifyEmail

from signoff.domain.deliverable import Deliverable, canonical_json
from signoff.domain.mail import Email, MailContent
from signoff.ports import Parcel

_UNFOLDED: Final = SMTP.clone(max_line_length=998)
"""Lines may be that long (RFC 5322, section 2.1.1); shorter ones would have long ids folded as encoded words."""


def letter_of(parcel: Parcel, wanted: Email, service: NotifyEmail) -> EmailMessage:
    """Write one mail to all recipients; a later one about the same has the same `Message-ID`."""
    letter = EmailMessage(policy=SMTP)
    name, sender = service.from_addr
    letter["From"] = Address(display_name=str(name or ""), addr_spec=str(sender))
    letter["To"] = tuple(Address(addr_spec=one) for one in wanted.to)
    letter["Subject"] = wanted.subject or f"Approved result of {parcel.job_id}"
    letter["Date"] = datetime.now(UTC)
    letter["Message-ID"] = f"<{_identity(parcel, wanted)}@{str(sender).rpartition('@')[2]}>"
    if service.reply_to:
        letter["Reply-To"] = tuple(Address(addr_spec=one) for one in sorted(service.reply_to))
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence is to be answered to it
    letter["Signoff-Job-Id"] = parcel.job_id
    letter["Signoff-Digest"] = parcel.digest
    _fill(letter, parcel, wanted)
    return letter


def bytes_of(letter: EmailMessage) -> bytes:
    """Write a mail as it goes over the wire, in ASCII."""
    return letter.as_bytes(policy=_UNFOLDED)


def _fill(letter: EmailMessage, parcel: Parcel, wanted: Email) -> None:
    text = Deliverable.model_validate_json(parcel.data).text
    # Base64 brings a text through unchanged, to its last white space; its line breaks are those of mail.
    body = re.sub(r"(?<!\r)\n", "\r\n", text).encode()
    letter.set_content(body, maintype="text", subtype="plain", params={"charset": "utf-8"})
    if wanted.content is MailContent.ATTACHED:
        name = f"{parcel.job_id}.json"
        letter.add_attachment(parcel.data, maintype="application", subtype="json", filename=name)


def _identity(parcel: Parcel, wanted: Email) -> str:
    told = canonical_json({"job": parcel.job_id, "digest": parcel.digest, "to": wanted.model_dump(mode="json")})
    return f"signoff.{hashlib.sha256(told).hexdigest()[:40]}"
