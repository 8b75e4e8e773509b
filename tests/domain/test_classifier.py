"""What ended responses and error codes mean: the codes of the facts file with the classes of the design."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.classifier import CODES, FINDINGS, HTTP, INCOMPLETE, classify
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import Finding, FindingKind, NetworkFault, Observation
from signoff.domain.policies import POLICIES
from signoff.domain.status import ResponseStatus
from tests.domain.making import seen

# Each line is a class, and the codes that belong to it.
TABLE: Final = """
transient        server_error server_is_overloaded
rate_limited     rate_limit_exceeded slow_down conversation_locked
timeout          vector_store_timeout failed_to_download_image
quota            insufficient_quota credit_balance_exhausted organization_spend_limit_exceeded
quota            project_spend_limit_exceeded organization_usage_limit_exceeded usage_not_included
configuration    model_not_found data_residency_mismatch
malformed_input  context_length_exceeded unsupported_parameter previous_response_not_found invalid_image
malformed_input  invalid_image_format invalid_base64_image invalid_image_url image_too_large image_too_small
malformed_input  image_parse_error invalid_image_mode image_file_too_large unsupported_image_media_type
malformed_input  empty_image_file image_file_not_found
policy           bio_policy cyber_policy image_content_policy_violation content_filter
review_required  misalignment_policy_violation invalid_prompt
"""
EXPECTED: Final = {
    code: FailureClass(line.split()[0]) for line in TABLE.strip().splitlines() for code in line.split()[1:]
}


def ended(status: ResponseStatus, **facts: Any) -> FailureClass | None:
    return classify(seen(response_status=status, **facts))


def found(*kinds: FindingKind) -> tuple[Finding, ...]:
    return tuple(Finding(kind=kind, message="noticed") for kind in kinds)


@pytest.mark.parametrize(("code", "expected"), EXPECTED.items())
def test_a_failed_response_has_the_class_of_its_code(code: str, expected: FailureClass) -> None:
    assert ended(ResponseStatus.FAILED, error_code=code) is expected


@pytest.mark.parametrize(("code", "expected"), EXPECTED.items())
def test_a_refused_create_has_the_class_of_its_code(code: str, expected: FailureClass) -> None:
    assert classify(seen(Stage.CREATE, http_status=400, error_code=code)) is expected


def test_no_code_is_known_that_this_table_lacks() -> None:
    """`invalid_api_key` is not in the facts file; OpenAI sends it with a 401, which says the same."""
    assert set(CODES) - set(EXPECTED) == {"invalid_api_key"}


@pytest.mark.parametrize("code", ["", "a_code_of_tomorrow", "SERVER_ERROR", "server_error "])
def test_a_failed_response_with_an_unknown_code_is_unclassified(code: str) -> None:
    assert ended(ResponseStatus.FAILED, error_code=code) is FailureClass.UNCLASSIFIED


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


@pytest.mark.parametrize("status", [ResponseStatus.CANCELLED, ResponseStatus.UNKNOWN])
def test_an_end_that_nobody_here_asked_for_is_unclassified(status: ResponseStatus) -> None:
    assert ended(status) is FailureClass.UNCLASSIFIED


def test_every_class_can_be_the_result() -> None:
    reachable = {*CODES.values(), *HTTP.values(), *INCOMPLETE.values(), *FINDINGS.values()}
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


anything = st.builds(
    Observation,
    stage=st.sampled_from(Stage),
    http_status=st.none() | st.integers(-1, 700),
    network=st.none() | st.sampled_from(NetworkFault),
    error_type=st.text(max_size=5),
    error_code=st.text(max_size=5) | st.sampled_from(sorted(CODES)),
    response_status=st.none() | st.sampled_from(ResponseStatus),
    incomplete_reason=st.text(max_size=5) | st.sampled_from(sorted(INCOMPLETE)),
    findings=st.lists(st.builds(Finding, kind=st.sampled_from(FindingKind), message=st.just("x")), max_size=3).map(
        tuple
    ),
    age=st.none() | st.timedeltas(),
    may_retry=st.none() | st.booleans(),
)


@given(anything)
def test_whatever_was_seen_gets_a_class_or_none(observed: Observation) -> None:
    result = classify(observed)
    assert result is None or result in POLICIES


@given(anything, st.text(max_size=30))
def test_texts_decide_nothing(observed: Observation, text: str) -> None:
    told = observed.model_copy(update={"message": text, "evidence": text})
    assert classify(told) is classify(observed)


@given(
    code=st.text(max_size=30).filter(lambda code: code not in CODES),
    status=st.sampled_from([status for status in ResponseStatus if status.is_terminal]),
)
def test_an_unknown_code_in_a_response_is_never_retried_by_itself(code: str, status: ResponseStatus) -> None:
    result = ended(status, error_code=code, incomplete_reason=code)
    assert result is None or not POLICIES[result].is_automatic
