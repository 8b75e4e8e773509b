"""What is typed to set a stopped job going again, or to end it: retry, amend, abandon, announce."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

from typing import TYPE_CHECKING, Annotated

import typer

from starter.options import ActingAs, AsJson, JobArgument, RepairId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signoff.domain.repair import Repair


def retry(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    is_anew: Annotated[
        bool, typer.Option("--anew", help="Pay for a new attempt, also where the known response could be gone on with.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the record.")] = "",
    acting_as: ActingAs = None,
    repair_id: RepairId = None,
    as_json: AsJson = False,
) -> None:
    """Have a stopped job go on from where it stopped.

    An approved result is delivered again. A response that may still end well is looked at again. Both are free of
    charge. Where there is neither, a new attempt is made, which is paid.
    """
    from signoff.domain.repair import RepairKind
    from starter.identity import named, read_repair

    by = named(acting_as)
    repair = read_repair(RepairKind.RETRY, by=by, reason=reason, repair_id=repair_id, is_anew=is_anew)
    hand_in(context, job_id, repair, ["--anew"] if is_anew else [], as_json=as_json)


def amend(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter; the value is JSON, or else a text."),
    ] = None,
    removals: Annotated[
        list[str] | None, typer.Option("--unset", metavar="NAME", help="Leave a parameter out.")
    ] = None,
    response: Annotated[str | None, typer.Option(metavar="JSON", help="The changes as one JSON object.")] = None,
    file: Annotated[
        str | None, typer.Option(metavar="FILE", help="The changes in a JSON file; - reads standard input.")
    ] = None,
    deadline: Annotated[
        str | None, typer.Option(metavar="DURATION", help="How long an attempt may take from now on, such as PT4H.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; an amendment needs this.")] = "",
    acting_as: ActingAs = None,
    repair_id: RepairId = None,
    as_json: AsJson = False,
) -> None:
    """Have a stopped job make a new, paid attempt with changed response parameters.

    --set and --unset may be repeated, and name what is inside a parameter with a dot: --set reasoning.effort=low.
    The changes are a JSON merge patch (RFC 7396): objects are merged, lists and all else are replaced, and in
    --response or --file a null leaves out. The rest of the request stays, and of it only the deadline can be changed.
    """
    from signoff.domain.errors import BadRequestError
    from signoff.domain.repair import RepairKind
    from starter.identity import named, read_repair
    from starter.patches import Amendment

    amendment = Amendment(
        response=response, file=file, settings=settings or (), removals=removals or (), deadline=deadline
    )
    by, patch = named(acting_as), amendment.patch()
    if not reason.strip():
        raise BadRequestError("an amendment needs --reason: say why it is asked for otherwise")
    repair = read_repair(RepairKind.AMEND, by=by, reason=reason, repair_id=repair_id, response=patch, deadline=deadline)
    hand_in(context, job_id, repair, amendment.words, as_json=as_json)


def abandon(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    reason: Annotated[str, typer.Option(help="Why; giving a job up needs this.")] = "",
    acting_as: ActingAs = None,
    repair_id: RepairId = None,
    as_json: AsJson = False,
) -> None:
    """Give a stopped job up for good.

    It ends as failed, once what may still run at OpenAI was stopped. A job that goes on is stopped with cancel.
    """
    from signoff.domain.errors import BadRequestError
    from signoff.domain.repair import RepairKind
    from starter.identity import named, read_repair

    if not reason.strip():
        raise BadRequestError("giving a job up needs --reason: say why")
    repair = read_repair(RepairKind.ABANDON, by=named(acting_as), reason=reason, repair_id=repair_id)
    hand_in(context, job_id, repair, [], as_json=as_json)


def announce(
    context: typer.Context,
    job_id: JobArgument,
    response_id: Annotated[str, typer.Argument(metavar="RESPONSE_ID", help="Its id at OpenAI: resp_...")],
    *,
    as_json: AsJson = False,
) -> None:
    """Tell a job of a response that was found by hand.

    The job looks at it, and believes only what it sees. If it waits for that response, it goes on with it; any
    other response of it is stopped and recorded as a stray. A repeat does no harm.
    """
    from signoff.domain.errors import UnreachableError
    from starter.advice import typed
    from starter.connection import with_jobs
    from starter.identity import check_response_id
    from starter.mending import announcement_lines
    from starter.screen import say, say_json

    check_response_id(response_id)
    try:
        with_jobs(context, lambda jobs: jobs.announce(job_id, response_id))
    except UnreachableError as error:
        again = typed("announce", job_id, response_id)
        raise UnreachableError(f"{error}\nthis is safe to repeat: {again}") from error
    if as_json:
        say_json({"job_id": job_id, "response_id": response_id, "is_announced": True})
    else:
        say(*announcement_lines(job_id, response_id))


def hand_in(context: typer.Context, job_id: str, repair: "Repair", options: "Sequence[str]", *, as_json: bool) -> None:
    """Send a repair and tell what came of it; the exit code says whether it was taken."""
    from signoff.domain.errors import UnreachableError
    from starter.connection import with_jobs
    from starter.exits import REFUSED
    from starter.mending import answer_document, answer_lines, refusal, repeated
    from starter.screen import complain, say, say_json

    try:
        answer = with_jobs(context, lambda jobs: jobs.repair(job_id, repair))
    except UnreachableError as error:
        again = repeated(job_id, repair, options)
        raise UnreachableError(f"{error}\nthis is safe to repeat: {again}") from error
    if as_json:
        say_json(answer_document(job_id, repair, answer))
    if not answer.is_accepted:
        complain(refusal(job_id, repair, answer))
        raise typer.Exit(REFUSED)
    if not as_json:
        say(*answer_lines(job_id, repair, answer))
