"""What people say about what is held for review, handed to the job so that nothing of it is lost."""

import contextlib
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import ValidationError
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from signoff.domain import deciding, layout, names, reviewing
from signoff.domain.arrangement import Arrangement, ArrangementAnswer
from signoff.domain.attestation import Attestor
from signoff.domain.decision import Decision, DecisionAnswer, DecisionKind, LateDecision
from signoff.domain.deliverable import digest_of
from signoff.domain.editing import edited
from signoff.domain.errors import BadRequestError, FaultError, UnansweredError, UnreachableError
from signoff.domain.job import explain
from signoff.messaging import LATE_TRIES, JobMessenger, Message, update_id
from signoff.ports import Archive
from signoff.temporal import RPC_TIMEOUT, translated
from signoff.visibility import summary_of

PATIENCE: Final = timedelta(seconds=5)
"""How long a reviewer waits for the answer before the decision is left with the job."""

_LEFT: Final = "no worker answers now; the decision is recorded and will be applied, under the same rules"


class JobDecider(JobMessenger):
    """The part of `JobClient` that reviewers use.

    Args:
        temporal: The connection.
        archive: Where drafts lie, and edits of them go.
        attestor: Vouches for what people say, where this process knows who they are.
    """

    def __init__(self, temporal: Client, archive: Archive, attestor: Attestor | None = None) -> None:
        super().__init__(temporal, archive)
        self._attestor = attestor or Attestor(())

    async def decide(self, job_id: str, decision: Decision) -> DecisionAnswer:
        """Hand in a reviewer's decision. The answer says whether it counts, and otherwise why not.

        The same `decision_id` again gets the first answer again and changes nothing, so a decision whose answer
        was lost (`UnreachableError`) is simply sent again. Where no worker answers in time the decision is left with
        the job all the same, and the answer is that it `is_pending`.
        """
        decision = decision.model_copy(update={"attestation": self._attestor.vouched(job_id, decision)})
        told = f"send it again with the decision id {decision.decision_id}"
        message = Message(names.DECIDE, decision, update_id(decision.decision_id, decision), told, PATIENCE)
        try:
            answer = await self._update(job_id, message, DecisionAnswer)
        except UnansweredError:
            answer = await self._leave(job_id, decision)
        return answer or await self._refused_late(job_id, decision)

    async def approve_edited(  # noqa: PLR0913  what a decision has
        self, job_id: str, *, digest: str, text: str, reviewer: str, comment: str = "", decision_id: str = ""
    ) -> DecisionAnswer:
        """Approve what is held as the reviewer changed it. The new text is in the archive before anything is decided.

        Citations move along with their passages; those whose passage is gone are left out.

        Raises:
            BadRequestError: The text can't be delivered, or says nothing new; nothing was decided.
        """
        after = edited(await self.deliverable(job_id, digest), text, reviewer)
        data = after.canonical()
        try:
            decision = Decision(
                decision_id=decision_id or uuid.uuid4().hex,
                kind=DecisionKind.APPROVE_EDITED,
                digest=digest,
                reviewer=reviewer,
                comment=comment,
                edited_digest=digest_of(data),
            )
        except ValidationError as error:
            raise BadRequestError(explain(error)) from None
        try:
            await self._archive.put(layout.deliverable_path(job_id, digest_of(data)), data)
        except FaultError as error:
            told = f"{self._archive} does not take the edited text: {error}; nothing was decided, send it again"
            raise UnreachableError(told) from error
        return await self.decide(job_id, decision)

    async def arrange(self, job_id: str, arrangement: Arrangement) -> ArrangementAnswer:
        """Claim a review, release it, hand over a seat, or move its end; the answer says whether that is done.

        The same `arrangement_id` again gets the first answer again and changes nothing.
        """
        arrangement = arrangement.model_copy(update={"attestation": self._attestor.vouched(job_id, arrangement)})
        told = f"send it again with the id {arrangement.arrangement_id}"
        message = Message(arrangement.kind, arrangement, update_id(arrangement.arrangement_id, arrangement), told)
        answer = await self._update(job_id, message, ArrangementAnswer)
        return answer or reviewing.arranged_when_closed(await self.record(job_id), arrangement)

    async def _refused_late(self, job_id: str, decision: Decision) -> DecisionAnswer:
        """Answer a decision on a closed job, and have the refusal written into its record within moments."""
        record = await self.record(job_id)
        answer = deciding.answer_when_closed(record, decision)
        # Of an erased job no more content is taken, and a comment may be some.
        if not record.erased and not deciding.is_known(record, decision):
            late = LateDecision(job_id=job_id, decision=decision)
            for _ in range(LATE_TRIES):
                # The answer is the same whether it can be written down now or not.
                with contextlib.suppress(RPCError):
                    if await self._has_begun(names.RECORD_REFUSAL, job_id, late):
                        break
        return answer

    async def _leave(self, job_id: str, decision: Decision) -> DecisionAnswer | None:
        """Leave a decision as a signal, which waits at the server for a worker; `None` where the job is closed."""
        try:
            await self._handle(job_id).signal(decision.kind, decision, rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            again = f"it may still be applied; send it again with the decision id {decision.decision_id}"
            raise translated(error, job_id, again) from error
        found = await self._execution(job_id)
        status = (await summary_of(found)).status if found else (await self.record(job_id)).status
        return DecisionAnswer(is_accepted=False, reason=_LEFT, status=status, at=datetime.now(UTC), is_pending=True)
