"""Jobs that are held for review as far as Temporal's index knows, without a worker that made them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.client import Client, WorkflowHandle
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from signoff.domain import names
from signoff.domain.status import JobStatus, NextAction
from signoff.visibility import TITLE

NOBODYS_QUEUE: Final = "nobody-works-here"
_AT_ONCE: Final = 50
_DUE_APART: Final = timedelta(minutes=7)
_TASK_TIMEOUT: Final = timedelta(seconds=120)


async def start_held(client: Client, count: int, requester: str) -> list[WorkflowHandle[object, object]]:
    """Start so many, each due a little later than the one before, on a task queue that nobody polls."""
    slots = asyncio.Semaphore(_AT_ONCE)
    begun_at = datetime.now(UTC)

    async def start(number: int) -> WorkflowHandle[object, object]:
        async with slots:
            return await client.start_workflow(
                names.WORKFLOW,
                id=f"{requester}-{number:05}",
                task_queue=NOBODYS_QUEUE,
                task_timeout=_TASK_TIMEOUT,
                search_attributes=_held(requester, begun_at + number * _DUE_APART),
                memo={TITLE: f"Brief {number:,} of {requester}", names.REVIEW_MEMO: _noticed(number)},
            )

    return await asyncio.gather(*map(start, range(1, count + 1)))


def _held(requester: str, due_at: datetime) -> TypedSearchAttributes:
    words = {
        names.JOB_STATUS: JobStatus.AWAITING_REVIEW.value,
        names.NEXT_ACTION: NextAction.REVIEW.value,
        names.REQUESTER: requester,
    }
    return TypedSearchAttributes(
        [
            *(SearchAttributePair(SearchAttributeKey.for_keyword(name), word) for name, word in words.items()),
            SearchAttributePair(SearchAttributeKey.for_datetime(names.REVIEW_DUE), due_at),
            SearchAttributePair(SearchAttributeKey.for_keyword_list(names.REVIEWERS), [names.ANYBODY]),
            SearchAttributePair(SearchAttributeKey.for_keyword_list(names.LABELS), [f"batch={requester}"]),
        ]
    )


def _noticed(number: int) -> dict[str, object]:
    """Let every third job have findings, and every fifth somebody who is on it."""
    return {"findings": 2 if number % 3 == 0 else 0, "claimed_by": "bo" if number % 5 == 0 else ""}
