"""What an operator types about deliveries: deliveries, redeliver."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

from typing import Annotated

import typer

from starter.options import ActingAs, AsJson, JobArgument, RepairId


def deliveries(
    context: typer.Context,
    *,
    is_stuck: Annotated[
        bool, typer.Option("--stuck", help="Only those that have stopped, or are being repeated after a failure.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Of at most so many jobs, the newest.")] = 200,
    as_json: AsJson = False,
) -> None:
    """List the deliveries of approved results that have not arrived.

    With --stuck, those alone that somebody should look at. Jobs answer for themselves, so a worker has to run.
    """
    from starter.connection import with_jobs
    from starter.screen import say, say_json
    from starter.undelivered import line_document, what_next
    from starter.undelivered import print_deliveries as show

    found = with_jobs(context, lambda jobs: jobs.deliveries(is_stuck=is_stuck, limit=limit))
    if as_json:
        say_json([line_document(line) for line in found])
    elif not found:
        say("no delivery is stuck" if is_stuck else "no delivery is under way, and none has stopped")
    else:
        show(found)
        say(*what_next(found))


def redeliver(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    number: Annotated[
        int | None,
        typer.Option("--delivery", metavar="N", min=1, help="Which one; by default each that has not arrived."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(metavar="DESTINATION", help="Where it goes from now on: a URL, release, or JSON as in a request."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the record.")] = "",
    acting_as: ActingAs = None,
    repair_id: RepairId = None,
    as_json: AsJson = False,
) -> None:
    """Hand an approved result over again, or to another destination. Nothing is generated or paid.

    Works on a job that stopped on its delivery, and on one whose delivery is being repeated. The deployment must
    allow another destination, and people approve it first, unless the policy says otherwise. With a URL in --to all
    else about the destination stays, such as the secret that signs it.
    """
    from signoff.domain.repair import RepairKind
    from starter.connection import with_jobs
    from starter.identity import named, read_repair
    from starter.repairing import hand_in
    from starter.undelivered import wanted

    destination = with_jobs(context, lambda jobs: wanted(jobs, job_id, number, to)) if to else None
    options = [*(["--delivery", str(number)] if number else []), *(["--to", to] if to else [])]
    repair = read_repair(
        RepairKind.REDELIVER,
        by=named(acting_as),
        reason=reason,
        repair_id=repair_id,
        delivery=number,
        destination=destination,
    )
    hand_in(context, job_id, repair, options, as_json=as_json)
