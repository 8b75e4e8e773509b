"""What tells whether a job is kept as it was: verify."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from starter.options import AsJson, possible

if TYPE_CHECKING:
    from signoff.domain.verification import Check


_WIDEST: Final = 32
"""Longer names, such as those of drafts, push their line to the right alone."""


def verify(
    context: typer.Context,
    job_id: Annotated[
        str | None, typer.Argument(metavar="[JOB]", help="A job in the archive, or an open one as far as it got.")
    ] = None,
    *,
    folder: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="An exported folder instead, which needs nothing else.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hash everything of a job again, and check that its record agrees with itself.

    One line per thing: ok, differs, absent, or not checkable and why. Exit code 1 when something differs.
    """
    from signoff.domain.errors import BadRequestError
    from signoff.domain.verification import is_sound
    from signoff.verifying import verify_folder, verify_job
    from starter.connection import with_archive
    from starter.exits import PART_ILL
    from starter.screen import say, say_json

    if (job_id is None) == (folder is None):
        raise BadRequestError("name a job, or a folder with --folder; one of the two")
    if folder is not None:
        import asyncio

        checks = asyncio.run(verify_folder(folder))
    else:
        known = possible(str(job_id))
        checks = with_archive(context, lambda jobs: verify_job(jobs, known))
    if as_json:
        say_json({"checks": [check._asdict() for check in checks], "is_sound": is_sound(checks)})
    else:
        say(*check_lines(checks))
    if not is_sound(checks):
        raise typer.Exit(PART_ILL)


def check_lines(checks: "Sequence[Check]") -> Iterator[str]:
    """Show one line per check, and how many came out how."""
    from starter.plain import one_line

    width = min(max(len(check.what) for check in checks), _WIDEST)
    for check in checks:
        yield f"{check.state:<13}  {one_line(check.what):<{width}}  {one_line(check.told)}".rstrip()
    states = [check.state for check in checks]
    yield ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(sorted(states)))
