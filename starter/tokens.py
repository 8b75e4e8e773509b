"""What an operator types about the callers of the gateway: token create, list, revoke."""
# ruff: noqa: PLC0415  pydantic loads when a command needs it, so that help is quick

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from starter.options import AsJson

if TYPE_CHECKING:
    from datetime import timedelta

    from signoff.tokens import TokenStore


def create(
    *,
    name: Annotated[str, typer.Option(help="Whose token it is; jobs and decisions carry this name.")],
    role: Annotated[list[str], typer.Option(help="requester, reviewer or operator; may be given more than once.")],
    expires_in: Annotated[
        str | None, typer.Option(metavar="DURATION", help="How long it counts, as in P90D; without it, until revoked.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token for a caller of the gateway.

    The secret is shown this once; only its hash is kept. It counts at once, also where the gateway runs already.
    """
    from datetime import UTC, datetime

    from starter.caller_tokens import read_roles, token_document
    from starter.screen import say, say_json

    made = _store().create(name, read_roles(role), datetime.now(UTC), _duration(expires_in))
    if as_json:
        say_json(token_document(made.token) | {"secret": made.secret})
    else:
        say(made.secret)
        roles = ", ".join(made.token.roles)
        say(f"the token {made.token.token_id} of {made.token.name}: {roles}; it is not shown again")


def listing(*, as_json: AsJson = False) -> None:
    """List the tokens: whose they are and what they allow, never their secrets."""
    from datetime import UTC, datetime

    from starter.caller_tokens import token_document, token_lines
    from starter.screen import say, say_json

    tokens = _store().all()
    if as_json:
        say_json([token_document(token) for token in tokens])
    else:
        say(*token_lines(tokens, datetime.now(UTC)))


def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id, as `token list` prints it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Take a token back. It counts no more from this moment on."""
    from starter.caller_tokens import token_document
    from starter.screen import say, say_json

    token = _store().revoke(token_id)
    if as_json:
        say_json(token_document(token))
    else:
        say(f"the token {token.token_id} of {token.name} counts no more")


tokens = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
_EXAMPLES: dict[str, tuple[Callable[..., None], str]] = {
    "create": (create, "token create --name newsroom --role requester --expires-in P90D"),
    "list": (listing, "token list"),
    "revoke": (revoke, "token revoke 3f9c0a61b2d4"),
}
for _name, (_command, _example) in _EXAMPLES.items():
    tokens.command(_name, epilog=f"Example: signoff {_example}")(_command)


@tokens.callback()
def token() -> None:
    """Make, list and revoke the tokens of the gateway's callers."""


def _store() -> "TokenStore":
    from signoff.settings import load_settings
    from signoff.tokens import TokenStore

    return TokenStore(load_settings().tokens)


def _duration(text: str | None) -> "timedelta | None":
    from starter.caller_tokens import read_duration

    return None if text is None else read_duration(text)
