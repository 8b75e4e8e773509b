"""Runs a benchmark as the process that people start."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


async def run(module: str, *arguments: str, bound_seconds: int) -> tuple[int | None, str, str]:
    """Return the exit code and what was printed to stdout and stderr; the process ends in any case."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, cwd=ROOT, stdout=PIPE, stderr=PIPE
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), bound_seconds)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()
    return process.returncode, output.decode(), errors.decode()
