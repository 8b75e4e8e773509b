"""The arguments and options that several commands share. Imports nothing heavy, so that help is quick."""

import getpass
from enum import StrEnum
from typing import Annotated

import typer

from signoff.domain.status import JobStatus

JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="The job id, as `submit` and `list` print it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
ActingAs = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="Who you are; without it, your user name on this computer.")
]


class Until(StrEnum):
    """When watching ends."""

    PERSON = "person"
    CLOSED = "closed"

    def is_reached(self, status: JobStatus) -> bool:
        """Whether there is nothing more to wait for."""
        needs_person = status in {JobStatus.AWAITING_REVIEW, JobStatus.NEEDS_ATTENTION}
        return status.is_closed or (self is Until.PERSON and needs_person)


def named(name: str | None) -> str:
    """Say who acts.

    Raises:
        BadRequestError: No name was given, and the computer knows none.
    """
    from signoff.domain.errors import BadRequestError  # noqa: PLC0415  pydantic comes with it, which help can't wait for

    try:
        return name or getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise BadRequestError("this computer knows no user name; say who you are with --as") from None
