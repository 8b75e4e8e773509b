"""What holds whatever is seen: each observation has an answer, and nothing unknown is paid for twice by itself."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.classifier import classify
from signoff.domain.codes import CODES, HTTP, INCOMPLETE, TYPES
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.observation import Finding, FindingKind, NetworkFault, Observation
from signoff.domain.policies import POLICIES
from signoff.domain.status import ResponseStatus

AUTOMATIC = {failure_class for failure_class, policy in POLICIES.items() if policy.is_automatic}

unknown_codes = st.text(min_size=1, max_size=30).filter(lambda code: code not in CODES)
unknown_types = st.text(max_size=30).filter(lambda kind: kind not in TYPES and kind not in CODES)
codes = st.text(max_size=5) | st.sampled_from(sorted(CODES))
types = st.text(max_size=5) | st.sampled_from(sorted(TYPES))
hints = st.none() | st.booleans()
no_success = st.integers(-1, 700).filter(lambda status: not 200 <= status < 300)
found = st.lists(st.builds(Finding, kind=st.sampled_from(FindingKind), message=st.just("x")), max_size=3).map(tuple)
anything = st.builds(
    Observation,
    stage=st.sampled_from(Stage),
    http_status=st.none() | st.sampled_from(sorted(HTTP)) | st.integers(-1, 700),
    network=st.none() | st.sampled_from(NetworkFault),
    error_type=types,
    error_code=codes,
    response_status=st.none() | st.sampled_from(ResponseStatus),
    incomplete_reason=st.text(max_size=5) | st.sampled_from(sorted(INCOMPLETE)),
    findings=found,
    age=st.none() | st.timedeltas(),
    may_retry=hints,
)


@given(anything)
def test_whatever_was_seen_gets_a_class_or_none(observed: Observation) -> None:
    result = classify(observed)
    assert result is None or result in POLICIES


@given(anything, st.text(max_size=30), st.none() | st.timedeltas())
def test_texts_and_waiting_times_decide_nothing(observed: Observation, text: str, wait: Any) -> None:
    told = observed.model_copy(update={"message": text, "evidence": text, "retry_after": wait})
    assert classify(told) is classify(observed)


@given(status=no_success, code=unknown_codes, kind=unknown_types, may_retry=st.sampled_from([None, False]))
def test_an_unknown_code_of_a_create_is_never_retried_by_itself(
    status: int, code: str, kind: str, *, may_retry: bool | None
) -> None:
    if code == str(status):
        code += "?"
    refused = Observation(stage=Stage.CREATE, http_status=status, error_code=code, error_type=kind, may_retry=may_retry)
    assert classify(refused) not in AUTOMATIC | {None}


@given(
    st.builds(
        Observation,
        stage=st.just(Stage.LOOK),
        response_status=st.sampled_from([status for status in ResponseStatus if status.is_terminal]),
        error_code=unknown_codes,
        error_type=types,
        incomplete_reason=st.text(max_size=5) | st.sampled_from(sorted(INCOMPLETE)),
        findings=found,
        may_retry=hints,
    )
)
def test_an_unknown_code_of_an_ended_response_is_never_retried_by_itself(ended: Observation) -> None:
    assert classify(ended) not in AUTOMATIC


@given(anything)
def test_no_hint_makes_a_create_of_unknown_outcome_one_that_may_be_sent_again(observed: Observation) -> None:
    create = observed.model_copy(update={"stage": Stage.CREATE, "may_retry": None})
    if classify(create) is FailureClass.OUTCOME_UNKNOWN:
        hinted = {classify(create.model_copy(update={"may_retry": hint})) for hint in (True, False)}
        assert hinted == {FailureClass.OUTCOME_UNKNOWN}


@given(anything.filter(lambda observed: observed.error_code in CODES))
def test_no_hint_counts_against_a_known_code(observed: Observation) -> None:
    if observed.error_code not in {"previous_response_not_found", "resource_not_found"}:
        assert len({classify(observed.model_copy(update={"may_retry": hint})) for hint in (True, False, None)}) == 1


@given(no_success, codes, types)
def test_a_type_never_adds_a_retry_to_a_create(status: int, code: str, kind: str) -> None:
    """But for the words in which the API turns work away: those of a limit, and with a 503 those of an overload."""
    refused = Observation(stage=Stage.CREATE, http_status=status, error_code=code)
    typed = classify(refused.model_copy(update={"error_type": kind}))
    if classify(refused) not in AUTOMATIC and status != 503 and TYPES.get(kind) is not FailureClass.RATE_LIMITED:
        assert typed not in AUTOMATIC


@given(no_success.filter(lambda status: status < 500 and status >= 300 and status not in HTTP))
def test_an_http_status_that_no_table_names_is_unclassified(status: int) -> None:
    assert classify(Observation(stage=Stage.CREATE, http_status=status)) is FailureClass.UNCLASSIFIED
