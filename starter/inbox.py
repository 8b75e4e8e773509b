"""What a reviewer types to see what waits: inbox."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

from typing import Annotated

import typer

from starter.options import ActingAs, AsJson


def inbox(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    *,
    acting_as: ActingAs = None,
    is_all: Annotated[bool, typer.Option("--all", help="Whatever is held for review, for whomever it waits.")] = False,
    label: Annotated[str | None, typer.Option(metavar="KEY=VALUE", help="Only jobs with this label.")] = None,
    requester: Annotated[str | None, typer.Option(metavar="NAME", help="Only jobs of this requester.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many, the newest ones.")] = 200,
    as_json: AsJson = False,
) -> None:
    """List what waits for your decision, the most urgent first."""
    from signoff.domain.status import JobStatus
    from starter.advice import typed
    from starter.connection import with_jobs
    from starter.identity import named
    from starter.inputs import check_label
    from starter.screen import say, say_json
    from starter.table import print_inbox, urgent_first

    who = None if is_all else named(acting_as)
    found = with_jobs(
        context,
        lambda jobs: jobs.list(
            status=JobStatus.AWAITING_REVIEW,
            reviewer=who,
            label=check_label(label),
            requester=requester,
            limit=limit,
        ),
    )
    if as_json:
        say_json([job.model_dump(mode="json") for job in urgent_first(found)])
    elif not found:
        say("nothing is held for review" if is_all else f"nothing waits for {who}")
    else:
        print_inbox(urgent_first(found))
        more = [f"only the newest {limit} are listed; --limit says how many"] if len(found) == limit else []
        say(*more, "next, type", f"  {typed('review', 'JOB')}")
