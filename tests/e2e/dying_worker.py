"""The worker of the example, which dies by SIGKILL after it booked a refund and before it could say so."""

import asyncio
import os
import runpy
import signal
import sys
from typing import Any, cast

EXAMPLE: dict[str, Any] = runpy.run_path(sys.argv[1], run_name="example")
Refunds = cast("type[Any]", EXAMPLE["Refunds"])
book = Refunds.book


def book_and_die(self: Any, key: str, refund: Any) -> str:
    book(self, key, refund)
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


if __name__ == "__main__":
    Refunds.book = book_and_die
    asyncio.run(EXAMPLE["main"]())
