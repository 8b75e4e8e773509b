"""What a person can do next, as commands to type."""

import os
import shlex
import shutil
import sysconfig
from functools import cache
from pathlib import Path
from typing import NamedTuple

from signoff.domain.decision import Decision
from signoff.domain.status import JobStatus


class Step(NamedTuple):
    """One thing to type, and what it does; that is empty where the command says it all."""

    command: str
    purpose: str = ""


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


def decisions(job_id: str, digest: str, redirect: int = 0) -> list[str]:
    """The commands that decide on exactly the bytes of this digest, or on where they go after so many redirects."""
    if redirect:
        seen = ("--digest", digest, "--redirect", str(redirect))
        return [
            typed("approve", job_id, *seen),
            typed("reject", job_id, *seen, "--comment", "why it may not go there"),
        ]
    return [
        typed("approve", job_id, "--digest", digest),
        typed("edit", job_id, "--digest", digest),
        typed("request-changes", job_id, "--digest", digest, "--comment", "what to change"),
        typed("reject", job_id, "--digest", digest, "--comment", "what is wrong"),
    ]


def repeated(job_id: str, decision: Decision) -> str:
    """The command that sends the same decision again."""
    comment = ["--comment", decision.comment] if decision.comment else []
    who = ["--as", decision.reviewer, "--decision-id", decision.decision_id]
    who += ["--redirect", str(decision.redirect)] if decision.redirect else []
    return typed(decision.kind.replace("_", "-"), job_id, "--digest", decision.digest, *comment, *who)


def announcing(job_id: str) -> Step:
    """Tell a job that its lost response was found."""
    return Step(
        typed("announce", job_id, "RESPONSE_ID"),
        "if you found its response at OpenAI: go on with that one instead of paying again",
    )


def next_steps(job_id: str, status: JobStatus, digest: str | None = None, redirect: int = 0) -> list[Step]:
    """What makes sense for a job in this status, whatever happened to it."""
    match status:
        case JobStatus.AWAITING_REVIEW:
            commands = [typed("review", job_id), *(decisions(job_id, digest, redirect) if digest else [])]
        case JobStatus.COMPLETED:
            commands = [typed("result", job_id)]
        case JobStatus.NEEDS_ATTENTION:
            commands = [typed("show", job_id), typed("cancel", job_id)]
        case _ if status.is_closed:
            commands = [typed("show", job_id)]
        case _:
            commands = [typed("watch", job_id)]
    return [Step(command) for command in commands]
