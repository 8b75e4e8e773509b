"""What a reviewer types: review, approve, reject."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

from typing import TYPE_CHECKING, Annotated

import typer

from starter.options import ActingAs, AsJson, JobArgument

if TYPE_CHECKING:
    from signoff.domain.decision import Decision

Digest = Annotated[
    str | None,
    typer.Option("--digest", metavar="sha256:...", help="The digest of what you looked at, as `review` prints it."),
]
DecisionId = Annotated[
    str | None,
    typer.Option("--decision-id", metavar="ID", help="Repeats an earlier decision whose answer was lost."),
]


def review(context: typer.Context, job_id: JobArgument, *, as_json: AsJson = False) -> None:
    """Show exactly what is delivered if it is approved.

    Beside the text: its sources, what was noticed about it, until when to decide, and how.
    """
    from starter.connection import with_jobs
    from starter.drafts import review_document, review_lines
    from starter.screen import say, say_json

    draft, record = with_jobs(context, lambda jobs: jobs.draft(job_id))
    if as_json:
        say_json(review_document(record, draft))
    else:
        say(*review_lines(record, draft))


def approve(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    digest: Digest = None,
    acting_as: ActingAs = None,
    comment: Annotated[str, typer.Option(help="A comment for the record.")] = "",
    decision_id: DecisionId = None,
    as_json: AsJson = False,
) -> None:
    """Approve what is held, and by that have it delivered.

    Where several approvals are asked for, the last one delivers.
    """
    from signoff.domain.decision import DecisionKind
    from starter.identity import named, read_decision

    decision = read_decision(
        DecisionKind.APPROVE,
        reviewer=named(acting_as),
        digest=_looked_at(digest, job_id),
        comment=comment,
        decision_id=decision_id,
    )
    _hand_in(context, job_id, decision, as_json=as_json)


def reject(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    digest: Digest = None,
    acting_as: ActingAs = None,
    comment: Annotated[str, typer.Option(help="What is wrong with it; a rejection needs this.")] = "",
    decision_id: DecisionId = None,
    as_json: AsJson = False,
) -> None:
    """Reject what is held: nothing is delivered, and the job closes."""
    from signoff.domain.decision import DecisionKind
    from signoff.domain.errors import BadRequestError
    from starter.identity import named, read_decision

    decision = read_decision(
        DecisionKind.REJECT,
        reviewer=named(acting_as),
        digest=_looked_at(digest, job_id),
        comment=comment,
        decision_id=decision_id,
    )
    if not comment.strip():
        raise BadRequestError("a rejection needs --comment: say what is wrong")
    _hand_in(context, job_id, decision, as_json=as_json)


def _looked_at(digest: str | None, job_id: str) -> str:
    from signoff.domain.errors import BadRequestError
    from starter.advice import typed

    if digest is None:
        told = "nothing was decided: --digest must name what you looked at, so that nothing else can be meant"
        raise BadRequestError(f"{told}; see it and its digest with: {typed('review', job_id)}")
    return digest


def _hand_in(context: typer.Context, job_id: str, decision: "Decision", *, as_json: bool) -> None:
    """Send a decision and tell what came of it; the exit code says whether it counts."""
    from signoff.domain.errors import UnreachableError
    from starter.advice import repeated
    from starter.connection import with_jobs
    from starter.drafts import answer_lines
    from starter.exits import REFUSED
    from starter.screen import complain, say, say_json

    try:
        answer = with_jobs(context, lambda jobs: jobs.decide(job_id, decision))
    except UnreachableError as error:
        raise UnreachableError(f"{error}\nthis is safe to repeat: {repeated(job_id, decision)}") from error
    if as_json:
        say_json({"job_id": job_id, "decision_id": decision.decision_id, **answer.model_dump(mode="json")})
    if not answer.is_accepted:
        complain(f"the decision was refused: {answer.reason}; the job is {answer.status}")
        raise typer.Exit(REFUSED)
    if not as_json:
        say(*answer_lines(job_id, decision, answer))
