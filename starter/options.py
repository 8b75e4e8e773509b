"""The arguments and options that several commands share. Imports nothing heavy, so that help is quick."""

from enum import StrEnum
from typing import Annotated

import typer

from signoff.domain.status import JobStatus


def possible(job_id: str) -> str:
    """Refuse what can't be a job id, as it is also a folder name in the archive."""
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415  help can't wait for it

    from signoff.domain.errors import NoSuchJobError  # noqa: PLC0415  the same
    from signoff.domain.job import JobId  # noqa: PLC0415  the same

    try:
        return str(TypeAdapter(JobId).validate_python(job_id))
    except ValidationError:
        told = f"there is no job {job_id!r}: a job id holds letters, digits, dots, dashes and underscores"
        raise NoSuchJobError(told) from None


JobArgument = Annotated[
    str, typer.Argument(metavar="JOB", callback=possible, help="The job id, as `submit` and `list` print it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
ActingAs = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="Who you are; without it, your user name on this computer.")
]

RepairId = Annotated[
    str | None,
    typer.Option("--repair-id", metavar="ID", help="Repeats an earlier repair whose answer was lost."),
]


class Until(StrEnum):
    """When watching ends."""

    PERSON = "person"
    CLOSED = "closed"

    def is_reached(self, status: JobStatus) -> bool:
        """Whether there is nothing more to wait for."""
        needs_person = status in {JobStatus.AWAITING_REVIEW, JobStatus.NEEDS_ATTENTION}
        return status.is_closed or (self is Until.PERSON and needs_person)
