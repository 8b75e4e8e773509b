"""Reading the bodies of answers: bounded, into one buffer, and one large body at a time."""

import asyncio
from io import BytesIO
from typing import Any, Final

import httpx2

from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.longtext import LARGE_BYTES, parse_body
from signoff.domain.observation import NetworkFault, Observation
from signoff.domain.status import ResponseStatus

LIMIT_BYTES: Final = 64 * 1_048_576
TOO_LARGE: Final = "body_too_large"
_PIECE_BYTES: Final = 65_536


class Room:
    """Room for one large body. A task that has it keeps it until it ends, since it works on the body until then."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(1)
        self._holder: asyncio.Task[Any] | None = None

    async def enter(self) -> None:
        """Wait until no other task has a large body; to have entered before is fine."""
        task = asyncio.current_task()
        if task is None or task is self._holder:
            return
        await self._free.acquire()
        self._holder = task
        task.add_done_callback(self._leave)

    def _leave(self, _task: asyncio.Task[Any]) -> None:
        self._holder = None
        self._free.release()


class BodyReader:
    """Reads bodies of at most so many bytes, and parses them.

    What is over the limit is not read to its end: whoever looks gets a failure that an operator acts on.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._room = Room()

    async def read(self, stage: Stage, answer: httpx2.Response) -> bytes:
        """Read the body of a streamed answer.

        Raises:
            FaultError: It is larger than the limit.
            httpx2.HTTPError: It broke off.
        """
        told = answer.headers.get("content-length", "")
        if told.isdecimal() and int(told) > self._limit_bytes:
            raise self._too_large(stage, int(told))
        buffer = BytesIO()
        async for piece in answer.aiter_bytes(_PIECE_BYTES):
            if buffer.tell() + len(piece) > self._limit_bytes:
                raise self._too_large(stage, None)
            buffer.write(piece)
            if buffer.tell() > LARGE_BYTES:
                await self._room.enter()
        return buffer.getvalue()  # the buffer itself, which is not written to again: no copy

    async def parsed(self, data: bytes) -> dict[str, Any]:
        """Parse the JSON object of a body; empty where it holds anything else. A large one is parsed in a thread."""
        return object_in(data) if len(data) <= LARGE_BYTES else await asyncio.to_thread(object_in, data)

    def _too_large(self, stage: Stage, size: int | None) -> FaultError:
        size_told = f"{size:,} bytes" if size else f"more than {self._limit_bytes:,} bytes"
        limit = f"SIGNOFF_RESPONSE_LIMIT_BYTES is {self._limit_bytes:,}"
        told = f"the response body has {size_told}, and {limit}; raise it where the worker runs, then retry"
        if stage is Stage.CREATE:
            # The create was accepted, whatever its answer holds.
            return FaultError(Observation(stage=stage, network=NetworkFault.LOST, message=told))
        seen = Observation(stage=stage, response_status=ResponseStatus.UNKNOWN, error_code=TOO_LARGE, message=told)
        return FaultError(seen)


def object_in(data: bytes) -> dict[str, Any]:
    """Parse the JSON object of a body; empty where it holds anything else."""
    try:
        body = parse_body(data)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
