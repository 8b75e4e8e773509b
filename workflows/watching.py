"""Waiting for the end of a response: looks on schedule, and at once when somebody announces it."""

import asyncio
from collections.abc import Sequence

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.orders import ResponseOrder
    from signoff.domain.announcement import ANNOUNCEMENTS_KEPT, Announcement
    from signoff.domain.attempt import Ended
    from signoff.domain.deployment import Failed
    from signoff.domain.submission import Continued, Submission
    from workflows import steps
    from workflows.adopting import Adopting


class Watching(Adopting):
    """The one loop that polling and webhooks share; an announcement only makes the next look come sooner.

    Attributes:
        _announcements: The ids of those that were taken; a repeat does nothing.
        _announced: The response that was announced last and has not been looked at since; empty for none.
    """

    def __init__(self) -> None:
        super().__init__()
        self._announcements: set[str] = set()
        self._announced = ""

    async def _watch(self, order: ResponseOrder) -> Ended | Failed | None:
        """Look until the response has ended, or a failure ends the looking; whichever look sees it first counts.

        `None` says that the history grew long: the looks go on in a new one.
        """
        looks = [asyncio.create_task(look) for look in (steps.look_at_response(order), self._see_announced_end(order))]
        try:
            await workflow.wait_condition(lambda: self._is_long or any(look.done() for look in looks))
        except asyncio.CancelledError:
            await _ended(looks)
            raise
        first = next((look for look in looks if look.done()), None)
        await _ended(looks)
        return first.result() if first else None

    async def _see_announced_end(self, order: ResponseOrder) -> Ended | Failed:
        """Look beside the schedule when the response is announced; what is announced meanwhile waits for its turn."""
        while True:
            await workflow.wait_condition(lambda: self._announced == order.response_id)
            self._announced = ""
            if seen := await steps.look_when_announced(order):
                return seen

    async def _heed(self, announcement: Announcement) -> None:
        """Have what was announced looked at: to tell what it is, and by the loop that waits for it.

        One without an id has only ever said that a response exists, so it never makes an adopted one be looked at.
        """
        response_id = announcement.response_id
        is_known = self._record.knows(response_id)
        if not is_known:
            await self._look_into(response_id)
        if response_id == self._record.response_id and (is_known or announcement.announcement_id):
            self._announced = response_id

    def _carried(self) -> Submission:
        """Give all that the job knows, for its next history."""
        return Submission(
            Continued(
                request=self._request,
                record=self._record,
                announcements=tuple(sorted(self._announcements)),
                heard=tuple(sorted(self._heard)),
            )
        )

    def _take_up(self, carried: Continued) -> None:
        """Go on with what was carried over from the last history."""
        self._request, self._record = carried.request, carried.record
        self._announcements, self._heard = set(carried.announcements), set(carried.heard)
        # A look that was announced may not have been made any more.
        self._announced = carried.record.response_id

    def _is_repeated(self, announcement: Announcement) -> bool:
        """Whether an announcement was taken before; too many to remember are all looked at."""
        known = announcement.announcement_id
        is_repeated = known in self._announcements
        if known and len(self._announcements) < ANNOUNCEMENTS_KEPT:
            self._announcements.add(known)
        return is_repeated


async def _ended(looks: Sequence[asyncio.Task[Ended | Failed]]) -> None:
    """Stop the looks that still go on; nothing follows before the server was told.

    That is no `finally`: a workflow that leaves the cache is thrown away while it waits, and may not wait again.
    """
    for look in looks:
        look.cancel()
    await asyncio.gather(*looks, return_exceptions=True)
