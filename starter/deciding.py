"""What a reviewer types to decide: approve, reject, request-changes, edit."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

from typing import TYPE_CHECKING, Annotated

import typer

from starter.options import ActingAs, AsJson, JobArgument

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from signoff.client import JobClient
    from signoff.domain.decision import Decision, DecisionAnswer

Digest = Annotated[
    str | None,
    typer.Option("--digest", metavar="sha256:...", help="The digest of what you looked at, as `review` prints it."),
]
DecisionId = Annotated[
    str | None,
    typer.Option("--decision-id", metavar="ID", help="Repeats an earlier decision whose answer was lost."),
]
Redirect = Annotated[
    int,
    typer.Option(metavar="N", min=0, max=1_000, help="Which change of the destination you saw, as `review` prints it."),
]
Comment = Annotated[str, typer.Option(help="A comment for the record.")]


def approve(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    digest: Digest = None,
    acting_as: ActingAs = None,
    comment: Comment = "",
    redirect: Redirect = 0,
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
        redirect=redirect,
    )
    _hand_in(context, job_id, decision, as_json=as_json)


def reject(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    digest: Digest = None,
    acting_as: ActingAs = None,
    comment: Annotated[str, typer.Option(help="What is wrong with it; a rejection needs this.")] = "",
    redirect: Redirect = 0,
    decision_id: DecisionId = None,
    as_json: AsJson = False,
) -> None:
    """Reject what is held: nothing is delivered, and the job closes.

    Where several rejections are asked for, the last one closes it.
    """
    from signoff.domain.decision import DecisionKind
    from signoff.domain.errors import BadRequestError
    from starter.identity import named, read_decision

    decision = read_decision(
        DecisionKind.REJECT,
        reviewer=named(acting_as),
        digest=_looked_at(digest, job_id),
        comment=comment,
        decision_id=decision_id,
        redirect=redirect,
    )
    if not comment.strip():
        raise BadRequestError("a rejection needs --comment: say what is wrong")
    _hand_in(context, job_id, decision, as_json=as_json)


def request_changes(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    digest: Digest = None,
    acting_as: ActingAs = None,
    comment: Annotated[str, typer.Option(help="What to change, in words that the model gets.")] = "",
    decision_id: DecisionId = None,
    as_json: AsJson = False,
) -> None:
    """Have another draft made, with the comment as the next turn.

    That is a new, paid attempt. One reviewer suffices, and how often is bounded.
    """
    from signoff.domain.decision import DecisionKind
    from signoff.domain.errors import BadRequestError
    from starter.identity import named, read_decision

    decision = read_decision(
        DecisionKind.REQUEST_CHANGES,
        reviewer=named(acting_as),
        digest=_looked_at(digest, job_id),
        comment=comment,
        decision_id=decision_id,
    )
    if not comment.strip():
        raise BadRequestError("a request for changes needs --comment: say what to change, in words that the model gets")
    _hand_in(context, job_id, decision, as_json=as_json)


def edit(  # noqa: PLR0913  one parameter per option
    context: typer.Context,
    job_id: JobArgument,
    *,
    digest: Digest = None,
    text_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The new text, in place of an editor; - reads standard input."),
    ] = None,
    acting_as: ActingAs = None,
    comment: Comment = "",
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask before it is approved.")] = False,
    decision_id: DecisionId = None,
    as_json: AsJson = False,
) -> None:
    """Change the text that is held, and approve it as changed.

    Opens $VISUAL or $EDITOR, shows what changed, and asks before it approves that. With --text-file it does not ask.
    Where several approvals are asked for, the others are to approve the changed text. Until it is taken, what was
    typed stays in a file.
    """
    from signoff.domain.decision import DecisionKind
    from starter.connection import with_jobs
    from starter.editing import approve_changed, changed_text, held_draft, repeated_edit
    from starter.identity import named, read_decision
    from starter.screen import say

    looked_at = _looked_at(digest, job_id)
    told = read_decision(
        DecisionKind.APPROVE, reviewer=named(acting_as), digest=looked_at, comment=comment, decision_id=decision_id
    )
    is_repeat = decision_id is not None
    draft = with_jobs(context, lambda jobs: held_draft(jobs, job_id, looked_at, is_repeat=is_repeat))
    with changed_text(draft, text_file) as changed:
        decision = changed.decision(told)
        say(*changed.difference_lines(), to_stderr=as_json)
        if text_file is None and not is_sure:
            typer.confirm("approve this text?", abort=True, err=True)
        again = repeated_edit(job_id, decision, changed.file)
        answer = _sent(context, lambda jobs: approve_changed(jobs, job_id, decision, changed.text), again)
        _tell(job_id, decision, answer, as_json=as_json)
        changed.is_taken = True


def _looked_at(digest: str | None, job_id: str) -> str:
    from signoff.domain.errors import BadRequestError
    from starter.advice import typed

    if digest is None:
        told = "nothing was decided: --digest must name what you looked at, so that nothing else can be meant"
        raise BadRequestError(f"{told}; see it and its digest with: {typed('review', job_id)}")
    return digest


def _hand_in(context: typer.Context, job_id: str, decision: "Decision", *, as_json: bool) -> None:
    """Send a decision and tell what came of it; the exit code says whether it counts."""
    from starter.advice import repeated

    answer = _sent(context, lambda jobs: jobs.decide(job_id, decision), repeated(job_id, decision))
    _tell(job_id, decision, answer, as_json=as_json)


def _sent(
    context: typer.Context, send: "Callable[[JobClient], Awaitable[DecisionAnswer]]", again: str
) -> "DecisionAnswer":
    from signoff.domain.errors import UnreachableError
    from starter.connection import with_jobs

    try:
        return with_jobs(context, send)
    except UnreachableError as error:
        raise UnreachableError(f"{error}\nthis is safe to repeat: {again}") from error


def _tell(job_id: str, decision: "Decision", answer: "DecisionAnswer", *, as_json: bool) -> None:
    """Tell what came of a decision; the exit code says whether it counts, or that nobody knows yet."""
    from starter.answers import decision_document, decision_lines, pending_lines
    from starter.exits import PENDING, REFUSED
    from starter.screen import complain, say, say_json

    if as_json:
        say_json(decision_document(job_id, decision, answer))
    if answer.is_pending:
        if not as_json:
            say(*pending_lines(job_id, decision, answer))
        raise typer.Exit(PENDING)
    if not answer.is_accepted:
        complain(f"the decision was refused: {answer.reason}; the job is {answer.status}")
        raise typer.Exit(REFUSED)
    if not as_json:
        say(*decision_lines(job_id, decision, answer))
