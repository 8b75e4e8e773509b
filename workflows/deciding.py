"""What people say about what is held: decisions, and arrangements that decide nothing."""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.errors import malformed
    from activities.orders import ExamineOrder
    from signoff.domain import deciding, names, reviewing
    from signoff.domain.arrangement import Arrangement, ArrangementAnswer, ArrangementKind
    from signoff.domain.decision import UNEXAMINED, Decision, DecisionAnswer, DecisionKind, Examined
    from signoff.domain.deployment import Failed
    from signoff.domain.errors import BadRequestError
    from signoff.domain.integrity import body_digest_of
    from signoff.domain.status import JobStatus
    from workflows import inbox, steps
    from workflows.watching import Watching


class Deciding(Watching):
    """The handlers of an open review. Whichever way a message came, the same domain function takes or refuses it.

    Attributes:
        _examining: How many messages are being looked into; the review does not end before they are through.
    """

    _examining = 0

    @workflow.update(name=names.DECIDE)
    async def decide(self, *said: Any) -> DecisionAnswer:  # noqa: ANN401  people type it, so anything may come
        """Take a person's decision, or refuse it with a reason; both are lines in the record."""
        decision = inbox.read_decision(said, new_id=inbox.update_id())
        return await self._decide(decision)

    @decide.validator
    def _is_decision(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        """Fail the call when it is no decision at all, which leaves nothing in the history."""
        try:
            inbox.read_decision(said, new_id=inbox.update_id())
        except BadRequestError as error:
            raise malformed(str(error)) from None

    @workflow.signal(name=names.APPROVE)
    async def approve(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        """Approve from Temporal UI or the `temporal` command, under the same rules as `decide`."""
        await self._hear(DecisionKind.APPROVE, said)

    @workflow.signal(name=names.REJECT)
    async def reject(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        """Reject from Temporal UI or the `temporal` command, under the same rules as `decide`."""
        await self._hear(DecisionKind.REJECT, said)

    @workflow.signal(name=names.REQUEST_CHANGES)
    async def request_changes(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        """Ask for another draft from Temporal UI or the `temporal` command, under the same rules as `decide`."""
        await self._hear(DecisionKind.REQUEST_CHANGES, said)

    @workflow.signal(name=names.APPROVE_EDITED)
    async def approve_edited(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        """Approve what was put into the archive in place of the draft, under the same rules as `decide`."""
        await self._hear(DecisionKind.APPROVE_EDITED, said)

    @workflow.update(name=names.CLAIM)
    async def claim(self, *said: Any) -> ArrangementAnswer:  # noqa: ANN401  people type it, so anything may come
        """Tell the others that somebody is on it."""
        return await self._arrange(ArrangementKind.CLAIM, said)

    @claim.validator
    def _is_claim(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        _check_arrangement(ArrangementKind.CLAIM, said)

    @workflow.update(name=names.RELEASE)
    async def release(self, *said: Any) -> ArrangementAnswer:  # noqa: ANN401  people type it, so anything may come
        """Take a claim back."""
        return await self._arrange(ArrangementKind.RELEASE, said)

    @release.validator
    def _is_release(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        _check_arrangement(ArrangementKind.RELEASE, said)

    @workflow.update(name=names.DELEGATE)
    async def delegate(self, *said: Any) -> ArrangementAnswer:  # noqa: ANN401  people type it, so anything may come
        """Hand one's seat to somebody else."""
        return await self._arrange(ArrangementKind.DELEGATE, said)

    @delegate.validator
    def _is_delegation(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        _check_arrangement(ArrangementKind.DELEGATE, said)

    @workflow.update(name=names.EXTEND)
    async def extend(self, *said: Any) -> ArrangementAnswer:  # noqa: ANN401  people type it, so anything may come
        """Move the end of the review."""
        return await self._arrange(ArrangementKind.EXTEND, said)

    @extend.validator
    def _is_extension(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        _check_arrangement(ArrangementKind.EXTEND, said)

    async def _hear(self, kind: DecisionKind, said: tuple[Any, ...]) -> None:
        try:
            decision = inbox.read_decision(said, new_id=str(workflow.uuid4()), kind=kind)
        except BadRequestError as error:
            self._become(deciding.decision_unreadable(self._record, str(error), workflow.now()))
        else:
            await self._decide(decision)

    async def _decide(self, decision: Decision) -> DecisionAnswer:
        arrived_at = workflow.now()
        # What is refused anyway, or has its answer already, costs nothing more.
        is_open = deciding.may_count(self._record, decision, arrived_at)
        examined = await self._examined(decision) if is_open else UNEXAMINED
        record, line = deciding.decided(self._record, decision, arrived_at, examined)
        self._become(record)
        return DecisionAnswer(is_accepted=line.is_accepted, reason=line.reason, status=record.status, at=line.at)

    async def _arrange(self, kind: ArrangementKind, said: tuple[Any, ...]) -> ArrangementAnswer:
        arrived_at = workflow.now()
        arrangement = inbox.read_arrangement(said, new_id=inbox.update_id(), kind=kind)
        examined = await self._examined(arrangement)
        record, answer = reviewing.arranged(self._record, arrangement, arrived_at, examined)
        self._become(record)
        return answer

    async def _examined(self, message: Decision | Arrangement) -> Examined:
        """Have a worker look at what a message rests on, where that is more than what the workflow knows."""
        review = self._record.review
        is_attested = review is not None and review.house.is_attested
        is_edit = isinstance(message, Decision) and message.edited_digest is not None
        if self._record.status is not JobStatus.AWAITING_REVIEW or not (is_attested or is_edit):
            return UNEXAMINED
        order = ExamineOrder(
            job_id=self._record.job_id,
            message=message,
            must_be_attested=is_attested,
            checks=self._request.review.checks,
            body_digest=self._held_body_digest(),
        )
        self._examining += 1
        try:
            found = await steps.examine(order)
        finally:
            self._examining -= 1
        if isinstance(found, Failed):
            return Examined(objection=f"it could not be looked into ({found.failure}); say it again under a new id")
        return found

    def _held_body_digest(self) -> str:
        held = self._record.deliverable
        return body_digest_of(self._record, held.attempt) if held else ""


def _check_arrangement(kind: ArrangementKind, said: tuple[Any, ...]) -> None:
    """Fail the call when it is no arrangement at all, which leaves nothing in the history."""
    try:
        inbox.read_arrangement(said, new_id=inbox.update_id(), kind=kind)
    except BadRequestError as error:
        raise malformed(str(error)) from None
