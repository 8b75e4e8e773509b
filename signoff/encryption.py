"""The keys that histories and archive are encrypted with: AES-256-GCM, several keys by id, one of which encrypts."""

import binascii
import hmac
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import Final, NamedTuple

from signoff.domain.errors import UnreadableError

KEY_BYTES: Final = 32
ID_RULE: Final = "1 to 32 of a-z, 0-9 and -"
OVERHEAD_BYTES: Final = 28
"""How much longer than its content a box is: a nonce of 96 bits and a tag of 128."""

_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = OVERHEAD_BYTES - _NONCE_BYTES
_PIECE_BYTES: Final = 262_144
_VERSION: Final = "signoff-1"
_ID: Final = re.compile(r"[a-z0-9-]{1,32}")
_KEYS_LIMIT: Final = 100


class Sealed(NamedTuple):
    """Encrypted bytes, and the id of the key that opens them."""

    key_id: str
    box: bytes


class KeyRing:
    """The keys of a deployment. The first one encrypts, all of them decrypt; an empty ring encrypts nothing.

    A nonce is random, so one key is good for four billion boxes before two of them may share one.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)

    @classmethod
    def parse(cls, entries: Sequence[str]) -> "KeyRing":
        """Read entries of the form `ID=KEY`, the key being 32 bytes in base64.

        Raises:
            ValueError: An entry can't be used. It is named by its id or number; no key is shown.
        """
        if len(entries) > _KEYS_LIMIT:
            raise ValueError(f"there are {len(entries)} keys; {_KEYS_LIMIT} are the most")
        keys: dict[str, bytes] = {}
        for number, entry in enumerate(entries, 1):
            key_id, key = _read(entry, number)
            if key_id in keys:
                raise ValueError(f"two entries have the id {key_id}; each key has its own")
            if key in keys.values():
                raise ValueError(f"{key_id} is the key of another entry again; make one with `signoff keys new`")
            keys[key_id] = key
        return cls(keys)

    def __bool__(self) -> bool:
        """Whether anything is encrypted."""
        return bool(self._keys)

    def __repr__(self) -> str:
        """Show the ids, and no key."""
        return f"KeyRing({', '.join(self._keys)})"

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids, that of the key which encrypts first."""
        return tuple(self._keys)

    def seal(self, data: bytes, purpose: str, *, is_repeatable: bool = False) -> Sealed:
        """Encrypt with the first key. Only `open` with the same purpose reads it again.

        Where it `is_repeatable`, the same data make the same box: the nonce is a keyed hash of them, as in AES-GCM-SIV.
        Who sees two boxes then sees whether they hold the same, and nothing else.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  not where nothing is encrypted

        key_id = next(iter(self._keys))
        nonce = _nonce_of(self._keys[key_id], data) if is_repeatable else secrets.token_bytes(_NONCE_BYTES)
        box = AESGCM(self._keys[key_id]).encrypt(nonce, data, _bound(key_id, purpose))
        return Sealed(key_id, nonce + box)

    def seal_pieces(self, pieces: Iterable[bytes], purpose: str) -> tuple[str, Iterator[bytes]]:
        """Encrypt what comes in pieces, into the pieces of a box that `open` reads as one of `seal`."""
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415  as above

        key_id = next(iter(self._keys))
        nonce = secrets.token_bytes(_NONCE_BYTES)
        encryptor = Cipher(algorithms.AES(self._keys[key_id]), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(_bound(key_id, purpose))

        def box() -> Iterator[bytes]:
            yield nonce
            yield from map(encryptor.update, pieces)
            yield encryptor.finalize() + encryptor.tag

        return key_id, box()

    def open(self, sealed: Sealed, purpose: str) -> bytes:
        """Decrypt what was sealed for this purpose.

        Raises:
            UnreadableError: The key is not here, another one has its id, or the bytes are not those that were sealed.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  as above
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  as above

        key_id, box = sealed
        key = self._key(key_id)
        if len(box) < OVERHEAD_BYTES:
            raise _damaged(key_id, purpose)
        try:
            return AESGCM(key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], _bound(key_id, purpose))
        except InvalidTag:
            raise _damaged(key_id, purpose) from None

    def open_in_place(self, key_id: str, buffer: BytesIO, start: int, purpose: str) -> bytes:
        """Decrypt a box that fills a buffer from `start` on, without a second buffer; what it held is lost.

        Raises:
            UnreadableError: As `open` raises it.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  as above
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415  as above

        key = self._key(key_id)
        with buffer.getbuffer() as view:
            first, end = start + _NONCE_BYTES, len(view) - _TAG_BYTES
            if end < first:
                raise _damaged(key_id, purpose)
            cipher = Cipher(algorithms.AES(key), modes.GCM(bytes(view[start:first])))
            decryptor = cipher.decryptor()
            decryptor.authenticate_additional_data(_bound(key_id, purpose))
            for at in range(first, end, _PIECE_BYTES):
                piece = decryptor.update(view[at : min(at + _PIECE_BYTES, end)])
                view[at - first : at - first + len(piece)] = piece
            try:
                decryptor.finalize_with_tag(bytes(view[end:]))
            except InvalidTag:
                raise _damaged(key_id, purpose) from None
        buffer.truncate(end - first)
        return buffer.getvalue()

    def _key(self, key_id: str) -> bytes:
        if key_id not in self._keys:
            raise _missing(key_id, self.ids)
        return self._keys[key_id]


def new_entry(key_id: str) -> str:
    """Make an entry with a fresh key.

    Raises:
        ValueError: This is no id.
    """
    if not is_key_id(key_id):
        raise ValueError(f"{key_id!r} is no id of a key: it has {ID_RULE}")
    return f"{key_id}={b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def is_key_id(text: str) -> bool:
    """Whether a key may have this id."""
    return _ID.fullmatch(text) is not None


def _read(entry: str, number: int) -> tuple[str, bytes]:
    key_id, _, text = entry.strip().partition("=")
    if not is_key_id(key_id):
        raise ValueError(f"entry {number} does not begin with an id and =; an id has {ID_RULE}")
    advice = f"it is {KEY_BYTES} bytes in base64, as `signoff keys new` makes them"
    try:
        key = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"the key of {key_id} is no base64; {advice}") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"the key of {key_id} has {len(key)} bytes; {advice}")
    return key_id, key


def _nonce_of(key: bytes, data: bytes) -> bytes:
    hashing_key = hmac.digest(key, f"{_VERSION}\0nonce".encode(), "sha256")
    return hmac.digest(hashing_key, data, "sha256")[:_NONCE_BYTES]


def _bound(key_id: str, purpose: str) -> bytes:
    """Say what a box is bound to. No part holds a NUL, so no two sets of parts look alike."""
    return "\0".join((_VERSION, key_id, purpose)).encode()


def _missing(key_id: str, ids: Sequence[str]) -> UnreadableError:
    # The id comes from outside, and may be anything there.
    named = key_id if is_key_id(key_id) else "of an id that is none"
    has = f"it has {', '.join(ids)}" if ids else "it is not set here"
    told = f"this is encrypted with the key {named}, which SIGNOFF_ENCRYPTION_KEYS lacks ({has})"
    return UnreadableError(named, f"{told}; add its entry, and what waits for it goes on", is_missing=True)


def _damaged(key_id: str, purpose: str) -> UnreadableError:
    told = f"the key {key_id} does not open this {purpose.partition(':')[0]}"
    why = "SIGNOFF_ENCRYPTION_KEYS has another key under that id, or the bytes were changed or moved"
    return UnreadableError(key_id, f"{told}: {why}", is_missing=False)
