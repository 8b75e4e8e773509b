"""The receiver's side of a delivery by HTTP: is it genuine, whole, fresh, and new?

    delivery = receive.verify(body, headers, secrets=["whsec_..."])
    if already_done(delivery.key):  # a repeat: answer 200 once more
        return
    act_on(delivery.body)  # keep the key in the same transaction

It needs neither Temporal nor OpenAI's client.
"""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from standardwebhooks import Webhook

from signoff.domain.webhooks import weakness_of

TOLERANCE_SECONDS: Final = 300
"""How old a delivery may be, and how far ahead, as Standard Webhooks has it. Each repeat is signed anew."""

_KEY: Final = re.compile(
    r"(?P<job_id>[A-Za-z0-9][A-Za-z0-9._-]{0,127}):(?P<digest>sha256:[0-9a-f]{64})(:(?P<number>[2-9]|[1-9][0-9]{1,3}))?"
)
"""Of several deliveries of one job, those after the first end with their number."""

_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURES: Final = re.compile(r"v[0-9]+[a-z]?,[A-Za-z0-9+/=]+( v[0-9]+[a-z]?,[A-Za-z0-9+/=]+)*")


class NotGenuineError(Exception):
    """A delivery can't be relied on: answer 400, and do nothing. The message says why, and holds no content."""


@dataclass(frozen=True)
class Delivery:
    """A delivery that is genuine.

    Attributes:
        key: The same for every repeat of this delivery and for no other: keep it together with the effect, and answer
            a repeat with 200 without doing anything again.
        job_id: The job that it comes from.
        digest: The sha256 that people approved.
        number: Which of the job's deliveries it is, from 1.
        sent_at: When this sending of it was signed.
        body: What was sent: the deliverable as canonical JSON, or its text alone.
        is_deliverable: Whether the body is the deliverable itself, whose sha256 is the digest.
    """

    key: str
    job_id: str
    digest: str
    sent_at: datetime
    body: bytes
    is_deliverable: bool
    number: int = 1

    def deliverable(self) -> dict[str, Any]:
        """Read the deliverable: `job_id`, `attempt`, `text`, `citations`, and `edited_by` where a person changed it.

        Raises:
            ValueError: The destination asked for the text alone.
        """
        if not self.is_deliverable:
            raise ValueError("this destination asked for the text alone, which is `body`")
        found: dict[str, Any] = json.loads(self.body)
        return found


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> Delivery:
    """Verify a delivery: its signature, its age, and that the body is the one that was approved.

    Args:
        body: The bytes as they came; parsed and written again, they would be others.
        headers: The request's headers, whatever the case of their names.
        secrets: The signing secrets that count (`whsec_...`), each as good as the other; two of them while one
            replaces the other.

    Raises:
        NotGenuineError: It was not signed with one of the secrets, is too old, or is not what it says that it is.
        ValueError: A secret is so weak that forgeries would pass, or there is none.
    """
    given = {name.lower(): value for name, value in headers.items()}
    _require_strong(secrets)
    is_formed = _SIGNATURES.fullmatch(given.get("webhook-signature", ""))
    if not is_formed or not _TIMESTAMP.fullmatch(given.get("webhook-timestamp", "")):
        raise NotGenuineError("it carries no signature of Standard Webhooks")
    if not any(_is_signed(body, given, secret) for secret in secrets):
        raise NotGenuineError("no secret here signed it within the last five minutes; is this computer's clock right?")
    named = _KEY.fullmatch(given["webhook-id"])
    if named is None:
        raise NotGenuineError("it is signed, and names no job and no digest in its webhook-id")
    return Delivery(
        key=named[0],
        job_id=named["job_id"],
        digest=named["digest"],
        sent_at=datetime.fromtimestamp(int(given["webhook-timestamp"]), UTC),
        body=body,
        is_deliverable=_is_deliverable(body, given, named["digest"]),
        number=int(named["number"] or 1),
    )


def _is_deliverable(body: bytes, given: Mapping[str, str], digest: str) -> bool:
    found = hashlib.sha256(body)
    if f"sha256:{found.hexdigest()}" == digest:
        return True
    if given.get("content-type", "").startswith("application/json"):
        raise NotGenuineError(f"its body is not the one that was approved, which has {digest}")
    claimed = given.get("content-digest")
    if claimed and claimed != f"sha-256=:{b64encode(found.digest()).decode()}:":
        raise NotGenuineError("its body is not the one that its Content-Digest names")
    return False


def _is_signed(body: bytes, given: Mapping[str, str], secret: str) -> bool:
    try:
        Webhook(secret).verify(body, dict(given), json_parse=False)
    except Exception:
        return False  # the library raises a dozen kinds of errors on what is malformed
    return True


def _require_strong(secrets: Sequence[str]) -> None:
    if not secrets:
        raise ValueError("name at least one signing secret")
    for number, secret in enumerate(secrets, 1):
        if weakness := weakness_of(secret):
            raise ValueError(f"signing secret {number}: {weakness}")
