"""Responses whose create was not answered: searched for, adopted when they turn up, else settled as strays."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.orders import FindOrder, NamedOrder
    from signoff.domain import adoption
    from signoff.domain.announcement import ANNOUNCEMENTS_KEPT
    from signoff.domain.change import refusal_noted
    from signoff.domain.deployment import Failed
    from signoff.domain.search import Found
    from workflows import steps
    from workflows.telling import Telling


class Adopting(Telling):
    """What a job does with responses that it finds in the provider's list, or that somebody announces.

    Attributes:
        _heard: The ids that were announced or found; each is looked into once.
    """

    def __init__(self) -> None:
        super().__init__()
        self._heard: set[str] = set()

    async def _search(self, failed: Failed) -> tuple[Failed, bool]:
        """Look for a lost response in the provider's list; tell what holds now, and whether there is a list."""
        attempt = self._record.attempts[-1]
        order = FindOrder(
            job_id=self._record.job_id,
            attempt=attempt.number,
            since=self._record.opened_at,
            policy=self._request.policy,
        )
        match await steps.find_response(order):
            case Failed() as unanswered:
                return failed.model_copy(update={"terms": failed.terms.with_windows_of(unanswered.terms)}), False
            case search:
                for found in search.found:
                    if found.is_of(self._record):
                        await self._untorn(self._take_found(found))
                return failed.model_copy(update={"terms": search.terms}), search.is_listable

    async def _look_into(self, response_id: str) -> None:
        """Retrieve what was announced, once, and take it if it is of this job."""
        if response_id in self._heard:
            return
        if len(self._heard) >= ANNOUNCEMENTS_KEPT:
            self._ignore(f"{response_id} is one announcement too many")
            return
        self._heard.add(response_id)
        order = NamedOrder(job_id=self._record.job_id, response_id=response_id, policy=self._request.policy)
        match await steps.identify_response(order):
            case Failed() as failed:
                self._heard.discard(response_id)
                self._ignore(f"{response_id} could not be identified: {failed.failure}")
            case Found() as found if found.is_of(self._record):
                await self._take_found(found)
            case _:
                self._ignore(f"{response_id} is not of this job")

    async def _take_found(self, found: Found) -> None:
        """Go on with a response of this job if the job waits for it, else settle it as a stray."""
        snapshot = found.snapshot
        if self._record.knows(snapshot.response_id):
            return
        self._heard.add(snapshot.response_id)
        if adoption.may_adopt(self._record, found.attempt):
            self._become(adoption.adopted(self._record, snapshot, workflow.now()))
            return
        order = NamedOrder(
            job_id=self._record.job_id,
            response_id=snapshot.response_id,
            attempt=found.attempt,
            policy=self._request.policy,
        )
        settled = await steps.settle_stray(order)
        at = workflow.now()
        stray = adoption.unsettled(found, settled.failure, at) if isinstance(settled, Failed) else settled
        self._become(adoption.strayed(self._record, stray, at))

    def _ignore(self, why: str) -> None:
        self._become(refusal_noted(self._record, "announcement", why, workflow.now()))
