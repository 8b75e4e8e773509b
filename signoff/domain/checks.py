"""The checks that run before a review. They give findings and never verdicts: a person decides, whatever they say."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import islice
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, JsonValue, StringConstraints, model_validator

from signoff.domain import names
from signoff.domain.deliverable import Digest, canonical_json
from signoff.domain.model import Input, Name, Value, clipped
from signoff.domain.observation import Finding, FindingKind

CHECKS_LIMIT: Final = 10
"""How many checks a job may have."""

SCHEMA_LIMIT_BYTES: Final = 32_768
PATTERNS_LIMIT: Final = 20
PATTERN_LIMIT: Final = 200

FINDINGS_PER_CHECK: Final = 10
"""How many findings of one check are listed; after them, one says that there are more."""

MESSAGE_LIMIT_BYTES: Final = 400


def _check_size(schema: dict[str, JsonValue]) -> dict[str, JsonValue]:
    size = len(canonical_json(schema))
    if size > SCHEMA_LIMIT_BYTES:
        msg = f"has {size:,} bytes, at most {SCHEMA_LIMIT_BYTES:,} are taken"
        raise ValueError(msg)
    return schema


def check_queue(queue: str) -> str:
    """Refuse a task queue that is the product's own."""
    if queue in {names.TASK_QUEUE, names.LOOK_TASK_QUEUE}:
        msg = "is a task queue of the product itself; name the one that your own worker serves"
        raise ValueError(msg)
    return queue


TaskQueue = Annotated[Name, AfterValidator(check_queue)]
"""A task queue that somebody else's worker serves."""


class SchemaCheck(Input):
    """The text must be JSON that holds to a schema (draft 2020-12), which refers to nothing outside itself."""

    # No default, here and below: what has its default does not count in the digest of a request.
    kind: Literal["json_schema"]
    json_schema: Annotated[dict[str, JsonValue], AfterValidator(_check_size)]


class MinCitationsCheck(Input):
    """The text must cite sources at least so many times."""

    kind: Literal["min_citations"]
    at_least: int = Field(ge=1, le=1_000)


class CitedSourcesCheck(Input):
    """Each link that is cited must be one that a tool of the response really met."""

    kind: Literal["cited_sources"]


class LengthCheck(Input):
    """The text must have so many characters."""

    kind: Literal["length"]
    at_least: int = Field(default=0, ge=0, le=10_000_000)
    at_most: int | None = Field(default=None, ge=0, le=10_000_000)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.at_most is None and not self.at_least:
            msg = "say at_least, at_most, or both"
            raise ValueError(msg)
        if self.at_most is not None and self.at_most < self.at_least:
            msg = f"at_most {self.at_most} is less than at_least {self.at_least}"
            raise ValueError(msg)
        return self


class ForbiddenCheck(Input):
    """Nothing in the text may match one of these patterns (RE2 syntax)."""

    kind: Literal["forbidden"]
    patterns: tuple[Annotated[str, StringConstraints(min_length=1, max_length=PATTERN_LIMIT)], ...] = Field(
        min_length=1, max_length=PATTERNS_LIMIT
    )


class ActivityCheck(Input):
    """An activity of yours, by its name and on your task queue, that reads the deliverable and says what it found.

    It has all of `timeout` to answer, repeats included. What comes of one that does not answer is a finding too.
    """

    kind: Literal["activity"]
    name: Name
    task_queue: TaskQueue
    timeout: timedelta = Field(default=timedelta(minutes=10), ge=timedelta(seconds=1), le=timedelta(hours=1))


Check = Annotated[
    SchemaCheck | MinCitationsCheck | CitedSourcesCheck | LengthCheck | ForbiddenCheck | ActivityCheck,
    Field(discriminator="kind"),
]
Checks = Annotated[tuple[Check, ...], Field(max_length=CHECKS_LIMIT)]


class CheckOrder(Value):
    """What an activity that checks is given: which deliverable it is about, never what is in it.

    The bytes lie in the archive under the digest; `signoff.checking.read_deliverable` fetches them.
    """

    job_id: str
    attempt: int
    digest: Digest
    size_bytes: int
    title: str = ""
    requester: str = ""
    labels: dict[str, str] = Field(default_factory=dict)


def findings_in_answer(check: ActivityCheck, answer: Any) -> tuple[Finding, ...]:  # noqa: ANN401  a stranger wrote it
    """Read what an activity answered: a list of texts, or of objects with a `message`; empty when all is well.

    Nothing at all counts as an empty list, because Go says `null` for one. Whatever can't be read is a finding.
    """
    if answer is None:
        return ()
    if not isinstance(answer, list | tuple):
        return (unanswered(check, "its answer is not a list of findings, so it could not be read"),)
    return shown(_read(check, one) for one in answer)


def unanswered(check: ActivityCheck, why: str) -> Finding:
    """Tell the reviewer that a check said nothing of use, and why."""
    return _finding(FindingKind.CHECK_UNANSWERED, f"{check.name}: {why}")


def shown(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Keep the first findings of a check, with one that says when there are more, each of at most 400 bytes."""
    found = list(islice(findings, FINDINGS_PER_CHECK + 1))
    kept = [_finding(one.kind, one.message) for one in found[:FINDINGS_PER_CHECK]]
    if len(found) > FINDINGS_PER_CHECK:
        kept.append(_finding(found[-1].kind, "there are more of these; only the first are listed"))
    return tuple(kept)


def activities_in(checks: Iterable[Check]) -> Iterator[ActivityCheck]:
    """Pick out the checks that somebody else's worker makes."""
    return (check for check in checks if isinstance(check, ActivityCheck))


def _read(check: ActivityCheck, one: object) -> Finding:
    told = one.get("message") if isinstance(one, Mapping) else one
    if isinstance(told, str) and told.strip():
        return _finding(FindingKind.CHECK_FAILED, f"{check.name}: {told.strip()}")
    return unanswered(check, "a part of its answer is neither a text nor an object with a message")


def _finding(kind: FindingKind, message: str) -> Finding:
    return Finding(kind=kind, message=clipped(message, limit_bytes=MESSAGE_LIMIT_BYTES))
