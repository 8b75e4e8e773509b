"""From what was seen to its class: one table, no exception texts.

The codes are those of OpenAI's client and of OpenAI's error guide; the set is open upstream, so whatever is
not in a table is `unclassified`, which is never retried.
"""

from collections.abc import Set as AbstractSet
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import FindingKind, NetworkFault, Observation
from signoff.domain.status import ResponseStatus

LAG: Final = timedelta(seconds=60)
"""How long a response may be answered with 404 after its create or its completion (33 s were seen in the field)."""

_C = FailureClass
CODES: Final[dict[str, FailureClass]] = {
    "server_error": _C.TRANSIENT,
    "server_is_overloaded": _C.TRANSIENT,
    "rate_limit_exceeded": _C.RATE_LIMITED,
    "slow_down": _C.RATE_LIMITED,
    "conversation_locked": _C.RATE_LIMITED,
    "vector_store_timeout": _C.TIMEOUT,
    "failed_to_download_image": _C.TIMEOUT,
    "insufficient_quota": _C.QUOTA,
    "credit_balance_exhausted": _C.QUOTA,
    "organization_spend_limit_exceeded": _C.QUOTA,
    "project_spend_limit_exceeded": _C.QUOTA,
    "organization_usage_limit_exceeded": _C.QUOTA,
    "usage_not_included": _C.QUOTA,
    "invalid_api_key": _C.CONFIGURATION,
    "model_not_found": _C.CONFIGURATION,
    "data_residency_mismatch": _C.CONFIGURATION,
    "context_length_exceeded": _C.MALFORMED_INPUT,
    "unsupported_parameter": _C.MALFORMED_INPUT,
    "previous_response_not_found": _C.MALFORMED_INPUT,
    "invalid_image": _C.MALFORMED_INPUT,
    "invalid_image_format": _C.MALFORMED_INPUT,
    "invalid_base64_image": _C.MALFORMED_INPUT,
    "invalid_image_url": _C.MALFORMED_INPUT,
    "invalid_image_mode": _C.MALFORMED_INPUT,
    "image_too_large": _C.MALFORMED_INPUT,
    "image_too_small": _C.MALFORMED_INPUT,
    "image_parse_error": _C.MALFORMED_INPUT,
    "image_file_too_large": _C.MALFORMED_INPUT,
    "unsupported_image_media_type": _C.MALFORMED_INPUT,
    "empty_image_file": _C.MALFORMED_INPUT,
    "image_file_not_found": _C.MALFORMED_INPUT,
    "bio_policy": _C.POLICY,
    "cyber_policy": _C.POLICY,
    "image_content_policy_violation": _C.POLICY,
    "content_filter": _C.POLICY,
    "misalignment_policy_violation": _C.REVIEW_REQUIRED,
    "invalid_prompt": _C.REVIEW_REQUIRED,
}

HTTP: Final[dict[int, FailureClass]] = {
    400: _C.MALFORMED_INPUT,
    401: _C.CONFIGURATION,
    403: _C.CONFIGURATION,
    404: _C.CONFIGURATION,
    405: _C.CONFIGURATION,
    408: _C.TRANSIENT,
    409: _C.TRANSIENT,
    413: _C.MALFORMED_INPUT,
    415: _C.MALFORMED_INPUT,
    422: _C.MALFORMED_INPUT,
    425: _C.TRANSIENT,
    429: _C.RATE_LIMITED,
}

INCOMPLETE: Final[dict[str, FailureClass]] = {
    "max_output_tokens": _C.REVIEW_REQUIRED,
    "max_messages": _C.REVIEW_REQUIRED,
    "steered": _C.REVIEW_REQUIRED,
    "content_filter": _C.POLICY,
}

FINDINGS: Final[dict[FindingKind, FailureClass]] = {
    FindingKind.REFUSAL: _C.POLICY,
    FindingKind.EMPTY_TEXT: _C.REVIEW_REQUIRED,
    FindingKind.PARTIAL_OUTPUT: _C.REVIEW_REQUIRED,
    FindingKind.TOOL_FAILED: _C.REVIEW_REQUIRED,
    FindingKind.TOOL_CALLS_CLIPPED: _C.REVIEW_REQUIRED,
    FindingKind.APPROVAL_REQUESTED: _C.REVIEW_REQUIRED,
    FindingKind.UNKNOWN_ITEM: _C.UNCLASSIFIED,
}

_GRAVEST_FIRST: Final = (_C.POLICY, _C.UNCLASSIFIED, _C.REVIEW_REQUIRED)

_UNREPEATABLE: Final = frozenset({Stage.CREATE, Stage.DELIVER})
"""Steps whose lost reply may mean that they were carried out."""


def classify(seen: Observation) -> FailureClass | None:
    """Say which class an observation belongs to; `None` means that nothing failed."""
    if seen.network is not None:
        return _of_network(seen.stage, seen.network)
    if seen.http_status is not None and seen.http_status >= HTTPStatus.MULTIPLE_CHOICES:
        return _of_http(seen, seen.http_status)
    if seen.response_status is not None and seen.response_status.is_terminal:
        return _of_ended_response(seen, seen.response_status)
    return None


def _of_network(stage: Stage, fault: NetworkFault) -> FailureClass:
    if stage in _UNREPEATABLE and fault is not NetworkFault.REFUSED:
        return FailureClass.OUTCOME_UNKNOWN
    return FailureClass.TRANSIENT


def _of_http(seen: Observation, status: int) -> FailureClass:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # 503 is refused before any work; any other 5xx may hide a run that was accepted.
        is_lost = seen.stage in _UNREPEATABLE and status != HTTPStatus.SERVICE_UNAVAILABLE
        return FailureClass.OUTCOME_UNKNOWN if is_lost else CODES.get(seen.error_code, FailureClass.TRANSIENT)
    if seen.error_code in CODES:
        return CODES[seen.error_code]
    if status == HTTPStatus.NOT_FOUND and seen.stage in {Stage.LOOK, Stage.CANCEL}:
        is_lag = seen.age is not None and seen.age <= LAG
        return FailureClass.TRANSIENT if is_lag else FailureClass.RESULT_LOST
    return HTTP.get(status, FailureClass.UNCLASSIFIED)


def _of_ended_response(seen: Observation, status: ResponseStatus) -> FailureClass | None:
    found = {FINDINGS[finding.kind] for finding in seen.findings}
    match status:
        case ResponseStatus.COMPLETED:
            return _gravest(found)
        case ResponseStatus.INCOMPLETE:
            return _gravest({INCOMPLETE.get(seen.incomplete_reason, FailureClass.UNCLASSIFIED), *found})
        case ResponseStatus.FAILED:
            return CODES.get(seen.error_code, FailureClass.UNCLASSIFIED)
        case _:
            return FailureClass.UNCLASSIFIED


def _gravest(classes: AbstractSet[FailureClass]) -> FailureClass | None:
    return next((one for one in _GRAVEST_FIRST if one in classes), None)
