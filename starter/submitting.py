"""Submitting many requests: each line of a file is a job, which is found again when the line is sent again."""

import asyncio
import contextlib
import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

from signoff.client import JobClient
from signoff.domain.description import Submitted
from signoff.domain.errors import BadRequestError, ConflictError, NoSuchJobError, RefusedError, UnreachableError
from signoff.domain.job import JobRequest, parse_request
from starter.jsonl import JsonLines, SourceLine, next_of
from starter.refusals import Refusals, content_of

_FIRST_DELAY: Final = 0.5
_LONGEST_DELAY: Final = 10.0
_TOLD_EVERY: Final = 10.0
_ID_DIGITS: Final = 32
_LINE_FAULTS: Final = (BadRequestError, ConflictError, RefusedError, NoSuchJobError)
"""What is wrong with one line. Any other error would meet the lines after it as well, and ends the run."""


@dataclass(frozen=True)
class Terms:
    """How many are submitted at once, how long an unreachable server is tried again, and what options go before."""

    at_once: int
    patience: timedelta
    changes: dict[str, str] = field(default_factory=dict)


@dataclass
class Tally:
    """What became of the lines so far; `end` is how far the file was read, `error` what ended the run."""

    new: int = 0
    known: int = 0
    refused: int = 0
    end: int = 0
    seconds: float = 0.0
    is_interrupted: bool = False
    error: Exception | None = None

    @property
    def lines(self) -> int:
        """How many lines something became of."""
        return self.new + self.known + self.refused

    @property
    def is_complete(self) -> bool:
        """Whether something became of every line."""
        return not self.is_interrupted and self.error is None

    @property
    def per_second(self) -> float:
        """How many lines that were in a second."""
        return self.lines / self.seconds if self.seconds else 0.0


class Meter(Protocol):
    """Whoever is shown how it goes."""

    def see(self, tally: Tally) -> None:
        """Take what became of the lines so far."""

    def note(self, text: str) -> None:
        """Take what a person should know meanwhile."""


class Submitting:
    """One run over a file: a few lines at a time, and no others are held in memory."""

    def __init__(self, jobs: JobClient, terms: Terms, refusals: Refusals, meter: Meter) -> None:
        self._jobs = jobs
        self._terms = terms
        self._refusals = refusals
        self._meter = meter
        self._tally = Tally()
        self._under_way: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._begun_at = time.monotonic()
        self._told_at = -math.inf

    async def run(self, lines: JsonLines) -> Tally:
        """Submit every line, or as many as there are until something ends it; what is under way is let finish."""
        feeding = asyncio.create_task(self._feed(lines))
        stopping = asyncio.create_task(self._stopping.wait())
        with _interrupting(self._interrupt):
            await asyncio.wait({feeding, stopping}, return_when=asyncio.FIRST_COMPLETED)
            feeding.cancel()
            await asyncio.wait({feeding, *self._under_way})
        stopping.cancel()
        self._tally.seconds = time.monotonic() - self._begun_at
        if not feeding.cancelled():
            feeding.result()
        return self._tally

    async def _feed(self, lines: JsonLines) -> None:
        """Begin with a line as soon as there is room for it."""
        slots = asyncio.Semaphore(self._terms.at_once)
        while await slots.acquire():
            try:
                line = await next_of(lines)
            except BadRequestError as error:
                return self._stop(error)
            if line is None:
                return None
            task = asyncio.create_task(self._take(line))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            task.add_done_callback(lambda _: slots.release())
        return None

    async def _take(self, line: SourceLine) -> None:
        try:
            await self._settle(line)
        except Exception as error:
            self._stop(error)

    async def _settle(self, line: SourceLine) -> None:
        """Have something become of a line."""
        try:
            submitted = await self._submit(await asyncio.to_thread(self._request_in, line))
        except _LINE_FAULTS as error:
            self._refusals.add(line, str(error))
            self._tally.refused += 1
        else:
            self._tally.new += submitted.is_new
            self._tally.known += not submitted.is_new
        self._tally.end = max(self._tally.end, line.end)
        self._tally.seconds = time.monotonic() - self._begun_at
        self._meter.see(self._tally)

    def _request_in(self, line: SourceLine) -> JobRequest:
        request = parse_request(content_of(line) | self._terms.changes)
        return request if request.job_id else request.model_copy(update={"job_id": job_id_of(request)})

    async def _submit(self, request: JobRequest) -> Submitted:
        """Submit a request, again and again while nobody answers, until that has lasted too long."""
        given_up_at = time.monotonic() + self._terms.patience.total_seconds()
        delay = _FIRST_DELAY
        while True:
            try:
                return await self._jobs.submit(request)
            except UnreachableError as error:
                if self._stopping.is_set() or time.monotonic() + delay > given_up_at:
                    raise
                self._tell_away(error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
            delay = min(delay * 2, _LONGEST_DELAY)

    def _tell_away(self, error: UnreachableError) -> None:
        """Tell that nobody answers, though not of each line that meets it."""
        if time.monotonic() - self._told_at >= _TOLD_EVERY:
            self._told_at = time.monotonic()
            self._meter.note(f"{error}. It is tried again")

    def _interrupt(self) -> None:
        if self._tally.is_interrupted:
            raise KeyboardInterrupt
        self._tally.is_interrupted = True
        self._meter.note("stopping, once what is under way has been answered; Ctrl-C again ends it at once")
        self._stopping.set()

    def _stop(self, error: Exception) -> None:
        self._tally.error = self._tally.error or error
        self._stopping.set()


def job_id_of(request: JobRequest) -> str:
    """Make the id of a request that has none: the same for the same request, so that it is found again."""
    return f"job-{request.digest.removeprefix('sha256:')[:_ID_DIGITS]}"


@contextmanager
def _interrupting(act: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C do this instead of cancelling whatever is under way, where the platform lets it."""
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGINT, act)
    except (NotImplementedError, RuntimeError, ValueError):
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
