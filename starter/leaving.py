"""How a process ends that talked to Temporal."""

import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn


def run_and_leave(program: Callable[[], int | None]) -> NoReturn:
    """Run a program, and end the process at once with its exit code.

    The threads of Temporal's SDK may abort an interpreter that shuts down in its usual way, also in a process
    that was only a client, and then the exit code lies. So nothing is left to that shutdown.
    """
    try:
        code = program() or 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:  # a bug or a second Ctrl-C; it ends the process here, shown as anywhere else
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # whoever read it may have gone
            stream.flush()
    os._exit(code)
