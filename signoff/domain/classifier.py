"""From what was seen to its class: the tables of `codes`, a few rules, and no exception texts.

The set of codes is open upstream: one that no table holds never leads to a retry by itself, and a person sees it with
its raw body.
"""

from collections.abc import Set as AbstractSet
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from signoff.domain.codes import CODES, FINDINGS, HTTP, INCOMPLETE, TYPES
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import NetworkFault, Observation
from signoff.domain.status import ResponseStatus

LAG: Final = timedelta(seconds=60)
"""How long a response may be answered with 404 after its create or its completion (33 s were seen in the field)."""

_C = FailureClass
_GRAVEST_FIRST: Final = (_C.POLICY, _C.UNCLASSIFIED, _C.REVIEW_REQUIRED)

_RETRIED: Final = frozenset({_C.TRANSIENT, _C.RATE_LIMITED, _C.TIMEOUT})
"""The classes that lead to another go by themselves."""

_FIRM_TYPES: Final = frozenset({_C.QUOTA, _C.CONFIGURATION})
"""What a type may say against a status. Its other words are too broad: OpenAI sends `server_error` with a 403."""

_NOT_BEGUN: Final = frozenset(
    {"server_is_overloaded", "server_overloaded", "flex_unavailable", "service_unavailable_error", "overloaded_error"}
    | {word for table in (CODES, TYPES) for word, meant in table.items() if meant is _C.RATE_LIMITED}
)
"""The words with which the API turns work away before it begins."""

_GONE_WORDS: Final = frozenset({"previous_response_not_found", "resource_not_found"})
"""Codes that only repeat what a 404 says."""

_UNREPEATABLE: Final = frozenset({Stage.CREATE, Stage.DELIVER})
"""Steps whose lost reply may mean that they were carried out."""

_OF_A_RESPONSE: Final = frozenset({Stage.LOOK, Stage.CANCEL})


def classify(seen: Observation) -> FailureClass | None:
    """Say which class an observation belongs to; `None` means that nothing failed."""
    if seen.network is not None:
        return _of_network(seen.stage, seen.network)
    if seen.http_status is not None and not HTTPStatus.OK <= seen.http_status < HTTPStatus.MULTIPLE_CHOICES:
        return _of_http(seen, seen.http_status)
    if seen.response_status is not None and seen.response_status.is_terminal:
        return _of_ended_response(seen, seen.response_status)
    return None


def _of_network(stage: Stage, fault: NetworkFault) -> FailureClass:
    if stage in _UNREPEATABLE and fault is not NetworkFault.REFUSED:
        return FailureClass.OUTCOME_UNKNOWN
    return FailureClass.TRANSIENT


def _of_http(seen: Observation, status: int) -> FailureClass:
    if seen.stage in _OF_A_RESPONSE and status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        return _of_missing(seen, status)
    if seen.stage in _UNREPEATABLE and _may_be_carried_out(seen, status):
        return _refusal(seen, status) or FailureClass.OUTCOME_UNKNOWN
    return _by_words(seen) or _by_status(seen, status)


def _of_missing(seen: Observation, status: int) -> FailureClass:
    if seen.error_code in CODES and seen.error_code not in _GONE_WORDS:
        return CODES[seen.error_code]
    is_lag = status == HTTPStatus.NOT_FOUND and seen.age is not None and seen.age <= LAG
    return FailureClass.TRANSIENT if is_lag or seen.may_retry else FailureClass.RESULT_LOST


def _may_be_carried_out(seen: Observation, status: int) -> bool:
    """Say whether an error answer leaves open that a create or a delivery took effect."""
    if status == HTTPStatus.REQUEST_TIMEOUT:
        # Azure answers one with a code when the work took too long, so there the request was read.
        return bool(seen.error_code or seen.error_type)
    if status == HTTPStatus.SEE_OTHER:
        # It points to the result of what was sent (RFC 9110, section 15.4.4).
        return seen.stage is Stage.CREATE
    return _is_server_error(status) and status not in HTTP


def _refusal(seen: Observation, status: int) -> FailureClass | None:
    """Say as what a server error refused a create or a delivery, where it proves that; `None` where it does not.

    A 503 alone proves nothing: a proxy sends one as well when the connection to the API broke after the request
    was passed on. In the API's own words for "turned away" it does. A delivery is repeated under its key either
    way, so there a 503 means what it says.
    """
    named = _by_words(seen)
    if named is not None and named not in _RETRIED:
        return named
    if status != HTTPStatus.SERVICE_UNAVAILABLE:
        return None
    word = seen.error_code if seen.error_code in CODES else seen.error_type
    if word in _NOT_BEGUN:
        return named or TYPES.get(word, FailureClass.TRANSIENT)
    return FailureClass.TRANSIENT if seen.stage is Stage.DELIVER else None


def _by_words(seen: Observation) -> FailureClass | None:
    by_type = TYPES.get(seen.error_type)
    return CODES.get(seen.error_code) or (by_type if by_type in _FIRM_TYPES else None)


def _by_status(seen: Observation, status: int) -> FailureClass:
    """Say what a status means where the code is not known.

    A new code may mean a limit that no waiting lifts, so it takes away the retry that a 4xx alone would have had,
    unless the type or the provider's own hint speaks for one.
    """
    otherwise = FailureClass.TRANSIENT if _is_server_error(status) else FailureClass.UNCLASSIFIED
    meant, by_type = HTTP.get(status, otherwise), TYPES.get(seen.error_type)
    if meant in _RETRIED:
        if by_type is FailureClass.RATE_LIMITED:
            return by_type
        return FailureClass.UNCLASSIFIED if _has_unknown_code(seen, status) and not seen.may_retry else meant
    if seen.may_retry:
        return FailureClass.TRANSIENT
    return by_type if meant is FailureClass.UNCLASSIFIED and by_type is FailureClass.MALFORMED_INPUT else meant


def _has_unknown_code(seen: Observation, status: int) -> bool:
    # Some servers put the status into the code; and that a request did not arrive is so whatever the code.
    says_something = seen.error_code not in {"", str(status)}
    return says_something and not _is_server_error(status) and status != HTTPStatus.REQUEST_TIMEOUT


def _is_server_error(status: int) -> bool:
    """Say whether a status is a fault of the server; one that HTTP lacks counts as one (RFC 9110, section 15)."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < HTTPStatus.OK


def _of_ended_response(seen: Observation, status: ResponseStatus) -> FailureClass | None:
    found = {FINDINGS[finding.kind] for finding in seen.findings}
    match status:
        case ResponseStatus.COMPLETED:
            # One that completed with an error contradicts itself.
            return _gravest(found | ({FailureClass.UNCLASSIFIED} if seen.error_code else set()))
        case ResponseStatus.INCOMPLETE:
            return _gravest({INCOMPLETE.get(seen.incomplete_reason, FailureClass.UNCLASSIFIED), *found})
        case ResponseStatus.FAILED:
            return _of_failed_response(seen)
        case ResponseStatus.CANCELLED:
            # Someone else stopped it: there will be no result, and another one costs another run.
            return FailureClass.RESULT_LOST
        case _:
            return FailureClass.UNCLASSIFIED


def _of_failed_response(seen: Observation) -> FailureClass:
    if seen.error_code:
        return _by_words(seen) or FailureClass.UNCLASSIFIED
    return TYPES.get(seen.error_type, FailureClass.UNCLASSIFIED)


def _gravest(classes: AbstractSet[FailureClass]) -> FailureClass | None:
    return next((one for one in _GRAVEST_FIRST if one in classes), None)
