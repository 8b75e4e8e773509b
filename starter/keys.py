"""What an operator types about encryption: keys new, list, rotate."""
# ruff: noqa: PLC0415  Temporal's client and the archive load when a command needs them, so that help is quick

from collections.abc import Callable
from typing import Annotated

import typer

from starter.options import AsJson


def new(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="How the key is named, as in k1 or 2026-11.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Make a key, and print its entry for SIGNOFF_ENCRYPTION_KEYS.

    Nothing is kept of it. Put it into a store of secrets: what is encrypted with it can't be read without it.
    """
    from signoff.domain.errors import BadRequestError
    from signoff.encryption import new_entry
    from starter.screen import say, say_json

    try:
        entry = new_entry(key_id)
    except ValueError as error:
        raise BadRequestError(str(error)) from None
    if as_json:
        say_json({"id": key_id, "entry": entry})
        return
    say(entry)
    told = "not kept anywhere: put it into a store of secrets, then first in SIGNOFF_ENCRYPTION_KEYS where it encrypts"
    say(told, to_stderr=True)


def listing(
    *,
    archive: Annotated[bool, typer.Option("--archive", help="Count the archive's objects under each key.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the keys that are set here, by their ids; the first one encrypts. No key is shown."""
    import asyncio

    from starter.key_report import key_lines, keys_document
    from starter.rotating import counted_archive, open_archive
    from starter.screen import say, say_json

    opened, ring = open_archive()
    tally = asyncio.run(counted_archive(opened)) if archive else None
    if as_json:
        say_json(keys_document(ring, tally))
    else:
        say(*key_lines(ring, tally))
    if tally and tally.unreadable:
        raise typer.Exit(1)


def rotate(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Try everything, and replace nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Re-encrypt the archive under the first key, and say which keys are needed no more.

    Objects under another key, and plain ones, are read and replaced, beside workers that go on writing. It may be
    stopped and repeated at any time, and does what is left. Exit code 1 where an object could not be read.
    """
    import asyncio

    from starter.key_report import rotation_document, rotation_lines
    from starter.rotating import rotated
    from starter.screen import say, say_json

    done = asyncio.run(rotated(is_dry=dry_run, is_quiet=as_json))
    if as_json:
        say_json(rotation_document(done))
    else:
        say(*rotation_lines(done))
    if not done.tally.is_complete:
        raise typer.Exit(1)


keys = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
_EXAMPLES: dict[str, tuple[Callable[..., None], str]] = {
    "new": (new, "keys new 2026-11"),
    "list": (listing, "keys list --archive"),
    "rotate": (rotate, "keys rotate --dry-run"),
}
for _name, (_command, _example) in _EXAMPLES.items():
    keys.command(_name, epilog=f"Example: signoff {_example}")(_command)


@keys.callback()
def key() -> None:
    """Make the keys that histories and archive are encrypted with, list them, and change over to another one."""
