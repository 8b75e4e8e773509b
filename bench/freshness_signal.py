"""`python -m bench.freshness_signal`: the least that can answer a signal so that a client sees it, and its worker."""

from typing import Final, NoReturn

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporalio.client import Client
    from temporalio.common import SearchAttributeKey
    from temporalio.worker import Worker

    from bench.working import work_until_told
    from signoff.domain import names
    from signoff.domain.status import JobStatus

WORKFLOW: Final = "BareSignal"
TASK_QUEUE: Final = "bench-freshness"
WAKE: Final = "wake"
_STATUS: Final = SearchAttributeKey.for_keyword(names.JOB_STATUS)


@workflow.defn(name=WORKFLOW)
class BareSignal:
    """Waits for a signal, shows it in the attribute in which a job shows its status, and ends."""

    def __init__(self) -> None:
        self._is_awake = False

    @workflow.run
    async def run(self) -> None:
        """Show the status once the signal came."""
        await workflow.wait_condition(lambda: self._is_awake)
        workflow.upsert_search_attributes([_STATUS.value_set(JobStatus.AWAITING_REVIEW.value)])

    @workflow.signal(name=WAKE)
    def wake(self) -> None:
        """Permit the end."""
        self._is_awake = True


def _worker(client: Client) -> Worker:
    return Worker(client, task_queue=TASK_QUEUE, workflows=[BareSignal])


def main() -> NoReturn:
    """Run the worker as a process."""
    work_until_told(_worker)


if __name__ == "__main__":
    main()
