"""One check: what was found, whether that is well, and what to do."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

BOUND: Final = timedelta(seconds=10)
_TOLD_LIMIT: Final = 500


class State(StrEnum):
    """How well something is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Check:
    """What was found; `advice` is empty where there is nothing to do."""

    name: str
    state: State
    told: str
    advice: str = ""


def ok(name: str, told: str) -> Check:
    """All is well."""
    return Check(name, State.OK, told)


def warning(name: str, told: str, advice: str) -> Check:
    """It works, but not as it could."""
    return Check(name, State.WARNING, told, advice)


def problem(name: str, told: str, advice: str) -> Check:
    """It does not work."""
    return Check(name, State.PROBLEM, told, advice)


async def bounded(name: str, work: Awaitable[Check], bound: timedelta = BOUND) -> Check:
    """Examine one thing for a bounded time; whatever goes wrong in that is its finding."""
    try:
        async with asyncio.timeout(bound.total_seconds()):
            return await work
    except TimeoutError:
        told = f"no answer within {bound.total_seconds():g} s"
        return problem(name, told, "see whether it is overloaded, or something in between holds its answer back")
    except Exception as error:  # the doctor goes on, whatever one patient does
        told = f"{type(error).__name__}: {error}".splitlines()[0][:_TOLD_LIMIT]
        return problem(name, told, "this is no known fault: read what is said, and try again")
