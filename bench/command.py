"""How a benchmark runs as a command: what stops it, and how it ends."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

from signoff.domain.errors import SettingsError
from starter.stack import StackError

T = TypeVar("T")


def completed(program: str, work: Coroutine[Any, Any, T]) -> T:
    """Do the work, or end the process: 1 when the stack broke, 2 for unusable settings, 130 when interrupted."""
    try:
        return asyncio.run(_interruptible(work))
    except SettingsError as error:
        end(program, 2, str(error))
    except StackError as error:
        end(program, 1, str(error))
    except (KeyboardInterrupt, asyncio.CancelledError):
        end(program, 130, "interrupted; everything it had started is stopped")


def end(program: str, code: int, message: str) -> NoReturn:
    """Say why on stderr, and end with this code."""
    sys.stderr.write(f"{program}: {message}\n")
    sys.exit(code)


async def _interruptible(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.current_task()
    if task is not None:
        # Also where SIGINT is ignored, as in the background of a script; cancelled, it stops its children.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work
