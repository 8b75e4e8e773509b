"""Bearer tokens: who may call the gateway, and in which roles.

Only hashes are kept. A plain SHA-256 is right for them: a token is 256 random bits, so there is nothing to guess
that a slow hash would protect, and a call must not pay for one.
"""

import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError

from signoff.domain.errors import BadRequestError, SettingsError
from signoff.domain.job import explain
from signoff.domain.model import Input, Name, Value

PREFIX: Final = "signoff_"
"""What every token begins with, so that one that leaked is recognised."""

TOKENS_LIMIT: Final = 1_000
LONGEST_LIFE: Final = timedelta(days=3_650)
_FILE_LIMIT_BYTES: Final = 4_194_304


class Role(StrEnum):
    """What a caller may do."""

    REQUESTER = "requester"
    """Submit jobs, and see and stop those of its own."""

    REVIEWER = "reviewer"
    """See every job and what is held for review, and decide."""

    OPERATOR = "operator"
    """See every job, and repair or stop it."""


class Token(Input):
    """What is kept of a token: whose it is, and the hash of its secret."""

    token_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
    name: Name
    roles: Annotated[tuple[Role, ...], Field(min_length=1, max_length=len(Role))]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None

    def is_expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and now >= self.expires_at


class NewToken(Value):
    """A token that was just made. The secret is in this value and nowhere else."""

    token: Token
    secret: str


class _File(Input):
    version: Literal[1] = 1
    tokens: Annotated[tuple[Token, ...], Field(max_length=TOKENS_LIMIT)] = ()


class TokenStore:
    """The tokens of a deployment, in a file that only its owner can read.

    The file is read anew whenever it has changed, so that a token counts from the moment it was made until the
    moment it was revoked. A file that is not there holds no tokens.

    Raises:
        SettingsError: The file can't be read or written, or it is damaged. Nobody is let in meanwhile.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: object = None
        self._by_hash: dict[str, Token] = {}

    def find(self, secret: str, now: datetime) -> Token | None:
        """Find the token that counts now.

        It is looked up by its hash, so how long that takes says nothing about any secret that is kept.
        """
        self._refresh()
        token = self._by_hash.get(_hash(secret))
        return None if token is None or token.is_expired(now) else token

    def find_by_id(self, token_id: str, now: datetime) -> Token | None:
        """Find the token of this id if it counts now: a session that it began lasts no longer than it does."""
        self._refresh()
        token = next((token for token in self._by_hash.values() if token.token_id == token_id), None)
        return None if token is None or token.is_expired(now) else token

    def all(self) -> tuple[Token, ...]:
        """List the tokens, the oldest first, expired ones too."""
        self._refresh()
        return tuple(self._by_hash.values())

    def create(self, name: str, roles: Sequence[Role], now: datetime, expires_in: timedelta | None = None) -> NewToken:
        """Make a token.

        Raises:
            BadRequestError: Its name, roles or life break a rule, or there are too many tokens.
        """
        secret = PREFIX + secrets.token_urlsafe(32)
        token = _made(secret, name, roles, now, expires_in)
        with self._changing() as tokens:
            if len(tokens) >= TOKENS_LIMIT:
                msg = f"there are {TOKENS_LIMIT:,} tokens already; revoke one first"
                raise BadRequestError(msg)
            tokens.append(token)
        return NewToken(token=token, secret=secret)

    def revoke(self, token_id: str) -> Token:
        """Take a token back, for good.

        Raises:
            BadRequestError: There is no such token.
        """
        with self._changing() as tokens:
            found = [token for token in tokens if token.token_id == token_id]
            if not found:
                msg = f"there is no token {token_id!r}; `signoff token list` shows their ids"
                raise BadRequestError(msg)
            tokens.remove(found[0])
        return found[0]

    @contextlib.contextmanager
    def _changing(self) -> Iterator[list[Token]]:
        """Give the tokens to be changed, and write them back; one process at a time."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.with_name(f"{self._path.name}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                tokens = list(self.all())
                yield tokens
                _write(self._path, _File(tokens=tuple(tokens)))
        except OSError as error:
            msg = f"{self._path}: the token file can't be written: {error}; see SIGNOFF_TOKENS_FILE"
            raise SettingsError(msg) from error

    def _refresh(self) -> None:
        try:
            found = self._path.stat()
            now = (found.st_mtime_ns, found.st_size, found.st_ino)
            if now != self._seen:
                self._by_hash = {token.sha256: token for token in _read(self._path).tokens}
        except FileNotFoundError:
            now, self._by_hash = None, {}
        except OSError as error:
            msg = f"{self._path}: the token file can't be read: {error}; see SIGNOFF_TOKENS_FILE"
            raise SettingsError(msg) from error
        self._seen = now


def _made(secret: str, name: str, roles: Sequence[Role], now: datetime, expires_in: timedelta | None) -> Token:
    if expires_in is not None and not timedelta(0) < expires_in <= LONGEST_LIFE:
        msg = f"expires_in: a token lives more than no time, and at most {LONGEST_LIFE.days:,} days"
        raise BadRequestError(msg)
    try:
        return Token(
            token_id=secrets.token_hex(6),
            name=name,
            roles=tuple(dict.fromkeys(roles)),
            sha256=_hash(secret),
            created_at=now,
            expires_at=now + expires_in if expires_in else None,
        )
    except ValidationError as error:
        raise BadRequestError(explain(error)) from None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()


def _read(path: Path) -> _File:
    with path.open("rb") as file:
        data = file.read(_FILE_LIMIT_BYTES + 1)
    try:
        if len(data) > _FILE_LIMIT_BYTES:
            raise SettingsError(
                f"{path}: the token file is larger than {_FILE_LIMIT_BYTES:,} bytes; is it another file?"
            )
        return _File.model_validate_json(data)
    except ValidationError as error:
        told = f"{path}: the token file is damaged: {explain(error)}"
        raise SettingsError(f"{told}; restore it, or delete it and make new tokens") from None


def _write(path: Path, content: _File) -> None:
    """Replace the file whole or not at all; no one else can read it at any moment."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content.model_dump_json(indent=2).encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
