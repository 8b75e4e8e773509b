"""Temporal's payloads, encrypted before they leave a process, and decrypted when they come back."""

import json
from collections.abc import Sequence
from typing import Final

from google.protobuf.json_format import MessageToJson, Parse, ParseError
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import PayloadCodec

from signoff.domain.errors import UnreadableError
from signoff.encryption import KeyRing, Sealed

ENCODING: Final = b"binary/signoff-encrypted"
KEY_ID: Final = "signoff-key-id"
NOTE: Final = "signoff-note"
PURPOSE: Final = "payload"

REPEATABLE_BYTES: Final = 1_048_576
"""What is at least as large makes the same encrypted payload each time, unless the key is another one."""

_NESTING_LIMIT: Final = 10


class EncryptionCodec(PayloadCodec):
    """Encrypts payloads whole, with what their metadata says; an empty ring leaves them as they are.

    What is not encrypted is decoded as it is: what is older than the keys, and what a person typed in Temporal UI.
    A process without any key has this codec too: it then fails a task that it can't read, which Temporal repeats,
    where the SDK itself would drop a signal.
    """

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt each payload."""
        return [sealed(self._ring, payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt each payload that is encrypted.

        Raises:
            UnreadableError: One is, and the ring does not open it.
        """
        return [opened(self._ring, payload) for payload in payloads]


def is_encrypted(payload: Payload) -> bool:
    """Whether a payload is one of this codec's."""
    return payload.metadata.get("encoding") == ENCODING


def sealed(ring: KeyRing, payload: Payload) -> Payload:
    """Encrypt a payload; one that is encrypted is handed on as it came, and so is every one without a key."""
    if not ring or is_encrypted(payload):
        return payload
    data = payload.SerializeToString(deterministic=True)
    # What is kept outside of a history is kept again at each replay, which must not make another object of it.
    key_id, box = ring.seal(data, PURPOSE, is_repeatable=len(data) >= REPEATABLE_BYTES)
    return Payload(metadata={"encoding": ENCODING, KEY_ID: key_id.encode()}, data=box)


def opened(ring: KeyRing, payload: Payload) -> Payload:
    """Decrypt a payload; one that is not encrypted is given as it is.

    Raises:
        UnreadableError: The ring does not open it.
    """
    if not is_encrypted(payload):
        return payload
    key_id = payload.metadata.get(KEY_ID, b"").decode("ascii", "replace")
    try:
        return Payload.FromString(ring.open(Sealed(key_id, payload.data), PURPOSE))
    except DecodeError:
        told = f"what the key {key_id} opens is no payload"
        raise UnreadableError(key_id, told, is_missing=False) from None


def decoded_document(ring: KeyRing, document: bytes) -> str:
    """Decrypt a document of Temporal's codec protocol. What can't be opened is replaced by a text that says why.

    Raises:
        ValueError: It is no such document.
    """
    return _written([_shown(ring, payload) for payload in _payloads(document)])


def encoded_document(ring: KeyRing, document: bytes) -> str:
    """Encrypt a document of Temporal's codec protocol.

    Raises:
        ValueError: It is no such document.
    """
    return _written([sealed(ring, payload) for payload in _payloads(document)])


def _shown(ring: KeyRing, payload: Payload) -> Payload:
    try:
        return opened(ring, payload)
    except UnreadableError as error:
        # Temporal UI shows the data of a payload, and nothing of its metadata.
        told = json.dumps(f"not decrypted: {error}").encode()
        return Payload(metadata={"encoding": b"json/plain", NOTE: error.key_id.encode()}, data=told)


def _payloads(document: bytes) -> Sequence[Payload]:
    # The parser takes an empty list for an empty document, and its own words would repeat what was sent.
    told = 'it is no document of the form {"payloads": [{"metadata": {...}, "data": "..."}]}'
    if not document.lstrip().startswith(b"{"):
        raise ValueError(told)
    try:
        return Parse(document, Payloads(), max_recursion_depth=_NESTING_LIMIT).payloads
    except (ParseError, UnicodeDecodeError, RecursionError):
        raise ValueError(told) from None


def _written(payloads: Sequence[Payload]) -> str:
    return MessageToJson(Payloads(payloads=payloads), indent=None)
