"""What each check finds in a draft, and what is told of a check that can't be made."""

import json
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from signoff.adapters.checks import PROBLEMS_SHOWN, DraftChecker, findings_of, problems_with
from signoff.domain.checks import FINDINGS_PER_CHECK, Check, Checks
from signoff.domain.classifier import classify
from signoff.domain.deliverable import Citation, Deliverable
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass
from signoff.domain.observation import FindingKind
from tests.domain.test_sources import json_values

PAGE = "https://example.org/a"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name"],
    "additionalProperties": False,
}
ADAPTER: TypeAdapter[tuple[Check, ...]] = TypeAdapter(Checks)
DOUBLING = {
    "$ref": "#/$defs/d0",
    "$defs": {
        **{f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)},
        "d40": {"type": "string"},
    },
}


def checks(*data: dict[str, Any]) -> tuple[Check, ...]:
    return ADAPTER.validate_python(data)


def schema(held: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "json_schema", "json_schema": held}


def draft(text: str = "", *urls: str) -> Deliverable:
    cited = tuple(Citation(title="A page", url=url, start=0, end=1) for url in urls)
    return Deliverable(job_id="job-1", attempt=1, text=text, citations=cited)


def told(check: dict[str, Any], deliverable: Deliverable, sources: Sequence[str] = ()) -> list[tuple[str, str]]:
    found = findings_of(checks(check), deliverable, frozenset(sources))
    return [(one.kind.value, one.message) for one in found]


@pytest.mark.parametrize(
    ("check", "deliverable"),
    [
        (schema(PERSON), draft('{"name": "Ana", "age": 3}')),
        ({"kind": "min_citations", "at_least": 2}, draft("x", PAGE, PAGE)),
        ({"kind": "cited_sources"}, draft("x", f"{PAGE}/?utm_source=openai")),
        ({"kind": "cited_sources"}, draft("nothing cited")),
        ({"kind": "length", "at_least": 3, "at_most": 3}, draft("äöü")),
        ({"kind": "forbidden", "patterns": ["(?i)acme", "^no$"]}, draft("no word of it")),
        ({"kind": "activity", "name": "tone", "task_queue": "newsroom"}, draft("x")),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_a_draft_that_keeps_to_a_check_has_no_finding(check: dict[str, Any], deliverable: Deliverable) -> None:
    assert told(check, deliverable, [PAGE]) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no JSON", "the text is not JSON (line 1, column 1)"),
        ("", "the text is not JSON (line 1, column 1)"),
        ('```json\n{"name": "Ana"}\n```', "the text is not JSON (line 1, column 1)"),
        ('{"name": NaN}', "the text is not JSON"),
        ("[" * 100_000, "the text is JSON that is nested too deeply"),
        ("[]", 'at $: must be of type "object"'),
        ("{}", "at $: 'name' is missing"),
        ('{"name": 3}', 'at $.name: must be of type "string"'),
        ('{"name": "Ana", "age": -1}', "at $.age: breaks the rule minimum: 0"),
        ('{"name": "Ana", "pay": 1}', "at $.pay: a property too many"),
    ],
    ids=lambda text: text[:30],
)
def test_a_text_that_breaks_its_schema_is_told_by_place_and_rule(text: str, expected: str) -> None:
    assert told(schema(PERSON), draft(text)) == [("schema_mismatch", expected)]


@pytest.mark.parametrize(
    ("held", "value", "expected"),
    [
        ({"enum": ["a", "b"]}, "secret", 'must be one of ["a", "b"]'),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, "secret", "fits none of the schemas of anyOf"),
        ({"oneOf": [{}, {}]}, "secret", "must fit one of the schemas of oneOf, and no other"),
        ({"pattern": "^[0-9]+$"}, "secret", 'breaks the rule pattern: "^[0-9]+$"'),
        ({"uniqueItems": True}, ["secret", "secret"], "breaks the rule uniqueItems: true"),
        ({"items": False}, ["secret"], "breaks the rule items: false"),
        ({"properties": {"a": False}}, {"a": "secret"}, "nothing is allowed here"),
        ({"not": {}}, "secret", "breaks the rule not: {}"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_told_of_a_schema_does_not_repeat_the_text(held: dict[str, Any], value: Any, expected: str) -> None:
    [(_, message)] = told(schema(held), draft(json.dumps(value)))
    assert expected in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("held", "value", "is_well"),
    [
        ({"patternProperties": {"^x-": {"type": "integer"}}}, {"x-a": 1, "b": "any"}, True),
        ({"patternProperties": {"^x-": {"type": "integer"}}}, {"x-a": "1"}, False),
        ({"patternProperties": {"^x-": True}, "additionalProperties": False}, {"x-a": 1}, True),
        ({"patternProperties": {"^x-": True}, "additionalProperties": False}, {"a": 1}, False),
        ({"properties": {"a": {}}, "additionalProperties": {"type": "null"}}, {"a": 1, "b": None}, True),
        ({"properties": {"a": {}}, "additionalProperties": {"type": "null"}}, {"b": 1}, False),
        ({"uniqueItems": True}, [1, True, "1", [1], {"a": 1}], True),
        ({"uniqueItems": True}, [1, 1.0], False),
        ({"uniqueItems": True}, [{"a": 1, "b": 2}, {"b": 2, "a": 1}], False),
        ({"uniqueItems": False}, [1, 1], True),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}, "x", True),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}, 1, False),
        ({"$schema": DRAFT, "$ref": "#/$defs/a", "$defs": {"a": False}}, 1, False),
        ({"properties": {"$schema": {"type": "string"}}}, {"$schema": 3}, False),
        ({"pattern": r"^\pL+\z"}, "Köln", True),
        ({"format": "email"}, "no address", True),
        ({"pattern": "^a$"}, "a\ud83d", False),
    ],
)  # fmt: skip
def test_the_rules_that_are_made_anew_mean_what_the_draft_says(held: dict[str, Any], value: Any, is_well: bool) -> None:  # noqa: FBT001  a column of the table
    assert problems_with(checks(schema(held))) == []
    assert (told(schema(held), draft(json.dumps(value))) == []) is is_well


