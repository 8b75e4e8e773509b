"""What the codes and types of error answers mean, and that none which OpenAI's client knows is missing."""

from typing import Any, Final, get_args

import pytest
from openai.types.beta.session_turn_error import SessionTurnError
from openai.types.responses.response import IncompleteDetails
from openai.types.responses.response_error import ResponseError

from signoff.domain.classifier import classify
from signoff.domain.codes import CODES, INCOMPLETE, TYPES
from signoff.domain.failures import FailureClass as C
from signoff.domain.failures import Stage
from signoff.domain.status import ResponseStatus
from tests.domain.making import seen

# Each line is a class, and the codes that belong to it: those of OpenAI's client, of its error guide, of its own
# command line client, and of compatible servers that put a type into the code.
CODE_TABLE: Final = """
transient        server_error server_is_overloaded
transient        internal_error connection_failed server_overloaded flex_unavailable
rate_limited     rate_limit_exceeded slow_down conversation_locked
rate_limited     rate_limit_error too_many_requests
timeout          vector_store_timeout failed_to_download_image
timeout          request_timeout
quota            insufficient_quota credit_balance_exhausted organization_spend_limit_exceeded
quota            project_spend_limit_exceeded organization_usage_limit_exceeded usage_not_included
quota            usage_limit_exceeded usage_limit_reached session_budget_exceeded
quota            billing_not_active billing_hard_limit_reached
configuration    model_not_found data_residency_mismatch invalid_api_key
configuration    authentication_error resource_not_found
malformed_input  context_length_exceeded unsupported_parameter previous_response_not_found invalid_image
malformed_input  invalid_image_format invalid_base64_image invalid_image_url image_too_large image_too_small
malformed_input  image_parse_error invalid_image_mode image_file_too_large unsupported_image_media_type
malformed_input  empty_image_file image_file_not_found
malformed_input  invalid_request
policy           bio_policy cyber_policy image_content_policy_violation content_filter
policy           moderation_blocked content_policy_violation
review_required  misalignment_policy_violation invalid_prompt
"""
TYPE_TABLE: Final = """
transient        server_error internal_server_error service_unavailable_error overloaded_error
rate_limited     requests tokens rate_limit_error rate_limit_exceeded too_many_requests
quota            insufficient_quota usage_not_included usage_limit_reached billing_error budget_exceeded
configuration    authentication_error permission_error external_connector_error
malformed_input  invalid_request_error
"""
NOT_OF_RESPONSES: Final = {
    "max_output_tokens",  # an incomplete response says it by its reason
    "sandbox_error",
    "executor_version_incompatible",
    "active_turn_not_steerable",
}


def table(text: str) -> dict[str, C]:
    return {word: C(line.split()[0]) for line in text.strip().splitlines() for word in line.split()[1:]}


def literals(model: Any, field: str) -> set[str]:
    annotation = model.model_fields[field].annotation
    found = {one for one in get_args(annotation) if isinstance(one, str)}
    return found.union(*(get_args(one) for one in get_args(annotation) if not isinstance(one, str))) - {None}


def refused(status: int = 400, stage: Stage = Stage.CREATE, **facts: Any) -> C | None:
    return classify(seen(stage, http_status=status, **facts))


@pytest.mark.parametrize(("code", "expected"), table(CODE_TABLE).items())
def test_a_code_has_the_same_class_in_a_failed_response_and_in_a_refused_create(code: str, expected: C) -> None:
    failed = classify(seen(response_status=ResponseStatus.FAILED, error_code=code))
    assert (failed, refused(error_code=code), refused(status=429, error_code=code)) == (expected,) * 3


@pytest.mark.parametrize(("kind", "expected"), table(TYPE_TABLE).items())
def test_a_type_alone_gives_a_failed_response_its_class(kind: str, expected: C) -> None:
    assert classify(seen(response_status=ResponseStatus.FAILED, error_type=kind)) is expected


def test_the_tables_hold_nothing_else() -> None:
    assert table(CODE_TABLE) == CODES
    assert table(TYPE_TABLE) == TYPES


def test_every_code_of_the_installed_client_is_known() -> None:
    """A new client may bring new codes: decide what each permits, then add it."""
    codes = literals(ResponseError, "code")
    assert len(codes) >= 21
    assert codes - set(CODES) == set()


def test_every_code_of_a_session_is_known_that_a_response_can_have() -> None:
    codes = literals(SessionTurnError, "code")
    assert len(codes) >= 24
    assert codes - set(CODES) == NOT_OF_RESPONSES


def test_every_reason_of_the_installed_client_is_known() -> None:
    assert literals(IncompleteDetails, "reason") == set(INCOMPLETE)


