"""What people and services can say to a job. Nothing is dropped: what is refused is a line in the record."""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.errors import malformed
    from signoff.domain import names, repairing
    from signoff.domain.errors import BadRequestError
    from signoff.domain.record import JobRecord
    from signoff.domain.repair import RepairAnswer, RepairKind
    from workflows import inbox
    from workflows.delivering import Delivering


class Messages(Delivering):
    """The handlers. Each changes the record through one domain function, whichever way the message came."""

    @workflow.query(name=names.RECORD)
    def record(self) -> JobRecord:
        """Answer with everything that happened so far."""
        return self._record

    @workflow.update(name=names.RETRY)
    def retry(self, *said: Any) -> RepairAnswer:  # noqa: ANN401  people type it, so anything may come
        """Have a stopped job go on from where it stopped."""
        return self._repair(RepairKind.RETRY, said)

    @retry.validator
    def _is_retry(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        _check_repair(RepairKind.RETRY, said)

    @workflow.update(name=names.AMEND)
    def amend(self, *said: Any) -> RepairAnswer:  # noqa: ANN401  people type it, so anything may come
        """Have a stopped job make a new attempt with changed response parameters."""
        return self._repair(RepairKind.AMEND, said)

    @amend.validator
    def _is_amendment(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        _check_repair(RepairKind.AMEND, said)

    @workflow.update(name=names.ABANDON)
    def abandon(self, *said: Any) -> RepairAnswer:  # noqa: ANN401  people type it, so anything may come
        """Give a stopped job up for good."""
        return self._repair(RepairKind.ABANDON, said)

    @abandon.validator
    def _is_abandonment(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        _check_repair(RepairKind.ABANDON, said)

    @workflow.update(name=names.REDELIVER)
    async def redeliver(self, *said: Any) -> RepairAnswer:  # noqa: ANN401  people type it, so anything may come
        """Have an approved result handed over again, or to another destination."""
        return await self._redeliver(inbox.read_repair(said, new_id=inbox.update_id(), kind=RepairKind.REDELIVER))

    @redeliver.validator
    def _is_redelivery(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        _check_repair(RepairKind.REDELIVER, said)

    @workflow.signal(name=names.ANNOUNCE)
    async def announce(self, *said: Any) -> None:  # noqa: ANN401  people type it, so anything may come
        """Take the hint that a response of this job exists, or that the one it waits for has ended: look at it now.

        One that comes before the create was answered waits for that. A repeat, or one about what is over, changes
        nothing.
        """
        try:
            announcement = inbox.read_announcement(said)
        except BadRequestError as error:
            self._ignore(f"an announcement could not be read: {error}")
            return
        if not self._is_repeated(announcement):
            await workflow.wait_condition(lambda: not self._is_creating)
            await self._heed(announcement)

    def _repair(self, kind: RepairKind, said: tuple[Any, ...]) -> RepairAnswer:
        repair = inbox.read_repair(said, new_id=inbox.update_id(), kind=kind)
        record, self._request, answer = repairing.repaired(self._record, self._request, repair, workflow.now())
        self._become(record)
        return answer


def _check_repair(kind: RepairKind, said: tuple[Any, ...]) -> None:
    """Fail the call when it is no repair at all, which leaves nothing in the history."""
    try:
        inbox.read_repair(said, new_id=inbox.update_id(), kind=kind)
    except BadRequestError as error:
        raise malformed(str(error)) from None