@pytest.mark.parametrize(
    ("held", "value"),
    [
        (DOUBLING, '"x"'),
        ({"$ref": "#"}, "1"),
        ({"type": "array", "items": {"uniqueItems": True, "items": {"$ref": "#/items"}}}, "[" * 900 + "]" * 900),
        ({"type": "array", "items": {"enum": list(range(6_000))}}, json.dumps([5_999] * 100_000)),
        ({"type": "array", "contains": {"const": 1}, "unevaluatedItems": False}, json.dumps([2, 1] * 50_000)),
    ],
    ids=["doubling", "a circle", "deep", "a long list of a long choice", "squares"],
)
def test_no_schema_and_no_text_hang_a_check(held: dict[str, Any], value: str) -> None:
    started = time.process_time()
    found = told(schema(held), draft(value))
    assert [kind for kind, _ in found] == ["check_unanswered"]
    assert time.process_time() - started < 20


def test_a_part_of_a_schema_that_names_its_draft_is_bounded_as_well() -> None:
    """At a `$schema` the library goes on with a class of its own, which would take this rule."""
    named = {"$schema": DRAFT, "$id": "urn:a", "unevaluatedItems": False}
    assert [kind for kind, _ in told(schema({"allOf": [named]}), draft("[1]"))] == ["check_unanswered"]


def test_unlike_members_that_must_be_unique_take_no_squares() -> None:
    members = [[n, str(n), {"a": n}][n % 3] for n in range(60_000)]
    started = time.process_time()
    assert told(schema({"uniqueItems": True}), draft(json.dumps(members))) == []
    assert time.process_time() - started < 10


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){12}b"])
def test_no_pattern_hangs_a_check(pattern: str) -> None:
    """Python's own patterns take years for these."""
    text = "a" * 100_000 + "!"
    started = time.process_time()
    assert told({"kind": "forbidden", "patterns": [pattern]}, draft(text)) == []
    assert told(schema({"pattern": pattern}), draft(json.dumps(text)))
    assert time.process_time() - started < 10


def test_a_text_that_is_too_long_for_its_patterns_is_a_finding() -> None:
    check = {"kind": "forbidden", "patterns": [f"([ab]{{1,20}}){{15}}{n}" for n in range(20)]}
    [(kind, message)] = told(check, draft("ab" * 500_000))
    assert kind == "check_unanswered"
    assert "too much work" in message


@pytest.mark.parametrize("check", [schema({}), {"kind": "forbidden", "patterns": ["x"]}])
def test_a_text_of_many_megabytes_is_not_held_against_schemas_and_patterns(check: dict[str, Any]) -> None:
    [(kind, message)] = told(check, draft("a" * 2_000_001))
    assert kind == "check_unanswered"
    assert "2,000,000 characters" in message


def test_too_few_citations_are_counted() -> None:
    expected = "the text has 1 citation, at least 3 are wanted"
    assert told({"kind": "min_citations", "at_least": 3}, draft("x", PAGE)) == [("too_few_citations", expected)]


def test_each_link_that_no_tool_met_is_named_once() -> None:
    found = told({"kind": "cited_sources"}, draft("x", PAGE, "https://made.up/", "https://made.up/"), [PAGE])
    assert found == [("unbacked_citation", "no tool of the response met the cited source https://made.up/")]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"at_least": 4}, "the text has 3 characters, at least 4 are wanted"),
        ({"at_most": 2}, "the text has 3 characters, at most 2 are wanted"),
    ],
)
def test_a_length_out_of_bounds_is_told_with_the_bound(bounds: dict[str, int], expected: str) -> None:
    assert told({"kind": "length", **bounds}, draft("äöü")) == [("length", expected)]


