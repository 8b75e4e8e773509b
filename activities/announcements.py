"""Finding the job of a response that was announced before anybody here knew of it."""

from datetime import timedelta
from http import HTTPStatus
from typing import Final

from temporalio import activity

from activities.clock import Clock, now
from activities.errors import not_yet
from activities.faults import Patience, counted_error
from activities.heartbeat import beating
from signoff.domain import names
from signoff.domain.announcement import Announcement, StrayHint
from signoff.domain.classifier import LAG
from signoff.domain.deployment import DEFAULT, DeploymentPolicy, JobPolicy
from signoff.domain.errors import FaultError, UnreachableError
from signoff.domain.search import read_found
from signoff.ports import JobAnnouncer, ResponseProvider

SOON: Final = timedelta(milliseconds=500)
"""How long the index of jobs may lag, or the reply to a create be on its way."""

LATER: Final = timedelta(seconds=10)

ROUTED: Final = "signoff_announcements_routed"
_WHAT_ROUTED: Final = "Webhooks of responses that no job was known to hold, by what was found out"


class AnnouncementActivities:
    """The activity behind webhooks that name a response which no job is known to hold."""

    def __init__(
        self,
        provider: ResponseProvider,
        jobs: JobAnnouncer,
        policy: DeploymentPolicy = DEFAULT,
        clock: Clock = now,
    ) -> None:
        self._provider = provider
        self._jobs = jobs
        self._policy = policy
        self._clock = clock

    @activity.defn(name=names.ROUTE_ANNOUNCEMENT)
    async def route_announcement(self, announcement: Announcement) -> str:
        """Tell the job whose response this is, and return what came of it, which is counted: `told` or `foreign`.

        First by the index again, which costs nothing; then by what the response itself says. One that names no job
        of ours belongs to something else in the same OpenAI project, and is left alone. A repeat does no harm.
        """
        try:
            outcome = await self._routed(announcement)
        except UnreachableError as error:
            raise not_yet(str(error), LATER) from error
        activity.metric_meter().create_counter(ROUTED, _WHAT_ROUTED).add(1, {"outcome": outcome})
        return outcome

    async def _routed(self, announcement: Announcement) -> str:
        if await self._jobs.tell_holder(announcement):
            return "told"
        if activity.info().attempt == 1:
            raise not_yet("no job is known to hold it yet", SOON)
        return await self._tell_named(announcement)

    async def _tell_named(self, announcement: Announcement) -> str:
        try:
            async with beating():
                found = read_found((await self._provider.retrieve(announcement.response_id)).body)
        except FaultError as fault:
            if fault.seen.http_status == HTTPStatus.NOT_FOUND:
                return self._unseen()
            patience = Patience(deployment=self._policy, job=JobPolicy())
            raise counted_error(fault, patience, self._clock()) from None
        hint = StrayHint(
            job_id=found.job_id,
            run_id=found.run_id,
            response_id=announcement.response_id,
            announcement_id=announcement.announcement_id,
        )
        is_told = bool(found.job_id) and await self._jobs.tell(hint)
        activity.logger.info("announcement.routed" if is_told else "announcement.foreign")
        return "told" if is_told else "foreign"

    def _unseen(self) -> str:
        """Give up what the provider does not know, once that can't be lag any more."""
        age = self._clock() - activity.info().scheduled_time
        if age < LAG:
            raise not_yet("the provider does not know the response yet", max(SOON, age))
        activity.logger.info("announcement.foreign")
        return "foreign"
