"""What a person can do next, in words and as commands to type."""

import os
import shlex
import shutil
import sysconfig
from functools import cache
from pathlib import Path
from typing import Final

from signoff.domain.failures import Failure, FailureClass
from signoff.domain.review import Decision
from signoff.domain.status import JobStatus, NextAction

ACTIONS: Final[dict[NextAction, str]] = {
    NextAction.WAIT: "nothing to do but wait",
    NextAction.REVIEW: "a reviewer looks at what is held, then approves or rejects it",
    NextAction.AMEND_REQUEST: "the requester mends the request and submits it as a new job",
    NextAction.FIX_CONFIGURATION: "an operator mends keys, permissions, model names or destinations",
    NextAction.RESTORE_QUOTA: "an operator restores the quota or the spending limit",
    NextAction.INSPECT: "an operator reads the failure and decides",
    NextAction.RETRY: "an operator decides whether it is worth another, paid attempt",
    NextAction.RETRY_DELIVERY: "an operator mends the destination; the approval stays",
    NextAction.NONE: "the job is closed",
}

FAILURES: Final[dict[FailureClass, str]] = {
    FailureClass.TRANSIENT: "a fault that usually passes did not pass",
    FailureClass.RATE_LIMITED: "too many requests were sent at once",
    FailureClass.TIMEOUT: "it took longer than it may",
    FailureClass.OUTCOME_UNKNOWN: "the answer was lost, so nobody knows whether it took effect",
    FailureClass.QUOTA: "the account's quota is used up",
    FailureClass.CONFIGURATION: "a key, permission, model name or destination is wrong",
    FailureClass.MALFORMED_INPUT: "the request was not understood",
    FailureClass.POLICY: "the provider's policy forbids it",
    FailureClass.REVIEW_REQUIRED: "a person must look at it",
    FailureClass.RESULT_LOST: "the provider no longer has the response",
    FailureClass.UNCLASSIFIED: "a fault of a kind that is not known yet",
}


@cache
def this_command() -> str:
    """Say how `signoff` is typed here: by its name, or by its path where it is not on the search path."""
    if shutil.which("signoff"):
        return "signoff"
    script = Path(sysconfig.get_path("scripts")) / "signoff"
    return os.path.relpath(script) if script.is_relative_to(Path.cwd()) else str(script)


def typed(*words: str) -> str:
    """Write a command that can be pasted."""
    return f"{this_command()} {shlex.join(words)}"


def decisions(job_id: str, digest: str) -> list[str]:
    """The commands that decide on exactly the bytes of this digest."""
    return [
        typed("approve", job_id, "--digest", digest),
        typed("reject", job_id, "--digest", digest, "--comment", "what is wrong"),
    ]


def repeated(job_id: str, decision: Decision) -> str:
    """The command that sends the same decision again."""
    comment = ["--comment", decision.comment] if decision.comment else []
    who = ["--as", decision.reviewer, "--decision-id", decision.decision_id]
    return typed(decision.kind, job_id, "--digest", decision.digest, *comment, *who)


def next_commands(job_id: str, status: JobStatus, digest: str | None) -> list[str]:
    """The commands that make sense for a job in this status."""
    match status:
        case JobStatus.AWAITING_REVIEW:
            return [typed("review", job_id), *(decisions(job_id, digest) if digest else [])]
        case JobStatus.COMPLETED:
            return [typed("result", job_id)]
        case JobStatus.NEEDS_ATTENTION:
            return [typed("show", job_id), typed("cancel", job_id)]
        case _ if status.is_closed:
            return [typed("show", job_id)]
        case _:
            return [typed("watch", job_id)]


def explained(failure: Failure) -> str:
    """Say what failed: first in plain words, then in the provider's own."""
    code = f" ({failure.code})" if failure.code else ""
    return f"{FAILURES[failure.failure_class]}: {failure.failure_class} at {failure.stage}{code}: {failure.message}"