def test_a_forbidden_pattern_is_told_with_its_place_and_without_the_text() -> None:
    [(kind, message)] = told({"kind": "forbidden", "patterns": ["never", "(?i)a.me"]}, draft("Ä\nby ACME"))
    assert kind == "forbidden_text"
    assert message == "the forbidden pattern (?i)a.me matches in line 2, at character 6 of the text"


def test_of_many_findings_the_first_are_listed() -> None:
    cited = draft("x", *[f"https://made.up/{n}" for n in range(500)])
    assert len(told({"kind": "cited_sources"}, cited)) == FINDINGS_PER_CHECK + 1
    broken = json.dumps([None] * 100_000)
    assert len(told(schema({"items": {"type": "string"}}), draft(broken))) == FINDINGS_PER_CHECK + 1


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (schema({"type": "text"}), "review.checks.0.json_schema: is no schema of draft 2020-12, at $.type"),
        (schema({"$ref": "https://example.org/a"}), "the reference https://example.org/a leads nowhere"),
        (schema({"properties": {"a": {"$ref": "#/$defs/none"}}}), "the reference #/$defs/none leads nowhere"),
        (schema({"$schema": "http://json-schema.org/draft-07/schema#"}), "only draft 2020-12"),
        (schema({"pattern": "(?=a)"}), "the pattern (?=a) is no pattern in RE2's syntax"),
        (schema({"pattern": "["}), "the pattern [ is no pattern in RE2's syntax"),
        (schema({"patternProperties": {r"(a)\1": {}}}), "is no pattern in RE2's syntax"),
        (schema({"items": {"unevaluatedProperties": False}}), "unevaluatedProperties is not taken"),
        ({"kind": "forbidden", "patterns": ["a", "["]}, "review.checks.0.patterns.1: is no pattern in RE2's syntax"),
        ({"kind": "forbidden", "patterns": ["((a{1,30}){30}){9}"]}, "review.checks.0.patterns.0: "),
        ({"kind": "forbidden", "patterns": [r"\pL{9}"]}, "review.checks.0.patterns.0: needs too much work"),
    ],
)
def test_a_check_that_could_never_be_made_is_a_problem_that_names_its_place(
    check: dict[str, Any], expected: str
) -> None:
    [problem] = problems_with(checks(check))
    assert expected in problem
    assert len(problem.encode()) <= 300


def test_a_schema_that_is_nested_without_end_is_a_problem() -> None:
    held: dict[str, Any] = {}
    for _ in range(3_000):
        held = {"not": held}
    check = checks(schema({}))[0].model_copy(update={"json_schema": held})
    assert problems_with([check]) == ["review.checks.0.json_schema: is nested too deeply"]
    assert [one.kind for one in findings_of([check], draft("1"), set())] == [FindingKind.CHECK_UNANSWERED]


def test_of_many_problems_the_first_are_told() -> None:
    assert len(problems_with(checks(schema({"allOf": [{"pattern": f"[{n}"} for n in range(100)]})))) == PROBLEMS_SHOWN


async def test_problems_are_seen_as_a_malformed_input() -> None:
    with pytest.raises(FaultError, match=r"review\.checks\.1\.patterns\.0") as raised:
        await DraftChecker().check(checks({"kind": "cited_sources"}, {"kind": "forbidden", "patterns": ["("]}))
    assert classify(raised.value.seen) is FailureClass.MALFORMED_INPUT


async def test_checks_without_problems_pass() -> None:
    await DraftChecker().check(checks({"kind": "cited_sources"}, schema(PERSON)))


async def test_checks_for_which_no_time_is_left_are_findings() -> None:
    wanted = checks({"kind": "cited_sources"}, {"kind": "activity", "name": "tone", "task_queue": "q"}, schema({}))
    found = await DraftChecker(timedelta(0)).findings(wanted, draft("x"), set())
    assert [one.message for one in found] == [
        "the check cited_sources could not be made: there was no time left for it",
        "the check json_schema could not be made: there was no time left for it",
    ]


# How long a value takes to make says something of the machine and nothing of the checks.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(held=st.dictionaries(st.sampled_from(["type", "items", "$ref", "enum", "if", "maximum", "x"]), json_values))
def test_no_schema_is_too_odd_to_be_judged(held: dict[str, Any]) -> None:
    """What is refused at the door may still come with a request that a Temporal SDK started."""
    check = checks(schema({}))[0].model_copy(update={"json_schema": held})
    assert isinstance(problems_with([check]), list)
    assert isinstance(findings_of([check], draft("[1]"), set()), tuple)


@given(text=st.text())
def test_no_text_is_too_odd_to_be_checked(text: str) -> None:
    every = checks(schema(PERSON), {"kind": "length", "at_most": 5}, {"kind": "forbidden", "patterns": ["^$", "."]})
    assert isinstance(findings_of(every, draft(text, text), {text}), tuple)
