"""What HTTP answers and network faults mean, which depends on the stage that met them."""

from datetime import timedelta

import pytest

from signoff.domain.classifier import LAG, classify
from signoff.domain.failures import FailureClass as C
from signoff.domain.failures import Stage
from signoff.domain.observation import NetworkFault
from tests.domain.making import MINUTE, SECOND, seen

REPEATABLE = (Stage.LOOK, Stage.FIND, Stage.CANCEL, Stage.ARCHIVE)
CARRIED_OUT = (Stage.CREATE, Stage.DELIVER)
OF_A_RESPONSE = (Stage.LOOK, Stage.CANCEL)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
@pytest.mark.parametrize("stage", list(Stage))
def test_a_success_is_no_failure(stage: Stage, status: int) -> None:
    assert classify(seen(stage, http_status=status)) is None


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (300, C.UNCLASSIFIED),
        (301, C.CONFIGURATION),
        (302, C.CONFIGURATION),
        (304, C.UNCLASSIFIED),
        (307, C.CONFIGURATION),
        (308, C.CONFIGURATION),
        (400, C.MALFORMED_INPUT),
        (401, C.CONFIGURATION),
        (402, C.QUOTA),
        (403, C.CONFIGURATION),
        (405, C.CONFIGURATION),
        (407, C.CONFIGURATION),
        (408, C.TRANSIENT),
        (409, C.TRANSIENT),
        (413, C.MALFORMED_INPUT),
        (414, C.MALFORMED_INPUT),
        (415, C.MALFORMED_INPUT),
        (418, C.UNCLASSIFIED),
        (421, C.TRANSIENT),
        (422, C.MALFORMED_INPUT),
        (424, C.CONFIGURATION),
        (425, C.TRANSIENT),
        (429, C.RATE_LIMITED),
        (431, C.MALFORMED_INPUT),
        (451, C.POLICY),
        (499, C.UNCLASSIFIED),
        (501, C.CONFIGURATION),
        (505, C.CONFIGURATION),
        (511, C.CONFIGURATION),
    ],
)
def test_an_answer_that_proves_nothing_was_accepted_means_the_same_at_every_stage(
    stage: Stage, status: int, expected: C
) -> None:
    assert classify(seen(stage, http_status=status)) is expected


# The last ones are no HTTP statuses at all, or none that an answer can end with: they count as server errors.
@pytest.mark.parametrize("status", [500, 502, 504, 507, 520, 529, 599, 600, 999, 101, 0, -1])
@pytest.mark.parametrize(
    ("stages", "expected"), [(CARRIED_OUT, C.OUTCOME_UNKNOWN), (REPEATABLE, C.TRANSIENT)], ids=["paid", "repeatable"]
)
def test_a_server_error_may_hide_a_create_or_a_delivery_that_was_accepted(
    stages: tuple[Stage, ...], expected: C, status: int
) -> None:
    assert {classify(seen(stage, http_status=status)) for stage in stages} == {expected}


@pytest.mark.parametrize("may_retry", [True, False, None])
@pytest.mark.parametrize("code", ["server_error", "a_new_code", "rate_limit_exceeded", "request_timeout"])
@pytest.mark.parametrize("status", [500, 502, 504])
def test_neither_a_code_nor_a_hint_makes_a_lost_create_one_that_may_be_sent_again(
    status: int, code: str, *, may_retry: bool | None
) -> None:
    lost = seen(Stage.CREATE, http_status=status, error_code=code, may_retry=may_retry)
    assert classify(lost) is C.OUTCOME_UNKNOWN


@pytest.mark.parametrize(
    ("code", "kind", "expected"),
    [
        ("insufficient_quota", "", C.QUOTA),
        ("", "insufficient_quota", C.QUOTA),
        ("model_not_found", "", C.CONFIGURATION),
        ("content_filter", "", C.POLICY),
        ("", "invalid_request_error", C.OUTCOME_UNKNOWN),  # too broad a word to prove anything
    ],
)
def test_a_server_error_that_names_a_lasting_reason_refused_the_create(code: str, kind: str, expected: C) -> None:
    assert classify(seen(Stage.CREATE, http_status=500, error_code=code, error_type=kind)) is expected


@pytest.mark.parametrize(
    ("code", "kind", "expected"),
    [
        ("slow_down", "", C.RATE_LIMITED),
        ("server_is_overloaded", "", C.TRANSIENT),
        ("server_is_overloaded", "service_unavailable_error", C.TRANSIENT),
        ("flex_unavailable", "", C.TRANSIENT),
        ("", "service_unavailable_error", C.TRANSIENT),
        ("", "rate_limit_error", C.RATE_LIMITED),
        ("", "slow_down", C.TRANSIENT),
        ("a_new_code", "service_unavailable_error", C.TRANSIENT),
        ("", "", C.OUTCOME_UNKNOWN),  # a proxy's page, say
        ("503", "", C.OUTCOME_UNKNOWN),
        ("a_new_code", "", C.OUTCOME_UNKNOWN),
        ("server_error", "", C.OUTCOME_UNKNOWN),
        ("server_error", "service_unavailable_error", C.OUTCOME_UNKNOWN),  # the code says that it had begun
        ("", "server_error", C.OUTCOME_UNKNOWN),
    ],
)
def test_a_503_proves_that_a_create_was_turned_away_only_in_the_words_of_the_api(
    code: str, kind: str, expected: C
) -> None:
    refusal = {"http_status": 503, "error_code": code, "error_type": kind, "may_retry": True}
    assert classify(seen(Stage.CREATE, **refusal)) is expected


