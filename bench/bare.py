"""`python -m bench.bare`: what Temporal charges for the least job worth the name, and its worker."""

from datetime import timedelta
from typing import Final, NoReturn

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from temporalio.client import Client
    from temporalio.worker import Worker

    from bench.working import work_until_told

WORKFLOW: Final = "BareJob"
TASK_QUEUE: Final = "bench-bare"
WAKE: Final = "wake"
DECIDE: Final = "decide"
_STEP_TIMEOUT: Final = timedelta(seconds=90)


@activity.defn(name="nothing")
async def nothing() -> None:
    """Do nothing."""


@workflow.defn(name=WORKFLOW)
class BareJob:
    """Three empty activities with a signal and an update between them; no state, no archive, nothing shown."""

    def __init__(self) -> None:
        self._is_awake = False
        self._is_decided = False

    @workflow.run
    async def run(self) -> None:
        """Take the steps, each as its own workflow task, as the messages permit."""
        await _step()
        await workflow.wait_condition(lambda: self._is_awake)
        await _step()
        await workflow.wait_condition(lambda: self._is_decided)
        await _step()

    @workflow.signal(name=WAKE)
    def wake(self) -> None:
        """Permit the second step."""
        self._is_awake = True

    @workflow.update(name=DECIDE)
    def decide(self) -> None:
        """Permit the last step."""
        self._is_decided = True


async def _step() -> None:
    await workflow.execute_activity(nothing, start_to_close_timeout=_STEP_TIMEOUT)


def _worker(client: Client) -> Worker:
    return Worker(client, task_queue=TASK_QUEUE, workflows=[BareJob], activities=[nothing])


def main() -> NoReturn:
    """Run the worker as a process."""
    work_until_told(_worker)


if __name__ == "__main__":
    main()
