"""What an operator types about the upkeep of the archive: upkeep run, status."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

from collections.abc import Callable
from typing import Annotated

import typer

from starter.options import AsJson


def run(
    *,
    is_dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be removed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Do now what the schedule does every day.

    A worker removes from the archive what is past its retention, by the policy file that it was started with. Without
    rules there it removes nothing.
    """
    import asyncio

    from starter.connection import upkept
    from starter.removing import report_lines
    from starter.screen import say, say_json

    report = asyncio.run(upkept(is_dry_run=is_dry_run))
    if as_json:
        say_json(report.model_dump(mode="json"))
    else:
        say(*report_lines(report))


def status(*, as_json: AsJson = False) -> None:
    """Say when the next run is due, and what the last one did."""
    import asyncio

    from starter.connection import upkeep_standing
    from starter.removing import status_document, status_lines
    from starter.screen import say, say_json

    found = asyncio.run(upkeep_standing())
    if as_json:
        say_json(status_document(found))
    else:
        say(*status_lines(found))


upkeep = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
_EXAMPLES: dict[str, tuple[Callable[..., None], str]] = {
    "run": (run, "upkeep run --dry-run"),
    "status": (status, "upkeep status"),
}
for _name, (_command, _example) in _EXAMPLES.items():
    upkeep.command(_name, epilog=f"Example: signoff {_example}")(_command)


@upkeep.callback()
def keeping() -> None:
    """Remove from the archive what is past its retention."""