@pytest.mark.parametrize(
    ("code", "kind", "may_retry", "expected"),
    [
        ("rate_limit_exceeded", "tokens", None, C.RATE_LIMITED),
        ("credit_balance_exhausted", "insufficient_quota", None, C.QUOTA),
        ("insufficient_quota", "requests", True, C.QUOTA),  # a known code is not argued with
        ("", "", None, C.RATE_LIMITED),
        ("", "insufficient_quota", None, C.QUOTA),
        ("", "insufficient_quota", True, C.QUOTA),
        ("", "authentication_error", None, C.CONFIGURATION),
        ("", "requests", None, C.RATE_LIMITED),
        ("", "server_error", None, C.RATE_LIMITED),
        ("", "invalid_request_error", None, C.RATE_LIMITED),
        ("", "a_new_type", None, C.RATE_LIMITED),
        ("429", "", None, C.RATE_LIMITED),  # the status once more is no code
        ("a_new_limit", "insufficient_quota", None, C.QUOTA),
        ("a_new_limit", "tokens", None, C.RATE_LIMITED),
        ("a_new_limit", "rate_limit_error", None, C.RATE_LIMITED),
        ("a_new_limit", "", True, C.RATE_LIMITED),
        ("a_new_limit", "", None, C.UNCLASSIFIED),
        ("a_new_limit", "", False, C.UNCLASSIFIED),
        ("a_new_limit", "server_error", None, C.UNCLASSIFIED),  # what OpenAI sends where nobody set a type
        ("a_new_limit", "invalid_request_error", None, C.UNCLASSIFIED),
        ("a_new_limit", "a_new_type", None, C.UNCLASSIFIED),
    ],
)
@pytest.mark.parametrize("stage", [Stage.CREATE, Stage.LOOK, Stage.FIND])
def test_a_429_is_waited_out_only_where_nothing_says_that_waiting_does_not_help(
    stage: Stage, code: str, kind: str, expected: C, *, may_retry: bool | None
) -> None:
    assert refused(429, stage, error_code=code, error_type=kind, may_retry=may_retry) is expected


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (400, "insufficient_quota", C.QUOTA),
        (400, "authentication_error", C.CONFIGURATION),
        (403, "server_error", C.CONFIGURATION),  # so OpenAI refuses what only its own pages may call
        (400, "server_error", C.MALFORMED_INPUT),
        (400, "rate_limit_error", C.MALFORMED_INPUT),
        (401, "invalid_request_error", C.CONFIGURATION),
        (404, "invalid_request_error", C.CONFIGURATION),
        (409, "invalid_request_error", C.TRANSIENT),
        (409, "rate_limit_error", C.RATE_LIMITED),
        (418, "invalid_request_error", C.MALFORMED_INPUT),
        (418, "server_error", C.UNCLASSIFIED),
        (424, "external_connector_error", C.CONFIGURATION),
    ],
)
def test_a_type_makes_an_answer_more_exact_and_never_more_retried(status: int, kind: str, expected: C) -> None:
    assert refused(status, error_type=kind) is expected
    assert refused(status, Stage.FIND, error_type=kind) is expected


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (429, "insufficient_quota", C.QUOTA),
        (429, "project_spend_limit_exceeded", C.QUOTA),
        (429, "rate_limit_exceeded", C.RATE_LIMITED),
        (404, "model_not_found", C.CONFIGURATION),
        (404, "previous_response_not_found", C.MALFORMED_INPUT),
        (403, "misalignment_policy_violation", C.REVIEW_REQUIRED),
        (400, "context_length_exceeded", C.MALFORMED_INPUT),
        (400, "conversation_locked", C.RATE_LIMITED),
        (400, "content_filter", C.POLICY),  # Azure's
        (400, "server_is_overloaded", C.TRANSIENT),
    ],
)
def test_a_known_code_says_more_than_its_http_status(status: int, code: str, expected: C) -> None:
    assert refused(status, error_code=code, error_type="invalid_request_error", may_retry=True) is expected


@pytest.mark.parametrize("status", [302, 304, 400, 401, 403, 404, 405, 418, 422, 424])
@pytest.mark.parametrize("stage", [Stage.CREATE, Stage.FIND, Stage.ARCHIVE])
@pytest.mark.parametrize("code", ["", "a_new_code"])
def test_the_servers_own_hint_turns_a_refusal_that_it_does_not_explain_into_a_passing_one(
    stage: Stage, status: int, code: str
) -> None:
    assert refused(status, stage, error_code=code, may_retry=True) is C.TRANSIENT
    assert refused(status, stage, error_code=code, may_retry=False) is not C.TRANSIENT


@pytest.mark.parametrize(("status", "code"), [(409, "a_new_code"), (425, "a_new_code"), (421, "a_new_code")])
def test_an_unknown_code_takes_its_retry_from_a_status_unless_the_server_asks_for_one(status: int, code: str) -> None:
    assert refused(status) is C.TRANSIENT
    assert refused(status, error_code=code) is C.UNCLASSIFIED
    assert refused(status, error_code=code, may_retry=True) is C.TRANSIENT


@pytest.mark.parametrize("status", [408, 500, 503])
def test_an_unknown_code_of_a_look_leaves_a_servers_fault_what_it_is(status: int) -> None:
    assert refused(status, Stage.LOOK, error_code="a_new_code") is C.TRANSIENT
