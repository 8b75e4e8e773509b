"""Tokens as the commands read and show them; a secret is never among it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from signoff.domain.errors import BadRequestError
from signoff.tokens import Role, Token
from starter.plain import moment, one_line
from starter.table import columns


def read_roles(given: Sequence[str]) -> list[Role]:
    """Read what was given as --role.

    Raises:
        BadRequestError: One is not known.
    """
    known = ", ".join(Role)
    if unknown := [one for one in given if one not in set(Role)]:
        raise BadRequestError(f"--role: {unknown[0]!r} is not a role; the roles are {known}")
    return [Role(one) for one in given]


def read_duration(text: str) -> timedelta:
    """Read what was given as --expires-in.

    Raises:
        BadRequestError: It is no duration.
    """
    try:
        return TypeAdapter(timedelta).validate_json(f'"{text}"', strict=True)
    except ValidationError:
        msg = f"--expires-in: {text!r} is not a duration; write it like P90D (90 days) or PT12H (12 hours)"
        raise BadRequestError(msg) from None


def token_document(token: Token) -> dict[str, Any]:
    """Give what may be shown of a token as a JSON object."""
    return token.model_dump(mode="json", exclude={"sha256"})


def token_lines(tokens: Sequence[Token], now: datetime) -> Iterator[str]:
    """Show one line per token."""
    if not tokens:
        yield "there is no token; make one with `signoff token create`"
        return
    yield from columns(("ID", "NAME", "ROLES", "MADE", "COUNTS"), [_row(token, now) for token in tokens])


def _row(token: Token, now: datetime) -> tuple[str, ...]:
    counts = "until revoked" if token.expires_at is None else f"until {moment(token.expires_at)}"
    if token.is_expired(now):
        counts = "no more (expired)"
    return (token.token_id, one_line(token.name), ", ".join(token.roles), moment(token.created_at), counts)
