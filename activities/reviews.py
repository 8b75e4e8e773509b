"""Finding out, outside the workflow, what a decision rests on: the gateway's word, and the changed deliverable."""

import asyncio
import json

from pydantic import ValidationError
from temporalio import activity

from activities.clock import now
from activities.errors import failure_of, insisted
from activities.orders import ExamineOrder
from signoff.domain import layout, names
from signoff.domain.attestation import Attestor
from signoff.domain.decision import Decision, Examined
from signoff.domain.deliverable import Deliverable, DeliverableRef, digest_of
from signoff.domain.errors import FaultError
from signoff.domain.integrity import UnsoundError, intact
from signoff.domain.observation import Finding
from signoff.domain.sources import sources_of
from signoff.ports import Archive, Checker

_NOT_VOUCHED = "this deployment takes it only through its gateway, from somebody who is signed in there"


class ReviewActivities:
    """The activity that looks at what a message to an open review claims."""

    def __init__(self, archive: Archive, attestor: Attestor, checker: Checker) -> None:
        self._archive = archive
        self._attestor = attestor
        self._checker = checker

    @activity.defn(name=names.EXAMINE)
    async def examine(self, order: ExamineOrder) -> Examined:
        """Check the gateway's word where it is asked for, and read what a reviewer put in place of the draft.

        It decides nothing; a repeat finds the same.
        """
        message = order.message
        if order.must_be_attested and not self._attestor.is_vouched(order.job_id, message):
            return Examined(objection=_NOT_VOUCHED)
        if isinstance(message, Decision) and message.edited_digest:
            try:
                return await self._edit(order, message, message.edited_digest)
            except UnsoundError as error:
                return Examined(objection=str(error))
            except FaultError as fault:
                raise insisted(failure_of(fault, now())) from None
        return Examined()

    async def _edit(self, order: ExamineOrder, decision: Decision, digest: str) -> Examined:
        data = await self._archive.get(layout.deliverable_path(order.job_id, digest))
        if data is None or digest_of(data) != digest:
            return Examined(objection=f"the archive holds no {digest}; put the changed deliverable there first")
        try:
            found = Deliverable.model_validate_json(data)
        except ValidationError:
            return Examined(objection=f"{digest} is no deliverable")
        if found.canonical() != data or found.job_id != order.job_id or found.edited_by != decision.reviewer:
            return Examined(objection=f"{digest} is not an edit of this job by {decision.reviewer}")
        findings = await self._findings(order, found)
        edit = DeliverableRef(digest=digest, size_bytes=len(data), attempt=found.attempt, findings=findings)
        return Examined(edit=edit)

    async def _findings(self, order: ExamineOrder, found: Deliverable) -> tuple[Finding, ...]:
        """Check what a person wrote as what the model wrote was checked, but for the checks of other workers."""
        if not order.checks:
            return ()
        path = layout.body_path(order.job_id, found.attempt)
        body = await self._archive.get(path)
        kept = b"{}" if body is None else intact(body, order.body_digest, path)
        sources = await asyncio.to_thread(lambda: sources_of(json.loads(kept)))
        return await self._checker.findings(order.checks, found, sources)
