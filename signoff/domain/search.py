"""Finding a response again, and telling whose it is."""

import re
from collections.abc import Mapping
from typing import Any

from signoff.domain import names
from signoff.domain.deployment import Terms
from signoff.domain.model import Value
from signoff.domain.record import JobRecord
from signoff.domain.response import ResponseSnapshot, read_snapshot


class Found(Value):
    """A response, and the job, its run and the attempt that its metadata names; empty and 0 where it names none."""

    snapshot: ResponseSnapshot
    job_id: str = ""
    run_id: str = ""
    attempt: int = 0

    def is_of(self, record: JobRecord) -> bool:
        """Whether it is of this job, and of no other one that has the same id somewhere else."""
        return self.job_id == record.job_id and (not self.run_id or self.run_id == record.run_id)


class Search(Value):
    """What a search for a job's responses brought.

    `is_listable` says whether the provider can list responses at all; `terms` hold for a create whose outcome
    stays unknown.
    """

    is_listable: bool
    found: tuple[Found, ...] = ()
    terms: Terms


def read_found(body: Mapping[str, Any]) -> Found:
    """Read out of a body what it is and whose."""
    given = body.get("metadata")
    metadata = given if isinstance(given, Mapping) else {}
    attempt = str(metadata.get(names.METADATA_ATTEMPT, ""))
    return Found(
        snapshot=read_snapshot(body),
        job_id=str(metadata.get(names.METADATA_JOB_ID, "")),
        run_id=str(metadata.get(names.METADATA_RUN_ID, "")),
        attempt=int(attempt) if re.fullmatch(r"[0-9]{1,9}", attempt) else 0,
    )
