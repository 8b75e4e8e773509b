"""Sending on threads, and telling what was never sent from what may have been."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final, TypeVar

from signoff.domain.errors import FaultError
from signoff.domain.failures import POSSIBLY_SENT, Stage
from signoff.domain.observation import NetworkFault, Observation

BEGIN: Final = timedelta(seconds=40)
"""What could not begin to be sent by then never is, so that it can be tried again."""

END: Final = timedelta(seconds=80)
"""How long an end is waited for: less than the activity that sends may take."""

T = TypeVar("T")


class Turn:
    """One go at sending, which may begin for a while."""

    def __init__(self, whom: str) -> None:
        self.whom: Final = whom
        self.may_be_sent = False
        self._begin_by = time.monotonic() + BEGIN.total_seconds()

    def begin(self) -> None:
        """Say that from here on it may be sent, whatever is seen of it.

        Raises:
            FaultError: It is too late for that, and nothing was sent.
        """
        if time.monotonic() >= self._begin_by:
            raise unsent(f"{self.whom} left no time to send anything")
        self.may_be_sent = True


class Turns:
    """The threads that talk to one address; a slow one delays no other address."""

    def __init__(self, name: str, at_once: int) -> None:
        self._threads = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix=name)

    async def take(self, whom: str, send: Callable[[Turn], T]) -> T:
        """Send, and wait for the end of it.

        Raises:
            FaultError: It was not sent, or nobody knows whether it was.
        """
        turn = Turn(whom)
        future = asyncio.wrap_future(self._threads.submit(send, turn))
        future.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        done, _ = await asyncio.wait({future}, timeout=END.total_seconds())
        if not done:
            late = f"{whom} gave no answer in time"
            raise unknown(late) if turn.may_be_sent else unsent(late)
        try:
            return future.result()
        except FaultError:
            raise
        except Exception as error:
            # It may quote an address, and hides how far the sending came.
            raise unknown(f"sending to {whom} failed ({type(error).__name__})") from None


def unsent(message: str) -> FaultError:
    """Say that nothing was sent, so that it may be tried again."""
    return FaultError(Observation(stage=Stage.DELIVER, network=NetworkFault.REFUSED, message=message))


def unknown(message: str) -> FaultError:
    """Say that it may have been sent."""
    told = f"{message}; nobody knows whether it arrived"
    seen = Observation(stage=Stage.DELIVER, network=NetworkFault.LOST, error_code=POSSIBLY_SENT, message=told)
    return FaultError(seen)


def refused(status: int, message: str, *, code: str = "", evidence: str = "") -> FaultError:
    """Say that it was refused, in the place where HTTP has a status for that."""
    seen = Observation(stage=Stage.DELIVER, http_status=status, error_code=code, message=message, evidence=evidence)
    return FaultError(seen)
