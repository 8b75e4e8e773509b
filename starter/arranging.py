"""What a reviewer types around a review without deciding: claim, release, delegate, extend."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

from typing import TYPE_CHECKING, Annotated

import typer

from starter.options import ActingAs, AsJson, JobArgument

if TYPE_CHECKING:
    from datetime import datetime

    from signoff.client import JobClient
    from signoff.domain.arrangement import Arrangement

Reason = Annotated[str, typer.Option(help="Why; it is kept in the record.")]
ArrangementId = Annotated[
    str | None,
    typer.Option("--arrangement-id", metavar="ID", help="Repeats an earlier one whose answer was lost."),
]


def claim(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    acting_as: ActingAs = None,
    reason: Reason = "",
    arrangement_id: ArrangementId = None,
    as_json: AsJson = False,
) -> None:
    """Tell the other reviewers that you are on it.

    It keeps nobody from deciding, and takes the place of somebody else's claim.
    """
    from signoff.domain.arrangement import ArrangementKind
    from starter.identity import named, read_arrangement

    given = read_arrangement(ArrangementKind.CLAIM, by=named(acting_as), reason=reason, arrangement_id=arrangement_id)
    _hand_in(context, job_id, given, as_json=as_json)


def release(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    acting_as: ActingAs = None,
    reason: Reason = "",
    arrangement_id: ArrangementId = None,
    as_json: AsJson = False,
) -> None:
    """Take a claim of yours back."""
    from signoff.domain.arrangement import ArrangementKind
    from starter.identity import named, read_arrangement

    given = read_arrangement(ArrangementKind.RELEASE, by=named(acting_as), reason=reason, arrangement_id=arrangement_id)
    _hand_in(context, job_id, given, as_json=as_json)


def delegate(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    to: Annotated[str, typer.Option(metavar="NAME", help="Who decides in your place.")],
    acting_as: ActingAs = None,
    reason: Reason = "",
    arrangement_id: ArrangementId = None,
    as_json: AsJson = False,
) -> None:
    """Hand your seat in a review to somebody else, for this job alone.

    You can't decide on it then. A review may say who can be handed a seat; where anybody may decide there is none.
    """
    from signoff.domain.arrangement import ArrangementKind
    from starter.identity import named, read_arrangement

    given = read_arrangement(
        ArrangementKind.DELEGATE, by=named(acting_as), reason=reason, arrangement_id=arrangement_id, to=to
    )
    _hand_in(context, job_id, given, as_json=as_json)


def extend(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    by: Annotated[
        str | None, typer.Option(metavar="DURATION", help="How much longer, such as 2d, 36h or PT36H.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="When it ends then, as in 2026-12-01T18:00; UTC without a zone.")
    ] = None,
    acting_as: ActingAs = None,
    reason: Reason = "",
    arrangement_id: ArrangementId = None,
    as_json: AsJson = False,
) -> None:
    """Move the end of a review to a later time."""
    from signoff.domain.arrangement import ArrangementKind
    from signoff.domain.errors import BadRequestError
    from starter.connection import with_jobs
    from starter.durations import read_moment
    from starter.identity import named, read_arrangement

    who = named(acting_as)
    if (by is None) == (until is None):
        raise BadRequestError("say how much longer with --by, such as --by 2d, or until when with --until")
    if until is not None:
        due_at = read_moment(until, "--until")
    else:
        due_at = with_jobs(context, lambda jobs: _later(jobs, job_id, str(by)))
    given = read_arrangement(
        ArrangementKind.EXTEND, by=who, reason=reason, arrangement_id=arrangement_id, due_at=due_at
    )
    _hand_in(context, job_id, given, as_json=as_json)


async def _later(jobs: "JobClient", job_id: str, by: str) -> "datetime":
    """Add to the end of the review as it is."""
    from signoff.domain.errors import BadRequestError, RefusedError
    from starter.durations import read_duration

    longer = read_duration(by, "--by")
    record = await jobs.record(job_id)
    if record.review is None:
        raise RefusedError(f"nothing is held for review; {job_id} is {record.status} ({record.reason})")
    try:
        return record.review.due_at + longer
    except OverflowError:
        raise BadRequestError(f"--by: {by} is longer than a review can be open") from None


def _hand_in(context: typer.Context, job_id: str, arrangement: "Arrangement", *, as_json: bool) -> None:
    """Send an arrangement and tell what came of it; the exit code says whether it is made."""
    from signoff.domain.errors import UnreachableError
    from starter.answers import arrangement_document, arrangement_lines, repeated_arrangement
    from starter.connection import with_jobs
    from starter.exits import REFUSED
    from starter.screen import complain, say, say_json

    try:
        answer = with_jobs(context, lambda jobs: jobs.arrange(job_id, arrangement))
    except UnreachableError as error:
        again = repeated_arrangement(job_id, arrangement)
        raise UnreachableError(f"{error}\nthis is safe to repeat: {again}") from error
    if as_json:
        say_json(arrangement_document(job_id, arrangement, answer))
    if not answer.is_accepted:
        complain(f"the {arrangement.kind} was refused: {answer.reason}; the job is {answer.status}")
        raise typer.Exit(REFUSED)
    if not as_json:
        say(*arrangement_lines(job_id, arrangement))
