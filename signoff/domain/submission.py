"""What the workflow of a job may be started with: a request, what a job takes along into a new history, or neither."""

from typing import Annotated, Final

from pydantic import Field, JsonValue, RootModel

from signoff.domain.errors import BadRequestError
from signoff.domain.job import JOB_ID_RULE, JobRequest, is_job_id, parse_request
from signoff.domain.model import Value
from signoff.domain.record import JobRecord


class Continued(Value):
    """A job that goes on in a new history, since its last one grew long.

    `request` is what it goes by, amendments included. `announcements` and `heard` are the ids of what it was told, so
    that a repeat does nothing there either.
    """

    request: JobRequest
    record: JobRecord
    announcements: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()


class MalformedRequest(RootModel[JsonValue]):
    """What arrived in place of a `JobRequest`: kept, so that the start can be refused with the reason."""

    @property
    def reason(self) -> str:
        """Say what is wrong with it."""
        try:
            parse_request(self.root)
        except BadRequestError as error:
            return str(error)
        return "the request could not be read"


class Submission(RootModel[Annotated[JobRequest | Continued | MalformedRequest, Field(union_mode="left_to_right")]]):
    """What a workflow may be started with, from any SDK or by hand: the JSON of a `JobRequest`, if all is well."""

    def for_job(self, job_id: str) -> JobRequest:
        """Give the request, if it is one and is meant for this job.

        Raises:
            BadRequestError: Names each field and the rule that it breaks.
        """
        if isinstance(self.root, Continued):
            raise BadRequestError("send a request; only Temporal itself has a job go on in a new history")
        if isinstance(self.root, MalformedRequest):
            raise BadRequestError(self.root.reason)
        if not is_job_id(job_id):
            msg = f"the workflow id {job_id!r} can't be a job id: {JOB_ID_RULE}"
            raise BadRequestError(msg)
        if self.root.job_id not in {None, job_id}:
            msg = f"job_id: the workflow id is the job id, so {self.root.job_id} can't run as {job_id}"
            raise BadRequestError(msg)
        return self.root

    @property
    def carried(self) -> Continued | None:
        """What a job took along from its last history; `None` at the beginning of a job."""
        return self.root if isinstance(self.root, Continued) else None

    @property
    def digest(self) -> str | None:
        """The digest of the request that the job was submitted with; `None` where it was none."""
        if isinstance(self.root, Continued):
            return self.root.record.request_digest
        return self.root.digest if isinstance(self.root, JobRequest) else None


NOTHING: Final = Submission(MalformedRequest(None))
"""What a workflow is given that was started without any input."""
