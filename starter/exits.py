"""What the exit code of a command means."""

from typing import Final

from signoff.domain.errors import BadRequestError, NoSuchJobError, SettingsError, SignoffError, UnreachableError

DONE: Final = 0
PART_ILL: Final = 1
"""A part ended, or is not as it should be."""

BAD_INPUT: Final = 2
NO_SUCH_JOB: Final = 3
REFUSED: Final = 4
UNREACHABLE: Final = 5
PENDING: Final = 6
"""A decision is left with the job, and nobody knows yet whether it counts."""

INTERRUPTED: Final = 130


def exit_code(error: Exception) -> int | None:
    """Say how a command ends after an error; `None` for one that is a bug."""
    match error:
        case BadRequestError() | SettingsError():
            return BAD_INPUT
        case NoSuchJobError():
            return NO_SUCH_JOB
        case UnreachableError():
            return UNREACHABLE
        case SignoffError():
            return REFUSED
    return None
