"""Checks that the requester's own workers make of a draft, before people see it."""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from signoff.domain.checks import CheckOrder, activities_in
    from signoff.domain.deliverable import DeliverableRef
    from signoff.domain.job import JobRequest
    from signoff.domain.record import JobRecord
    from workflows import steps


async def checked(request: JobRequest, record: JobRecord, draft: DeliverableRef) -> DeliverableRef:
    """Add to a draft what the activities that its review names found in it; all at once, each within its time."""
    order = CheckOrder(
        job_id=record.job_id,
        attempt=draft.attempt,
        digest=draft.digest,
        size_bytes=draft.size_bytes,
        title=record.title,
        requester=record.requester,
        labels=record.labels,
    )
    checks = [steps.check(check, order) for check in activities_in(request.review.checks)]
    if not checks:
        return draft
    found = await asyncio.gather(*checks)
    return draft.model_copy(update={"findings": (*draft.findings, *(finding for each in found for finding in each))})