@pytest.mark.parametrize("stage", [Stage.DELIVER, *REPEATABLE])
def test_a_bare_503_of_what_may_be_repeated_is_transient(stage: Stage) -> None:
    assert classify(seen(stage, http_status=503)) is C.TRANSIENT


@pytest.mark.parametrize(
    ("stage", "words", "expected"),
    [
        (Stage.CREATE, {}, C.TRANSIENT),  # it did not arrive in time
        (Stage.DELIVER, {}, C.TRANSIENT),
        (Stage.CREATE, {"error_code": "Timeout"}, C.OUTCOME_UNKNOWN),  # Azure's: the work took too long
        (Stage.CREATE, {"error_code": "request_timeout"}, C.OUTCOME_UNKNOWN),
        (Stage.CREATE, {"error_type": "timeout_error"}, C.OUTCOME_UNKNOWN),
        (Stage.CREATE, {"error_code": "Timeout", "may_retry": True}, C.OUTCOME_UNKNOWN),
        (Stage.CREATE, {"error_code": "insufficient_quota"}, C.QUOTA),
        (Stage.LOOK, {"error_code": "Timeout"}, C.TRANSIENT),
        (Stage.LOOK, {"error_code": "request_timeout"}, C.TIMEOUT),
    ],
)
def test_a_408_with_words_of_its_own_was_read_before_the_time_was_up(
    stage: Stage, words: dict[str, str], expected: C
) -> None:
    assert classify(seen(stage, http_status=408, **words)) is expected


@pytest.mark.parametrize("stage", list(Stage))
def test_a_303_points_to_the_result_of_a_create(stage: Stage) -> None:
    expected = C.OUTCOME_UNKNOWN if stage is Stage.CREATE else C.CONFIGURATION
    assert classify(seen(stage, http_status=303)) is expected


@pytest.mark.parametrize(
    ("fault", "stage", "expected"),
    [
        *((NetworkFault.REFUSED, stage, C.TRANSIENT) for stage in Stage),
        *((fault, stage, C.OUTCOME_UNKNOWN) for fault in ("lost", "timeout") for stage in CARRIED_OUT),
        *((fault, stage, C.TRANSIENT) for fault in ("lost", "timeout") for stage in REPEATABLE),
    ],
)
def test_a_network_fault_leaves_the_outcome_open_only_where_something_was_sent_that_counts(
    fault: NetworkFault, stage: Stage, expected: C
) -> None:
    assert classify(seen(stage, network=fault)) is expected


def test_a_network_fault_outweighs_the_status_line_that_came_before_it() -> None:
    """A 200 whose body broke off is no answer."""
    assert classify(seen(Stage.CREATE, http_status=200, network=NetworkFault.LOST)) is C.OUTCOME_UNKNOWN


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), C.TRANSIENT),
        (32.7 * SECOND, C.TRANSIENT),  # the longest lag that was seen in the field
        (LAG, C.TRANSIENT),  # exactly 60 s
        (LAG + timedelta(microseconds=1), C.RESULT_LOST),
        (10 * MINUTE, C.RESULT_LOST),
        (None, C.RESULT_LOST),  # nobody knows how old it is: a person looks
    ],
)
@pytest.mark.parametrize("code", ["", "a_new_code", "previous_response_not_found", "resource_not_found"])
@pytest.mark.parametrize("stage", OF_A_RESPONSE)
def test_a_404_on_a_response_is_lag_for_a_minute_and_a_loss_after_it(
    stage: Stage, code: str, age: timedelta | None, expected: C
) -> None:
    assert timedelta(seconds=60) == LAG
    assert classify(seen(stage, http_status=404, error_code=code, age=age)) is expected


@pytest.mark.parametrize("stage", OF_A_RESPONSE)
def test_a_404_that_means_something_else_says_so(stage: Stage) -> None:
    assert classify(seen(stage, http_status=404, error_code="model_not_found", age=SECOND)) is C.CONFIGURATION


@pytest.mark.parametrize("stage", OF_A_RESPONSE)
def test_a_404_on_a_response_is_not_final_where_the_server_asks_for_another_look(stage: Stage) -> None:
    assert classify(seen(stage, http_status=404, age=10 * MINUTE, may_retry=True)) is C.TRANSIENT


@pytest.mark.parametrize("stage", list(Stage))
def test_what_is_gone_is_gone_without_any_lag(stage: Stage) -> None:
    expected = C.RESULT_LOST if stage in OF_A_RESPONSE else C.CONFIGURATION
    assert classify(seen(stage, http_status=410, age=SECOND)) is expected


@pytest.mark.parametrize("stage", [Stage.CREATE, Stage.DELIVER, Stage.ARCHIVE, Stage.FIND])
def test_a_404_elsewhere_is_a_wrong_address(stage: Stage) -> None:
    assert classify(seen(stage, http_status=404, age=SECOND)) is C.CONFIGURATION
