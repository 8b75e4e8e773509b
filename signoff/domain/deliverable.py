"""What would leave if a person approves: canonical bytes, and the digest that a decision is bound to."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

import rfc8785
from pydantic import AwareDatetime, StringConstraints

from signoff.domain.longtext import Passage, pieces_of
from signoff.domain.model import Value
from signoff.domain.observation import Finding

Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
"""The sha256 of some bytes, as `sha256:` and 64 lower-case hex digits."""


class Citation(Value):
    """A source that the result names. `start` and `end` count characters of its text."""

    title: str
    url: str
    start: int
    end: int


class Deliverable(Value):
    """The content of a delivery: what the model answered, with its sources, and which job it is of.

    `edited_by` is the person who changed it, empty where nobody did.
    """

    job_id: str
    attempt: int
    text: str
    citations: tuple[Citation, ...] = ()
    edited_by: str = ""

    def canonical(self) -> bytes:
        """Render the one byte form that is shown, hashed, approved and delivered (RFC 8785)."""
        unedited = None if self.edited_by else {"edited_by"}
        return canonical_json(self.model_dump(mode="json", exclude=unedited))


class DeliverableRef(Value):
    """Names a deliverable that lies in the archive; content never travels in a message.

    `author` is who edited it, empty for a draft as the model made it; `replaces` is what was edited.
    """

    digest: Digest
    size_bytes: int
    attempt: int
    findings: tuple[Finding, ...] = ()
    author: str = ""
    replaces: str = ""
    held_at: AwareDatetime | None = None


def canonical_pieces(draft: Deliverable, passages: Sequence[Passage]) -> Iterator[bytes]:
    """Render the canonical form of a draft that nobody edited, with these passages as its text, in pieces.

    Together they are what `canonical` gives for the draft with that text, which the rules of RFC 8785 put last.
    """
    around = draft.model_copy(update={"text": ""}).canonical()
    end = b'"}'
    yield around.removesuffix(end)
    for passage in passages:
        yield from (canonical_json(piece)[1:-1] for piece in pieces_of(passage))
    yield end


def canonical_json(value: Any) -> bytes:  # noqa: ANN401  any JSON value
    """Render a JSON value as its canonical bytes (RFC 8785)."""
    return rfc8785.dumps(value)


def digest_of(data: bytes) -> str:
    """Hash bytes into the form of `Digest`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def measured(pieces: Iterable[bytes]) -> tuple[str, int]:
    """Hash bytes that come in pieces, as `digest_of` hashes them in one, and count them."""
    hashed, size = hashlib.sha256(), 0
    for piece in pieces:
        hashed.update(piece)
        size += len(piece)
    return f"sha256:{hashed.hexdigest()}", size
