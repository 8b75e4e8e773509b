"""`notify` tells people, and a repeat leaves out who was told."""

from dataclasses import dataclass, field
from datetime import timedelta

from activities.notify import NotifyActivities
from activities.orders import NotifyOrder
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.notice import Notice
from signoff.domain.observation import NetworkFault
from tests.activities.desk import Desk, fault
from tests.domain.test_notice import a_notice

SECOND = timedelta(seconds=1)
ORDER = NotifyOrder(job_id="brief-1", notice=a_notice())


@dataclass
class People:
    """People with one address each, some of whom can't be reached; `heard` keeps who was told, in order."""

    reachable: set[str]
    names: tuple[str, ...] = ("ana", "bob")
    heard: list[str] = field(default_factory=list)
    error: FaultError = field(default_factory=lambda: fault(Stage.NOTIFY, network=NetworkFault.LOST))

    async def notify(self, notice: Notice, told: set[str] | None = None) -> None:
        assert told is not None
        assert notice == ORDER.notice
        for name in [name for name in self.names if name in self.reachable and name not in told]:
            self.heard.append(name)
            told.add(name)
        if set(self.names) - told:
            raise self.error


def activity_of(desk: Desk, people: People | None) -> NotifyActivities:
    return NotifyActivities(people, desk.policy, clock=lambda: desk.now)


async def test_whoever_was_told_is_left_out_of_the_repeat() -> None:
    desk, people = Desk(), People({"ana"})
    error = await desk.error_of(activity_of(desk, people).notify, ORDER)
    people.reachable.add("bob")
    await desk.run(activity_of(desk, people).notify, ORDER)
    assert not error.non_retryable
    assert people.heard == ["ana", "bob"]


async def test_a_fault_that_may_pass_is_repeated_with_growing_delays() -> None:
    desk, people = Desk(), People(set())
    delays = []
    for _ in range(3):
        error = await desk.error_of(activity_of(desk, people).notify, ORDER)
        delays.append(error.next_retry_delay)
        desk.pass_time(seconds=30)
    assert error.type == FailureClass.TRANSIENT
    assert delays == [SECOND * 2, SECOND * 4, SECOND * 8]


async def test_a_fault_that_only_a_person_can_mend_ends_it() -> None:
    desk = Desk()
    failure = await desk.failure_of(activity_of(desk, People(set(), error=fault(Stage.NOTIFY, 403))).notify, ORDER)
    assert (failure.stage, failure.failure_class) == (Stage.NOTIFY, FailureClass.CONFIGURATION)


async def test_without_a_notifier_the_step_ends_and_tells_nobody() -> None:
    desk = Desk()
    await desk.run(activity_of(desk, None).notify, ORDER)
    assert desk.heartbeat == []
