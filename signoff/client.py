"""`JobClient`: what a service needs to submit jobs, follow them, decide on them and fetch their results."""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from signoff.domain import names
from signoff.domain.attestation import Attestor
from signoff.domain.checks import Check
from signoff.domain.description import Submitted
from signoff.domain.errors import BadRequestError, ConflictError, NoSuchJobError, SignoffError
from signoff.domain.job import JobRequest
from signoff.domain.parameters import INLINE_LIMIT_BYTES
from signoff.domain.record import JobOutcome
from signoff.erasing import JobEraser
from signoff.ports import Archive
from signoff.temporal import RPC_TIMEOUT, missing_search_attributes, translated
from signoff.visibility import TITLE, first_attributes

ParameterCheck = Callable[[Mapping[str, Any]], list[str]]
ReviewCheck = Callable[[Sequence[Check]], list[str]]


class JobClient(JobEraser):
    """Jobs, as the services around them see them.

    Every method raises a `SignoffError` whose message says what to do: `NoSuchJobError` for an id that neither
    Temporal nor the archive knows, `UnreachableError` where nobody answered.

    Args:
        temporal: A connection with the pydantic data converter, as `signoff.temporal.connect` makes it.
        archive: The archive that the workers write to; results and the records of old jobs come from there.
        check: Checks response parameters in full before a job starts, as
            `signoff.adapters.parameters.problems_in` does. Without it the worker alone checks them, before
            anything is paid.
        check_review: Says in the same way what is wrong with the checks of a review, as
            `signoff.adapters.checks.problems_with` does.
        attestor: Vouches for decisions, where the deployment takes only such and this process knows who decides.
    """

    def __init__(
        self,
        temporal: Client,
        archive: Archive,
        check: ParameterCheck | None = None,
        attestor: Attestor | None = None,
        check_review: ReviewCheck | None = None,
    ) -> None:
        super().__init__(temporal, archive, attestor)
        self._check = check
        self._check_review = check_review

    async def submit(self, request: JobRequest) -> Submitted:
        """Start a job, or find the one that the same request started before.

        A request without a job id gets a new one each time. With an id, a repeat is harmless, also after the
        job has closed.

        Raises:
            BadRequestError: OpenAI would not take the parameters, or a check could never be made; nothing was
                started.
            ConflictError: The job id belongs to another request; nothing was started.
        """
        if problems := await asyncio.to_thread(self._problems_in, request):
            raise BadRequestError("; ".join(problems))
        if request.job_id is None:
            request = request.model_copy(update={"job_id": f"job-{uuid.uuid4().hex}"})
        elif archived := await self._archived(request.job_id):
            return _same(request, archived.request_digest)
        elif await self._tombstone(request.job_id):
            raise ConflictError(f"{request.job_id} belongs to a job that was erased; choose another job id")
        self._check_size(request)
        try:
            return await self._start(request)
        except WorkflowAlreadyStartedError as error:
            digest = await self._first_digest(str(request.job_id))
            if digest is None:
                raise NoSuchJobError(f"{request.job_id} has no history") from error
            return _same(request, digest)
        except RPCError as error:
            if error.status is RPCStatusCode.INVALID_ARGUMENT and await missing_search_attributes(self._temporal):
                msg = f"the namespace {self._temporal.namespace} is not set up for jobs; run `signoff setup` once"
                raise SignoffError(msg) from error
            again = f"submit it again as {request.job_id}; that never starts a second job"
            raise translated(error, str(request.job_id), again) from error

    def _problems_in(self, request: JobRequest) -> list[str]:
        problems = self._check(request.response) if self._check else []
        if self._check_review and request.review.checks:
            problems += self._check_review(request.review.checks)
        return problems

    def _check_size(self, request: JobRequest) -> None:
        """Refuse what would not fit into a history, where it could go nowhere else."""
        size = request.size_bytes
        if size > INLINE_LIMIT_BYTES and self._temporal.data_converter.external_storage is None:
            told = f"the request has {size:,} bytes, and this client keeps nothing outside of histories"
            advice = f"connect with a storage, as docs/large-payloads.md shows, or send at most {INLINE_LIMIT_BYTES:,}"
            raise BadRequestError(f"{told}; {advice}")

    async def _start(self, request: JobRequest) -> Submitted:
        handle = await self._temporal.start_workflow(
            names.WORKFLOW,
            request,
            id=str(request.job_id),
            task_queue=names.TASK_QUEUE,
            result_type=JobOutcome,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            search_attributes=first_attributes(request),
            memo={TITLE: request.title or request.job_id},
            static_summary=request.title or None,
            rpc_timeout=RPC_TIMEOUT,
        )
        return Submitted(job_id=handle.id, is_new=True)


def _same(request: JobRequest, digest: str) -> Submitted:
    if digest != request.digest:
        msg = f"{request.job_id} belongs to another request; choose another job id, or leave it out to get a new one"
        raise ConflictError(msg)
    return Submitted(job_id=str(request.job_id), is_new=False)
