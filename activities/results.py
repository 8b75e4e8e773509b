"""What a response that ended leaves behind: its raw body and a draft in the archive, and a short account."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from activities.evidence import keep_evidence
from activities.large import put_bytes, put_named
from activities.orders import ResponseOrder
from signoff.domain import layout
from signoff.domain.attempt import Ended
from signoff.domain.classifier import classify
from signoff.domain.cost import reckoned
from signoff.domain.deliverable import Deliverable, DeliverableRef, canonical_pieces
from signoff.domain.failures import Failure, FailureClass, Stage
from signoff.domain.hints import retry_after_in_text
from signoff.domain.longtext import LARGE_BYTES
from signoff.domain.observation import Finding, Observation
from signoff.domain.prices import PriceTable
from signoff.domain.response import ResponseSnapshot, find, read_passages, read_snapshot
from signoff.domain.sources import sources_of
from signoff.domain.status import ResponseStatus
from signoff.domain.usage import read_consumption
from signoff.ports import Archive, Checker, RawResponse

_HOLDABLE = frozenset({ResponseStatus.COMPLETED, ResponseStatus.INCOMPLETE})


@dataclass(frozen=True)
class Keeper:
    """Keeps what a response holds, and what the job's checks find in it."""

    archive: Archive
    checker: Checker
    prices: PriceTable | None = None

    async def keep(self, order: ResponseOrder, raw: RawResponse, *, looks: int, at: datetime) -> Ended:
        """Put what a response holds into the archive, and say in short what it is.

        A repeat writes the same objects again.

        Raises:
            FaultError: The archive failed.
            ValueError: The content has no canonical form, so it can never be approved.
        """
        body_digest = await put_bytes(self.archive, layout.body_path(order.job_id, order.attempt), raw.data)
        evidence = await keep_evidence(self.archive, raw, layout.evidence_path(order.job_id, order.attempt))
        snapshot = read_snapshot(raw.body)
        found = find(raw.body, max_tool_calls=order.max_tool_calls) if snapshot.status in _HOLDABLE else ()
        failure = _objection(snapshot, found, at)
        draft = None if failure else await self._draft(order, raw, found)
        return Ended(
            snapshot=snapshot,
            body_digest=body_digest,
            looks=looks,
            evidence=evidence,
            findings=draft.findings if draft else found,
            deliverable=draft,
            failure=failure,
            cost=reckoned(read_consumption(raw.body), self.prices, order.completion_window),
        )

    async def _draft(self, order: ResponseOrder, raw: RawResponse, found: tuple[Finding, ...]) -> DeliverableRef:
        passages, citations = read_passages(raw.body)
        draft = Deliverable(job_id=order.job_id, attempt=order.attempt, text="", citations=citations)
        digest, size = await put_named(
            self.archive,
            partial(layout.deliverable_path, order.job_id),
            partial(canonical_pieces, draft, passages),
            is_large=len(raw.data) > LARGE_BYTES,
        )
        # What a check finds never keeps a draft from being held: it is added when that is settled.
        if order.checks:
            whole = await asyncio.to_thread("".join, map(str, passages))
            found += await self._checked(order, draft.model_copy(update={"text": whole}), raw)
        return DeliverableRef(digest=digest, size_bytes=size, attempt=order.attempt, findings=found)

    async def _checked(self, order: ResponseOrder, draft: Deliverable, raw: RawResponse) -> tuple[Finding, ...]:
        sources = await asyncio.to_thread(sources_of, raw.body)
        return await self.checker.findings(order.checks, draft, sources)


def _objection(snapshot: ResponseSnapshot, found: tuple[Finding, ...], at: datetime) -> Failure | None:
    """Say why a response that ended can't be held for review; `None` when it can."""
    seen = Observation(
        stage=Stage.LOOK,
        response_status=snapshot.status,
        error_type=snapshot.error_type,
        error_code=snapshot.error_code,
        incomplete_reason=snapshot.incomplete_reason,
        findings=found,
    )
    failure_class = classify(seen)
    is_for_reviewer = failure_class is FailureClass.REVIEW_REQUIRED and snapshot.status in _HOLDABLE
    if failure_class is None or is_for_reviewer:
        return None
    told = snapshot.error_message or "; ".join(finding.message for finding in found)
    return Failure(
        stage=Stage.LOOK,
        failure_class=failure_class,
        code=snapshot.error_code or snapshot.incomplete_reason,
        message=told or f"the response is {snapshot.status}",
        at=at,
        retry_after=retry_after_in_text(snapshot.error_message),
    )
