"""What takes a job out of the system: export, and record-schema, which says what its record looks like."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.options import AsJson, JobArgument

if TYPE_CHECKING:
    from signoff.exporting import Report


def export(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    to: Annotated[
        Path, typer.Option(metavar="FOLDER", help="A folder that is new, empty, or an earlier export of the same job.")
    ],
    has_report: Annotated[bool, typer.Option("--report/--no-report", help="Write report.html, for people.")] = True,
    without_unsound: Annotated[
        bool, typer.Option("--without-unsound", help="Leave out what was torn or changed, instead of refusing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write everything that is kept of a job into a folder.

    It holds the record, requests, response bodies, drafts, the approved one, a report to read and print, and a
    manifest with the digest of each. A closed job needs no Temporal server. --json prints the manifest.
    """
    from datetime import UTC, datetime

    from signoff.exporting import Wish, export_job
    from starter.advice import typed
    from starter.connection import with_archive
    from starter.screen import say, say_json

    report = _report() if has_report else None
    wish = Wish(at=datetime.now(UTC), report=report, without_unsound=without_unsound)
    manifest = with_archive(context, lambda jobs: export_job(jobs, job_id, to, wish))
    if as_json:
        say_json(manifest.model_dump(mode="json"))
        return
    is_open = f"; it is still open ({manifest.status}), and more may happen to it" if manifest.is_open else ""
    say(f"{job_id}: {len(manifest.files) + 1} files in {to}{is_open}")
    absent = (f"  absent: {one.path}, {one.about}: {one.why}" for one in manifest.absent)
    say(*absent, "next, type", f"  {typed('verify', '--folder', str(to))}")


def record_schema(*, as_json: AsJson = False) -> None:
    """Print the JSON Schema of a record, as exported folders, the HTTP API and `show --json` hold it.

    With --json it is on one line.
    """
    from signoff.domain.record_schema import record_schema as made
    from signoff.domain.record_schema import rendered
    from starter.screen import say_json

    if as_json:
        say_json(made())
    else:
        typer.echo(rendered(made()), nl=False)


def _report() -> "Report":
    """Load what renders reports.

    Raises:
        SettingsError: It is not installed.
    """
    from signoff.domain.errors import SettingsError

    try:
        from signoff.showing.report import render_report
    except ModuleNotFoundError as error:
        told = f"report.html needs {error.name}, which comes with the extra `gateway`"
        raise SettingsError(f"{told}: pip install 'signoff[gateway]', or export with --no-report") from None
    return render_report
