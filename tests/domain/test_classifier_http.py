"""What HTTP answers and network faults mean, which depends on the stage that met them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.classifier import CODES, HTTP, LAG, classify
from signoff.domain.failures import FailureClass as C
from signoff.domain.failures import Stage
from signoff.domain.observation import NetworkFault
from signoff.domain.policies import POLICIES
from tests.domain.making import MINUTE, SECOND, seen

REPEATABLE = (Stage.LOOK, Stage.CANCEL, Stage.ARCHIVE)
CARRIED_OUT = (Stage.CREATE, Stage.DELIVER)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
@pytest.mark.parametrize("stage", list(Stage))
def test_a_success_is_no_failure(stage: Stage, status: int) -> None:
    assert classify(seen(stage, http_status=status)) is None


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (301, C.UNCLASSIFIED),
        (400, C.MALFORMED_INPUT),
        (401, C.CONFIGURATION),
        (402, C.UNCLASSIFIED),
        (403, C.CONFIGURATION),
        (405, C.CONFIGURATION),
        (408, C.TRANSIENT),
        (409, C.TRANSIENT),
        (410, C.UNCLASSIFIED),
        (413, C.MALFORMED_INPUT),
        (415, C.MALFORMED_INPUT),
        (418, C.UNCLASSIFIED),
        (422, C.MALFORMED_INPUT),
        (425, C.TRANSIENT),
        (429, C.RATE_LIMITED),
        (503, C.TRANSIENT),
    ],
)
def test_an_answer_that_proves_nothing_was_accepted_means_the_same_at_every_stage(
    stage: Stage, status: int, expected: C
) -> None:
    assert classify(seen(stage, http_status=status)) is expected


@pytest.mark.parametrize("status", [500, 502, 504, 520, 599])
@pytest.mark.parametrize(
    ("stages", "expected"), [(CARRIED_OUT, C.OUTCOME_UNKNOWN), (REPEATABLE, C.TRANSIENT)], ids=["paid", "repeatable"]
)
def test_a_server_error_may_hide_a_create_or_a_delivery_that_was_accepted(
    stages: tuple[Stage, ...], expected: C, status: int
) -> None:
    assert {classify(seen(stage, http_status=status)) for stage in stages} == {expected}


def test_the_code_of_a_server_error_proves_nothing_about_a_create() -> None:
    assert classify(seen(Stage.CREATE, http_status=500, error_code="server_error")) is C.OUTCOME_UNKNOWN


@pytest.mark.parametrize(
    ("code", "expected"), [("slow_down", C.RATE_LIMITED), ("server_is_overloaded", C.TRANSIENT), ("new", C.TRANSIENT)]
)
def test_the_code_of_a_503_says_why_it_was_refused(code: str, expected: C) -> None:
    assert classify(seen(Stage.CREATE, http_status=503, error_code=code)) is expected


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
@pytest.mark.parametrize("stage", [Stage.LOOK, Stage.CANCEL])
def test_a_404_on_a_response_is_lag_for_a_minute_and_a_loss_after_it(
    stage: Stage, age: timedelta | None, expected: C
) -> None:
    assert timedelta(seconds=60) == LAG
    assert classify(seen(stage, http_status=404, age=age)) is expected


@pytest.mark.parametrize("stage", [Stage.CREATE, Stage.DELIVER, Stage.ARCHIVE])
def test_a_404_elsewhere_is_a_wrong_address(stage: Stage) -> None:
    assert classify(seen(stage, http_status=404, age=SECOND)) is C.CONFIGURATION


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (429, "insufficient_quota", C.QUOTA),
        (429, "project_spend_limit_exceeded", C.QUOTA),
        (429, "rate_limit_exceeded", C.RATE_LIMITED),
        (404, "model_not_found", C.CONFIGURATION),
        (403, "misalignment_policy_violation", C.REVIEW_REQUIRED),
        (400, "context_length_exceeded", C.MALFORMED_INPUT),
        (400, "conversation_locked", C.RATE_LIMITED),
        (400, "content_filter", C.POLICY),
    ],
)
def test_a_known_code_says_more_than_its_http_status(status: int, code: str, expected: C) -> None:
    assert classify(seen(Stage.CREATE, http_status=status, error_code=code)) is expected


@given(
    code=st.text(max_size=30).filter(lambda code: code not in CODES),
    status=st.integers(300, 499).filter(lambda status: status not in {408, 409, 425, 429}),
)
def test_an_unknown_code_of_a_refused_create_is_never_retried_by_itself(code: str, status: int) -> None:
    """The four that are left out are retryable by their HTTP status alone; nothing was accepted or paid."""
    result = classify(seen(Stage.CREATE, http_status=status, error_code=code))
    assert result is not None
    assert not POLICIES[result].is_automatic


@given(st.integers(300, 499).filter(lambda status: status not in HTTP))
def test_an_http_status_that_no_table_names_is_unclassified(status: int) -> None:
    assert classify(seen(Stage.CREATE, http_status=status)) is C.UNCLASSIFIED
