"""What responses that ended mean."""

from typing import Any

import pytest

from signoff.domain.classifier import classify
from signoff.domain.codes import CODES, FINDINGS, HTTP, INCOMPLETE, TYPES
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import Finding, FindingKind, NetworkFault
from signoff.domain.status import ResponseStatus
from tests.domain.making import seen


def ended(status: ResponseStatus, **facts: Any) -> FailureClass | None:
    return classify(seen(response_status=status, **facts))


def found(*kinds: FindingKind) -> tuple[Finding, ...]:
    return tuple(Finding(kind=kind, message="noticed") for kind in kinds)


@pytest.mark.parametrize("code", ["", "a_code_of_tomorrow", "SERVER_ERROR", "server_error "])
def test_a_failed_response_with_an_unknown_code_is_unclassified(code: str) -> None:
    assert ended(ResponseStatus.FAILED, error_code=code) is FailureClass.UNCLASSIFIED


@pytest.mark.parametrize(
    ("code", "kind", "expected"),
    [
        ("", "server_error", FailureClass.TRANSIENT),
        ("", "rate_limit_error", FailureClass.RATE_LIMITED),
        ("", "insufficient_quota", FailureClass.QUOTA),
        ("", "invalid_request_error", FailureClass.MALFORMED_INPUT),
        ("", "external_connector_error", FailureClass.CONFIGURATION),
        ("", "a_type_of_tomorrow", FailureClass.UNCLASSIFIED),
        ("a_new_limit", "insufficient_quota", FailureClass.QUOTA),
        ("http_error", "external_connector_error", FailureClass.CONFIGURATION),
        ("a_new_code", "server_error", FailureClass.UNCLASSIFIED),  # a retry would be paid for on a guess
        ("a_new_code", "rate_limit_error", FailureClass.UNCLASSIFIED),
        ("a_new_code", "invalid_request_error", FailureClass.UNCLASSIFIED),
        ("bio_policy", "server_error", FailureClass.POLICY),  # the code says more than the type
    ],
)
def test_the_type_of_a_failed_response_counts_where_no_code_does(code: str, kind: str, expected: FailureClass) -> None:
    assert ended(ResponseStatus.FAILED, error_code=code, error_type=kind) is expected


def test_a_hint_to_retry_is_no_reason_to_pay_for_another_run() -> None:
    assert ended(ResponseStatus.FAILED, error_code="a_new_code", may_retry=True) is FailureClass.UNCLASSIFIED


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("max_output_tokens", FailureClass.REVIEW_REQUIRED),
        ("max_messages", FailureClass.REVIEW_REQUIRED),
        ("steered", FailureClass.REVIEW_REQUIRED),
        ("content_filter", FailureClass.POLICY),
        ("", FailureClass.UNCLASSIFIED),
        ("a_reason_of_tomorrow", FailureClass.UNCLASSIFIED),
    ],
)
def test_an_incomplete_response_has_the_class_of_its_reason(reason: str, expected: FailureClass) -> None:
    assert ended(ResponseStatus.INCOMPLETE, incomplete_reason=reason) is expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (FindingKind.REFUSAL, FailureClass.POLICY),
        (FindingKind.EMPTY_TEXT, FailureClass.REVIEW_REQUIRED),
        (FindingKind.PARTIAL_OUTPUT, FailureClass.REVIEW_REQUIRED),
        (FindingKind.TOOL_FAILED, FailureClass.REVIEW_REQUIRED),
        (FindingKind.TOOL_CALLS_CLIPPED, FailureClass.REVIEW_REQUIRED),
        (FindingKind.APPROVAL_REQUESTED, FailureClass.REVIEW_REQUIRED),
        (FindingKind.UNKNOWN_ITEM, FailureClass.UNCLASSIFIED),
    ],
)
def test_a_completed_response_has_the_class_of_its_finding(kind: FindingKind, expected: FailureClass) -> None:
    assert ended(ResponseStatus.COMPLETED, findings=found(kind)) is expected


def test_every_kind_of_finding_has_a_class() -> None:
    assert set(FINDINGS) == set(FindingKind)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((FindingKind.TOOL_FAILED, FindingKind.REFUSAL), FailureClass.POLICY),
        ((FindingKind.UNKNOWN_ITEM, FindingKind.REFUSAL), FailureClass.POLICY),
        ((FindingKind.EMPTY_TEXT, FindingKind.UNKNOWN_ITEM), FailureClass.UNCLASSIFIED),
    ],
)
def test_of_several_findings_the_gravest_counts(kinds: tuple[FindingKind, ...], expected: FailureClass) -> None:
    assert ended(ResponseStatus.COMPLETED, findings=found(*kinds)) is expected


def test_a_refusal_counts_in_a_partial_response_too() -> None:
    partial = found(FindingKind.REFUSAL, FindingKind.PARTIAL_OUTPUT)
    refused = ended(ResponseStatus.INCOMPLETE, incomplete_reason="max_output_tokens", findings=partial)
    assert refused is FailureClass.POLICY


@pytest.mark.parametrize("status", [ResponseStatus.QUEUED, ResponseStatus.IN_PROGRESS])
def test_a_response_under_way_has_not_failed(status: ResponseStatus) -> None:
    assert ended(status, http_status=200) is None


def test_a_completed_response_without_findings_has_not_failed() -> None:
    assert ended(ResponseStatus.COMPLETED, http_status=200) is None


def test_a_response_that_completed_with_an_error_is_held_for_nobody() -> None:
    assert ended(ResponseStatus.COMPLETED, error_code="server_error") is FailureClass.UNCLASSIFIED


def test_a_response_that_someone_else_cancelled_has_no_result() -> None:
    assert ended(ResponseStatus.CANCELLED) is FailureClass.RESULT_LOST


def test_a_status_of_tomorrow_is_unclassified() -> None:
    assert ended(ResponseStatus.UNKNOWN, error_code="server_error") is FailureClass.UNCLASSIFIED


def test_every_class_can_be_the_result() -> None:
    reachable = {*CODES.values(), *TYPES.values(), *HTTP.values(), *INCOMPLETE.values(), *FINDINGS.values()}
    reachable |= {
        one
        for one in (
            classify(seen(Stage.CREATE, network=NetworkFault.LOST)),
            classify(seen(Stage.LOOK, http_status=404)),
            ended(ResponseStatus.UNKNOWN),
        )
        if one
    }
    assert reachable == set(FailureClass)
