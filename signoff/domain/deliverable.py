"""What would leave if a person approves: canonical bytes, and the digest that a decision is bound to."""

import hashlib
from typing import Annotated, Any

import rfc8785
from pydantic import StringConstraints

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
    """The content of a delivery: what the model answered, with its sources, and which job it is of."""

    job_id: str
    attempt: int
    text: str
    citations: tuple[Citation, ...] = ()

    def canonical(self) -> bytes:
        """Render the one byte form that is shown, hashed, approved and delivered (RFC 8785)."""
        return canonical_json(self.model_dump(mode="json"))


class DeliverableRef(Value):
    """Names a deliverable that lies in the archive; content never travels in a message."""

    digest: Digest
    size_bytes: int
    attempt: int
    findings: tuple[Finding, ...] = ()


def canonical_json(value: Any) -> bytes:  # noqa: ANN401  any JSON value
    """Render a JSON value as its canonical bytes (RFC 8785)."""
    return rfc8785.dumps(value)


def digest_of(data: bytes) -> str:
    """Hash bytes into the form of `Digest`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
