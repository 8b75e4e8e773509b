"""What each word and number that a provider may answer with means.

The words are those of OpenAI's client, of OpenAI's error guide and of servers that speak its API.
"""

from collections.abc import Mapping
from typing import Final

from signoff.domain.failures import FailureClass
from signoff.domain.observation import FindingKind

_C = FailureClass


def _by_word(words: Mapping[FailureClass, str]) -> dict[str, FailureClass]:
    return {word: failure_class for failure_class, line in words.items() for word in line.split()}


CODES: Final = _by_word(
    {
        _C.TRANSIENT: "server_error internal_error connection_failed"
        " server_is_overloaded server_overloaded flex_unavailable",
        _C.RATE_LIMITED: "rate_limit_exceeded slow_down conversation_locked rate_limit_error too_many_requests",
        _C.TIMEOUT: "vector_store_timeout failed_to_download_image request_timeout",
        _C.QUOTA: "insufficient_quota credit_balance_exhausted organization_spend_limit_exceeded"
        " project_spend_limit_exceeded organization_usage_limit_exceeded usage_not_included usage_limit_exceeded"
        " usage_limit_reached session_budget_exceeded billing_not_active billing_hard_limit_reached",
        _C.CONFIGURATION: "invalid_api_key authentication_error model_not_found resource_not_found"
        " data_residency_mismatch",
        _C.MALFORMED_INPUT: "context_length_exceeded unsupported_parameter previous_response_not_found"
        " invalid_request invalid_image invalid_image_format invalid_base64_image invalid_image_url"
        " invalid_image_mode image_too_large image_too_small image_parse_error image_file_too_large"
        " unsupported_image_media_type empty_image_file image_file_not_found",
        _C.POLICY: "bio_policy cyber_policy image_content_policy_violation content_policy_violation"
        " content_filter moderation_blocked",
        _C.REVIEW_REQUIRED: "misalignment_policy_violation invalid_prompt",
    }
)

TYPES: Final = _by_word(
    {
        _C.TRANSIENT: "server_error internal_server_error service_unavailable_error overloaded_error",
        _C.RATE_LIMITED: "requests tokens rate_limit_error rate_limit_exceeded too_many_requests",
        _C.QUOTA: "insufficient_quota usage_not_included usage_limit_reached billing_error budget_exceeded",
        # The last one is OpenAI's for a tool's server that it can't reach or sign in to.
        _C.CONFIGURATION: "authentication_error permission_error external_connector_error",
        _C.MALFORMED_INPUT: "invalid_request_error",
    }
)
"""The words of `error.type`, which are broader than codes and count for less."""

HTTP: Final[dict[int, FailureClass]] = {
    # The client follows a redirect where it may, so one that is seen leads nowhere: the address is wrong.
    **dict.fromkeys((301, 302, 303, 307, 308), _C.CONFIGURATION),
    400: _C.MALFORMED_INPUT,
    401: _C.CONFIGURATION,
    402: _C.QUOTA,
    403: _C.CONFIGURATION,
    404: _C.CONFIGURATION,
    405: _C.CONFIGURATION,
    407: _C.CONFIGURATION,
    # The request did not arrive in time, and may be sent again (RFC 9110, section 15.5.9).
    408: _C.TRANSIENT,
    409: _C.TRANSIENT,
    410: _C.CONFIGURATION,
    413: _C.MALFORMED_INPUT,
    414: _C.MALFORMED_INPUT,
    415: _C.MALFORMED_INPUT,
    # It went to a server that can't answer for this host, and may be sent on another connection (section 15.5.20).
    421: _C.TRANSIENT,
    422: _C.MALFORMED_INPUT,
    # OpenAI's for a tool's server that did not list its tools.
    424: _C.CONFIGURATION,
    # Not looked at, as it came in early data that someone may have replayed (RFC 8470, section 5.2).
    425: _C.TRANSIENT,
    429: _C.RATE_LIMITED,
    431: _C.MALFORMED_INPUT,
    451: _C.POLICY,
    # These server errors are refusals: of the method, of the version, and of a network that wants a sign-in first.
    501: _C.CONFIGURATION,
    505: _C.CONFIGURATION,
    511: _C.CONFIGURATION,
}
"""What a status means by itself. Server errors that are not here are transient, anything else is unclassified."""

INCOMPLETE: Final = _by_word(
    {
        _C.REVIEW_REQUIRED: "max_output_tokens max_messages steered",
        _C.POLICY: "content_filter",
    }
)

FINDINGS: Final[dict[FindingKind, FailureClass]] = {
    FindingKind.REFUSAL: _C.POLICY,
    FindingKind.EMPTY_TEXT: _C.REVIEW_REQUIRED,
    FindingKind.PARTIAL_OUTPUT: _C.REVIEW_REQUIRED,
    FindingKind.TOOL_FAILED: _C.REVIEW_REQUIRED,
    FindingKind.TOOL_CALLS_CLIPPED: _C.REVIEW_REQUIRED,
    FindingKind.APPROVAL_REQUESTED: _C.REVIEW_REQUIRED,
    FindingKind.UNKNOWN_ITEM: _C.UNCLASSIFIED,
    # What a check found is for the reviewer, and never keeps a result from being held.
    FindingKind.SCHEMA_MISMATCH: _C.REVIEW_REQUIRED,
    FindingKind.TOO_FEW_CITATIONS: _C.REVIEW_REQUIRED,
    FindingKind.UNBACKED_CITATION: _C.REVIEW_REQUIRED,
    FindingKind.LENGTH: _C.REVIEW_REQUIRED,
    FindingKind.FORBIDDEN_TEXT: _C.REVIEW_REQUIRED,
    FindingKind.CHECK_FAILED: _C.REVIEW_REQUIRED,
    FindingKind.CHECK_UNANSWERED: _C.REVIEW_REQUIRED,
}
