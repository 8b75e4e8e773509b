"""Whether a worker can work: it takes tasks, Temporal answers, and the archive does."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

from temporalio.api.workflowservice.v1 import GetSystemInfoRequest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from signoff.domain.errors import FaultError
from signoff.ports import Archive

FRESH: Final = timedelta(seconds=5)
"""For how long an answer is repeated, so that probes of any number cost Temporal and the archive next to nothing."""

PATIENCE: Final = timedelta(seconds=3)
"""How long Temporal and the archive have to answer, within the time that a probe usually has."""

_ABSENT: Final = "health/probe"


class Readiness:
    """Tells what keeps a worker from working."""

    def __init__(self, client: Client, archive: Archive, workers: Sequence[Worker]) -> None:
        """Watch these workers and what they stand on."""
        self._client = client
        self._archive = archive
        self._workers = workers
        self._is_draining = False
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self._answer: Sequence[str] = ()

    def drain(self) -> None:
        """Be ready no more: the process ends."""
        self._is_draining = True

    async def problems(self) -> Sequence[str]:
        """Say what is amiss, in words for an operator; they hold no content and no address."""
        if self._is_draining:
            return ["it is stopping"]
        if not all(worker.is_running for worker in self._workers):
            return ["it takes no tasks"]
        async with self._asking:
            if time.monotonic() - self._asked_at > FRESH.total_seconds():
                self._answer = await self._asked()
                self._asked_at = time.monotonic()
            return self._answer

    async def _asked(self) -> Sequence[str]:
        answers = await asyncio.gather(
            _answers(self._temporal, "Temporal does not answer"),
            _answers(self._archived, "the archive does not answer, or refuses"),
        )
        return [answer for answer in answers if answer]

    async def _temporal(self) -> None:
        await self._client.workflow_service.get_system_info(GetSystemInfoRequest(), timeout=PATIENCE)

    async def _archived(self) -> None:
        await self._archive.get(_ABSENT)


async def _answers(ask: Callable[[], Awaitable[None]], otherwise: str) -> str:
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            await ask()
    except (TimeoutError, RPCError, RuntimeError, FaultError):
        return otherwise
    return ""
