"""What a check may be, and how the answer of one that is somebody else's is read."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from pydantic import TypeAdapter, ValidationError

from signoff.domain import names
from signoff.domain.checks import (
    CHECKS_LIMIT,
    FINDINGS_PER_CHECK,
    MESSAGE_LIMIT_BYTES,
    ActivityCheck,
    Check,
    CheckOrder,
    Checks,
    CitedSourcesCheck,
    ForbiddenCheck,
    LengthCheck,
    MinCitationsCheck,
    SchemaCheck,
    activities_in,
    findings_in_answer,
    unanswered,
)
from signoff.domain.classifier import classify
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import Finding, FindingKind, Observation
from signoff.domain.status import ResponseStatus
from tests.domain.test_sources import json_values

one: TypeAdapter[Check] = TypeAdapter(Check)
several: TypeAdapter[tuple[Check, ...]] = TypeAdapter(Checks)
TONE = ActivityCheck(kind="activity", name="tone", task_queue="newsroom")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            {"kind": "json_schema", "json_schema": {"type": "object"}},
            SchemaCheck(kind="json_schema", json_schema={"type": "object"}),
        ),
        ({"kind": "min_citations", "at_least": 3}, MinCitationsCheck(kind="min_citations", at_least=3)),
        ({"kind": "cited_sources"}, CitedSourcesCheck(kind="cited_sources")),
        ({"kind": "length", "at_most": 500}, LengthCheck(kind="length", at_least=0, at_most=500)),
        ({"kind": "forbidden", "patterns": ["(?i)acme"]}, ForbiddenCheck(kind="forbidden", patterns=("(?i)acme",))),
        (
            {"kind": "activity", "name": "tone", "task_queue": "newsroom"},
            ActivityCheck(kind="activity", name="tone", task_queue="newsroom", timeout=timedelta(minutes=10)),
        ),
    ],
)
def test_the_kind_says_which_fields_there_are(data: dict[str, Any], expected: Check) -> None:
    assert one.validate_python(data) == expected
    assert one.validate_json(one.dump_json(expected)) == expected


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "spelling"},
        {"kind": "json_schema"},
        {"kind": "json_schema", "json_schema": {"enum": ["x" * 40_000]}},
        {"kind": "min_citations", "at_least": 0},
        {"kind": "cited_sources", "at_least": 1},
        {"kind": "length"},
        {"kind": "length", "at_least": 10, "at_most": 9},
        {"kind": "forbidden", "patterns": []},
        {"kind": "forbidden", "patterns": [""]},
        {"kind": "forbidden", "patterns": ["x" * 201]},
        {"kind": "forbidden", "patterns": ["x"] * 21},
        {"kind": "activity", "name": "tone"},
        {"kind": "activity", "name": "", "task_queue": "newsroom"},
        {"kind": "activity", "name": "tone", "task_queue": "newsroom", "timeout": "PT0.5S"},
        {"kind": "activity", "name": "tone", "task_queue": "newsroom", "timeout": "PT2H"},
        {"kind": "activity", "name": "deliver", "task_queue": names.TASK_QUEUE},
        {"kind": "activity", "name": "deliver", "task_queue": f" {names.LOOK_TASK_QUEUE} "},
    ],
)
def test_what_breaks_a_bound_or_a_rule_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        one.validate_python(data)


def test_a_job_has_a_bounded_number_of_checks() -> None:
    checks = [{"kind": "cited_sources"}] * CHECKS_LIMIT
    assert len(several.validate_python(checks)) == CHECKS_LIMIT
    with pytest.raises(ValidationError):
        several.validate_python([*checks, {"kind": "cited_sources"}])


def test_the_kind_counts_in_a_digest_that_leaves_defaults_out() -> None:
    """Two checks that have no other field would otherwise be one and the same."""
    assert CitedSourcesCheck(kind="cited_sources").model_dump(exclude_defaults=True) == {"kind": "cited_sources"}


def test_the_checks_of_activities_can_be_told_from_the_others() -> None:
    assert list(activities_in([CitedSourcesCheck(kind="cited_sources"), TONE])) == [TONE]


def test_an_order_for_a_check_has_no_field_for_content() -> None:
    fields = {"job_id", "attempt", "digest", "size_bytes", "title", "requester", "labels"}
    assert set(CheckOrder.model_fields) == fields


@pytest.mark.parametrize("answer", [None, [], ()])
def test_an_answer_that_lists_nothing_says_that_all_is_well(answer: object) -> None:
    assert findings_in_answer(TONE, answer) == ()


@pytest.mark.parametrize("answer", [["too loud "], [{"message": "too loud", "line": 4}]])
def test_a_text_and_an_object_with_a_message_are_findings_that_name_the_check(answer: object) -> None:
    assert findings_in_answer(TONE, answer) == (Finding(kind=FindingKind.CHECK_FAILED, message="tone: too loud"),)


@pytest.mark.parametrize("answer", ["too loud", 3, True, {"message": "too loud"}, [3], [None], [{"text": "x"}], ["  "]])
def test_what_cannot_be_read_is_a_finding_that_says_so(answer: object) -> None:
    [found] = findings_in_answer(TONE, answer)
    assert found.kind is FindingKind.CHECK_UNANSWERED
    assert found.message.startswith("tone: ")


def test_what_can_be_read_beside_rubbish_is_kept() -> None:
    kinds = [found.kind for found in findings_in_answer(TONE, [3, "too loud"])]
    assert kinds == [FindingKind.CHECK_UNANSWERED, FindingKind.CHECK_FAILED]


def test_of_many_findings_the_first_are_kept_and_one_says_that_there_are_more() -> None:
    found = findings_in_answer(TONE, [f"number {number}" for number in range(1_000)])
    assert len(found) == FINDINGS_PER_CHECK + 1
    assert found[0].message == "tone: number 0"
    assert "more" in found[-1].message


@given(json_values)
def test_no_answer_is_too_odd_or_too_large_to_be_read(answer: object) -> None:
    found = findings_in_answer(TONE, answer)
    assert len(found) <= FINDINGS_PER_CHECK + 1
    assert all(len(one.message.encode()) <= MESSAGE_LIMIT_BYTES for one in found)


def test_a_finding_is_short_however_much_was_said() -> None:
    [found] = findings_in_answer(TONE, ["ä" * 100_000])
    assert len(found.message.encode()) <= MESSAGE_LIMIT_BYTES
    assert len(unanswered(TONE, "x" * 100_000).message) <= MESSAGE_LIMIT_BYTES


OF_CHECKS = (
    FindingKind.SCHEMA_MISMATCH,
    FindingKind.TOO_FEW_CITATIONS,
    FindingKind.UNBACKED_CITATION,
    FindingKind.LENGTH,
    FindingKind.FORBIDDEN_TEXT,
    FindingKind.CHECK_FAILED,
    FindingKind.CHECK_UNANSWERED,
)


@pytest.mark.parametrize("kind", OF_CHECKS)
def test_the_classifier_leaves_what_a_check_found_to_a_reviewer(kind: FindingKind) -> None:
    """Results of the class `review_required` are held."""
    found = (Finding(kind=kind, message="x"),)
    seen = Observation(stage=Stage.LOOK, response_status=ResponseStatus.COMPLETED, findings=found)
    assert classify(seen) is FailureClass.REVIEW_REQUIRED
