"""Making the checks of a job: what each finds in a draft, and what is wrong with the checks themselves."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from jsonschema import ValidationError

from signoff.adapters.patterns import Pattern, PatternError
from signoff.adapters.schemas import TooMuchWorkError, mismatches, problems_in_schema
from signoff.domain.checks import (
    Check,
    CitedSourcesCheck,
    ForbiddenCheck,
    LengthCheck,
    MinCitationsCheck,
    SchemaCheck,
    shown,
)
from signoff.domain.deliverable import Deliverable
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.model import clipped, counted
from signoff.domain.observation import Finding, FindingKind, Observation
from signoff.domain.sources import link_form

TEXT_LIMIT: Final = 2_000_000
"""How many characters are held against a schema or patterns."""

PATTERN_WORK_LIMIT: Final = 2_000_000_000
"""How many instructions times characters one check may cost at worst, about 24 s; mostly it costs milliseconds."""

TIME_LIMIT: Final = timedelta(seconds=20)
"""How long all checks of a draft may take, since the look that makes them has its own limit."""

PROBLEMS_SHOWN: Final = 10
PROBLEM_LIMIT_BYTES: Final = 300
_SHOWN_BYTES: Final = 120


class DraftChecker:
    """The `Checker` port, whose work is done in a thread, away from the event loop."""

    def __init__(self, time_limit: timedelta = TIME_LIMIT) -> None:
        self._time_limit = time_limit

    async def check(self, checks: Sequence[Check]) -> None:
        """Refuse checks that could never be made.

        Raises:
            FaultError: Seen as a 400, with the problems named.
        """
        if problems := await asyncio.to_thread(problems_with, checks):
            raise FaultError(Observation(stage=Stage.CREATE, http_status=400, message="; ".join(problems)))

    async def findings(
        self, checks: Sequence[Check], deliverable: Deliverable, sources: AbstractSet[str]
    ) -> tuple[Finding, ...]:
        """Make every check but those of activities; one for which no time is left is a finding."""
        found: list[Finding] = []
        ends_at = asyncio.get_running_loop().time() + self._time_limit.total_seconds()
        for check in (check for check in checks if check.kind in _MAKERS):
            try:
                async with asyncio.timeout_at(ends_at):
                    found += await asyncio.to_thread(findings_of, [check], deliverable, sources)
            except TimeoutError:
                found.append(_not_made(check, "there was no time left for it"))
        return tuple(found)


def findings_of(checks: Iterable[Check], deliverable: Deliverable, sources: AbstractSet[str]) -> tuple[Finding, ...]:
    """Say what the checks find in a draft whose response met these sources. Never raises.

    Checks by activities are somebody else's, and skipped.
    """
    return tuple(found for check in checks for found in _findings_of_one(check, deliverable, sources))


def problems_with(checks: Iterable[Check]) -> list[str]:
    """List what keeps checks from ever being made, each as `review.checks.<number>.<field>: <problem>`."""
    problems = (
        clipped(f"review.checks.{number}.{problem}", limit_bytes=PROBLEM_LIMIT_BYTES)
        for number, check in enumerate(checks)
        for problem in _problems_with_one(check)
    )
    return list(islice(problems, PROBLEMS_SHOWN))


def _problems_with_one(check: Check) -> Iterator[str]:
    if isinstance(check, SchemaCheck):
        yield from (f"json_schema: {problem}" for problem in problems_in_schema(check.json_schema))
    elif isinstance(check, ForbiddenCheck):
        for number, pattern in enumerate(check.patterns):
            try:
                Pattern(pattern)
            except PatternError as error:
                yield f"patterns.{number}: {error}"


def _findings_of_one(check: Check, deliverable: Deliverable, sources: AbstractSet[str]) -> tuple[Finding, ...]:
    make = _MAKERS.get(check.kind)
    if make is None:
        return ()
    try:
        return shown(make(check, deliverable, sources))
    except TooMuchWorkError as error:
        return (_not_made(check, str(error)),)
    except Exception as error:
        # A check only informs: a defect in one must not cost the result, which is paid.
        return (_not_made(check, f"it broke off with {type(error).__name__}"),)


def _not_made(check: Check, why: str) -> Finding:
    return Finding(kind=FindingKind.CHECK_UNANSWERED, message=f"the check {check.kind} could not be made: {why}")


def _by_schema(check: SchemaCheck, deliverable: Deliverable, _: AbstractSet[str]) -> Iterator[Finding]:
    _bound(deliverable.text)
    try:
        value = json.loads(deliverable.text, parse_constant=_refuse_constant)
    except ValueError as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        yield Finding(kind=FindingKind.SCHEMA_MISMATCH, message=f"the text is not JSON{where}")
        return
    except RecursionError:
        yield Finding(kind=FindingKind.SCHEMA_MISMATCH, message="the text is JSON that is nested too deeply")
        return
    for broken in mismatches(check.json_schema, value):
        message = f"at {clipped(broken.json_path, limit_bytes=_SHOWN_BYTES)}: {_rule(broken)}"
        yield Finding(kind=FindingKind.SCHEMA_MISMATCH, message=message)


def _rule(broken: ValidationError) -> str:
    """Say which rule of the schema is broken, without repeating what stands in the text."""
    wanted = clipped(json.dumps(broken.validator_value, ensure_ascii=False, default=str), limit_bytes=_SHOWN_BYTES)
    sentences = {
        "additionalProperties": "a property too many",
        "required": broken.message.replace("is a required property", "is missing"),
        "type": f"must be of type {wanted}",
        "enum": f"must be one of {wanted}",
        "anyOf": "fits none of the schemas of anyOf",
        "oneOf": "must fit one of the schemas of oneOf, and no other",
    }
    rule = broken.validator
    if not isinstance(rule, str):
        return "nothing is allowed here"
    return sentences.get(rule, f"breaks the rule {rule}: {wanted}")


def _by_citations(check: MinCitationsCheck, deliverable: Deliverable, _: AbstractSet[str]) -> Iterator[Finding]:
    cited = len(deliverable.citations)
    if cited < check.at_least:
        message = f"the text has {counted(cited, 'citation')}, at least {check.at_least} are wanted"
        yield Finding(kind=FindingKind.TOO_FEW_CITATIONS, message=message)


def _by_sources(_: CitedSourcesCheck, deliverable: Deliverable, sources: AbstractSet[str]) -> Iterator[Finding]:
    for url in dict.fromkeys(citation.url for citation in deliverable.citations):
        if link_form(url) not in sources:
            message = f"no tool of the response met the cited source {clipped(url, limit_bytes=300)}"
            yield Finding(kind=FindingKind.UNBACKED_CITATION, message=message)


def _by_length(check: LengthCheck, deliverable: Deliverable, _: AbstractSet[str]) -> Iterator[Finding]:
    length = len(deliverable.text)
    if length < check.at_least:
        message = f"the text has {counted(length, 'character')}, at least {check.at_least} are wanted"
        yield Finding(kind=FindingKind.LENGTH, message=message)
    if check.at_most is not None and length > check.at_most:
        message = f"the text has {counted(length, 'character')}, at most {check.at_most} are wanted"
        yield Finding(kind=FindingKind.LENGTH, message=message)


def _by_patterns(check: ForbiddenCheck, deliverable: Deliverable, _: AbstractSet[str]) -> Iterator[Finding]:
    text = deliverable.text
    _bound(text)
    patterns = [Pattern(pattern) for pattern in check.patterns]
    if sum(pattern.work for pattern in patterns) * len(text) > PATTERN_WORK_LIMIT:
        raise TooMuchWorkError("its patterns need too much work for so long a text")
    for written, pattern in zip(check.patterns, patterns, strict=True):
        start = pattern.find(text)
        if start is not None:
            line = text.count("\n", 0, start) + 1
            message = f"the forbidden pattern {written} matches in line {line}, at character {start + 1} of the text"
            yield Finding(kind=FindingKind.FORBIDDEN_TEXT, message=message)


def _bound(text: str) -> None:
    if len(text) > TEXT_LIMIT:
        raise TooMuchWorkError(f"the text has more than {TEXT_LIMIT:,} characters")


def _refuse_constant(name: str) -> None:
    msg = f"{name} is no JSON"
    raise ValueError(msg)


_Maker = Callable[[Any, Deliverable, AbstractSet[str]], Iterator[Finding]]
_MAKERS: Final[Mapping[str, _Maker]] = {
    "json_schema": _by_schema,
    "min_citations": _by_citations,
    "cited_sources": _by_sources,
    "length": _by_length,
    "forbidden": _by_patterns,
}
