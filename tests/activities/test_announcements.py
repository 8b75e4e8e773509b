"""Finding the job of a response that was announced before anybody here knew of it."""

from dataclasses import dataclass, field

import pytest

from activities.announcements import AnnouncementActivities
from activities.errors import NOT_YET
from signoff.adapters.memory import InMemoryResponses
from signoff.domain.announcement import Announcement, StrayHint
from signoff.domain.errors import UnreachableError
from tests.activities.desk import OPENED, Desk

ANNOUNCEMENT = Announcement(response_id="resp_1", announcement_id="evt_1")


@dataclass
class Jobs:
    """The jobs of a deployment: which responses they are known to hold, and which runs there are."""

    held: set[str] = field(default_factory=set)
    runs: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    is_down: bool = False

    async def tell_holder(self, announcement: Announcement) -> bool:
        if self.is_down:
            raise UnreachableError("nobody answered")
        return announcement.response_id in self.held

    async def tell(self, hint: StrayHint) -> bool:
        if self.runs.get(hint.job_id) != hint.run_id:
            return False
        self.told.append(hint.announcement_id)
        return True


async def routing(desk: Desk, jobs: Jobs, *, attempt: int = 2) -> str:
    desk.attempt = attempt - 1
    activities = AnnouncementActivities(desk.provider, jobs, policy=desk.policy, clock=lambda: desk.now)
    return await desk.run(activities.route_announcement, ANNOUNCEMENT)


async def put_off(desk: Desk, jobs: Jobs, *, attempt: int = 2) -> str:
    desk.attempt = attempt - 1
    activities = AnnouncementActivities(desk.provider, jobs, policy=desk.policy, clock=lambda: desk.now)
    return str((await desk.error_of(activities.route_announcement, ANNOUNCEMENT)).type)


def a_provider(**metadata: str) -> InMemoryResponses:
    provider = InMemoryResponses()
    provider.created.append({"metadata": metadata})
    provider.created_at.append(OPENED)
    return provider


OURS = {"signoff_job_id": "a-job", "signoff_run_id": "run-1", "signoff_attempt": "1"}


async def test_a_job_that_the_index_knows_meanwhile_costs_no_call_to_openai() -> None:
    desk, jobs = Desk(a_provider(**OURS)), Jobs(held={"resp_1"})
    assert await routing(desk, jobs, attempt=1) == "told"
    assert desk.provider.retrieved == []


async def test_the_index_is_given_a_moment() -> None:
    desk, jobs = Desk(a_provider(**OURS)), Jobs()
    assert await put_off(desk, jobs, attempt=1) == NOT_YET
    assert desk.provider.retrieved == []


async def test_then_the_response_itself_says_whose_it_is() -> None:
    desk, jobs = Desk(a_provider(**OURS)), Jobs(runs={"a-job": "run-1"})
    assert await routing(desk, jobs) == "told"
    assert jobs.told == ["evt_1"]


@pytest.mark.parametrize("metadata", [{}, {"topic": "x"}, {**OURS, "signoff_run_id": "of-staging"}])
async def test_a_response_of_something_else_is_left_alone(metadata: dict[str, str]) -> None:
    desk, jobs = Desk(a_provider(**metadata)), Jobs(runs={"a-job": "run-1"})
    assert await routing(desk, jobs) == "foreign"
    assert jobs.told == []


async def test_a_response_that_is_not_visible_yet_is_waited_for_but_not_for_ever() -> None:
    desk, jobs = Desk(InMemoryResponses()), Jobs()
    assert await put_off(desk, jobs) == NOT_YET
    desk.pass_time(seconds=61)
    assert await routing(desk, jobs) == "foreign"


async def test_temporal_that_does_not_answer_is_asked_again() -> None:
    desk, jobs = Desk(a_provider(**OURS)), Jobs(is_down=True)
    assert await put_off(desk, jobs) == NOT_YET
