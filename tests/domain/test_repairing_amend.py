"""Amendments: what changes, what the record keeps of it, and what is refused with nothing changed."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain import repairing
from signoff.domain.failures import FailureClass as C
from signoff.domain.job import JobRequest
from signoff.domain.record import JobRecord
from signoff.domain.repair import Change, RepairAnswer, RepairKind
from signoff.domain.status import JobStatus
from tests.domain.making import AT, HOUR, MINUTE, a_record, a_repair, a_request, asking
from tests.domain.stopping import RETRY, create_failed, repaired

S = JobStatus
REQUEST: Final = asking(
    input="a question",
    max_output_tokens=500,
    tools=[{"type": "web_search"}],
    reasoning={"effort": "high", "summary": "auto"},
)


def amend(patch: dict[str, Any], request: JobRequest = REQUEST) -> tuple[JobRecord, JobRequest, RepairAnswer]:
    repair = a_repair(RepairKind.AMEND, response=patch, reason="it was cut off")
    return repairing.repaired(create_failed(C.MALFORMED_INPUT), request, repair, AT + HOUR)


def test_an_amendment_changes_the_parameters_and_nothing_else_of_the_request() -> None:
    _, request, _ = amend({"max_output_tokens": 8_000, "reasoning": {"effort": "low"}, "tools": None})
    assert request.response == {
        "model": "a-model",
        "input": "a question",
        "max_output_tokens": 8_000,
        "reasoning": {"effort": "low", "summary": "auto"},
    }
    assert request.model_dump(exclude={"response"}) == REQUEST.model_dump(exclude={"response"})
    assert request.digest != REQUEST.digest


def test_the_record_keeps_who_changed_what_and_how_it_was_before() -> None:
    record, _, answer = amend({"tools": None, "max_output_tokens": 8_000, "temperature": 0.5})
    line = record.repairs[-1]
    assert (line.by, line.reason, line.at, line.attempt) == ("olga", "it was cut off", AT + HOUR, 1)
    assert line.changes == (
        Change(parameter="max_output_tokens", before="500", after="8000"),
        Change(parameter="temperature", before="", after="0.5"),
        Change(parameter="tools", before='[{"type":"web_search"}]', after=""),
    )
    assert record.timeline[-1].text == (
        "amend by olga: it was cut off (max_output_tokens, temperature, tools); a new attempt is made"
    )
    assert (answer.is_accepted, answer.at) == (True, AT + HOUR)


def test_a_nested_change_is_shown_as_the_whole_parameter() -> None:
    record, _, _ = amend({"reasoning": {"summary": None}})
    change = record.repairs[-1].changes[0]
    assert (change.before, change.after) == ('{"effort":"high","summary":"auto"}', '{"effort":"high"}')


def test_long_values_and_many_changes_are_cut() -> None:
    record, request, _ = amend({f"p{n:02}": "x" * 5_000 for n in range(30)})
    changes = record.repairs[-1].changes
    assert [change.parameter for change in changes] == [f"p{n:02}" for n in range(10)]
    assert {len(change.after.encode()) for change in changes} == {200}
    assert len(request.response) == len(REQUEST.response) + 30


@pytest.mark.parametrize(
    ("patch", "told"),
    [
        ({"model": None}, "response.model: name the model (or a stored prompt)"),
        ({"stream": True}, "response.stream: a stream dies with its reader"),
        ({"background": False}, "response.background: every job runs in the background"),
        ({"metadata": {"signoff_job_id": "x"}}, "belong to the product"),
        ({"tools": {"type": "web_search"}}, "response.tools: must be a list of objects"),
        ({"input": "x" * 17_000_000}, "at most 16,777,216 are taken"),
        ({"seed": 2**60}, "exceeds safe integer domain"),
        ({"user": "\ud800"}, "codepoints"),
    ],
)
def test_an_amendment_that_breaks_a_rule_is_refused_and_nothing_changes(patch: dict[str, Any], told: str) -> None:
    before = create_failed(C.MALFORMED_INPUT)
    record, request, answer = amend(patch)
    assert request is REQUEST
    assert (answer.is_accepted, answer.status) == (False, S.NEEDS_ATTENTION)
    assert told in answer.reason
    kept = {"repairs", "timeline"}
    assert record.model_dump(exclude=kept) == before.model_dump(exclude=kept)
    line = record.repairs[-1]
    assert (line.is_accepted, line.refusal, line.changes) == (False, answer.reason, ())
    assert record.timeline[-1].event == "repair.refused"


def test_what_breaks_a_rule_together_with_an_earlier_amendment_is_refused_as_well() -> None:
    """Each amendment is held against the request as it is by then."""
    _, request, _ = amend({"prompt": {"id": "pmpt_1"}, "model": None})
    assert "model" not in request.response
    _, after, answer = amend({"prompt": None}, request)
    assert (answer.is_accepted, after) == (False, request)


@pytest.mark.parametrize("verb", ["retry", "amend"])
def test_every_attempt_tells_by_its_digest_which_request_it_was_made_with(verb: str) -> None:
    repair = RETRY if verb == "retry" else a_repair(RepairKind.AMEND)
    _, request, _ = repairing.repaired(create_failed(C.QUOTA), REQUEST, repair, AT)
    assert (request.digest == REQUEST.digest) == (verb == "retry")


def test_the_record_goes_on_saying_what_was_asked_for_at_first() -> None:
    record, _ = repaired(create_failed(C.MALFORMED_INPUT), a_repair(RepairKind.AMEND))
    assert record.request_digest == a_request().digest


parameters = st.dictionaries(
    st.sampled_from(["model", "input", "metadata", "tools", "include", "seed", "stream", "user"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
        max_leaves=5,
    ),
    min_size=1,
)


@given(parameters)
def test_any_amendment_is_taken_or_refused_and_never_an_error(patch: dict[str, Any]) -> None:
    """An error here would be one in the job's workflow, which would stand still until a new version came."""
    record, request, answer = amend(patch)
    assert answer.is_accepted == (record.status is S.QUEUED) == (request is not REQUEST)
    assert record.model_dump_json()


@pytest.mark.parametrize("status", [S.RUNNING, S.AWAITING_REVIEW, S.COMPLETED])
def test_an_amendment_that_comes_where_nothing_is_to_repair_leaves_the_request_as_it_is(status: JobStatus) -> None:
    _, request, answer = repairing.repaired(a_record(status), REQUEST, a_repair(RepairKind.AMEND), AT)
    assert (answer.is_accepted, request is REQUEST) == (False, True)


@pytest.mark.parametrize(("before", "was"), [(None, ""), ("PT10M", "10 min")])
def test_an_amendment_changes_the_deadline_alone_or_with_parameters(before: Any, was: str) -> None:
    request = a_request(deadline=before)
    for patch in ({}, {"model": "another"}):
        repair = a_repair(RepairKind.AMEND, response=patch, deadline=2 * HOUR)
        record, after, answer = repairing.repaired(create_failed(C.TIMEOUT), request, repair, AT)
        assert (answer.is_accepted, after.deadline) == (True, 2 * HOUR)
        assert after.response == request.response | patch
        assert record.repairs[-1].changes[-1] == Change(parameter="deadline", before=was, after="2 h")


def test_an_amendment_without_a_deadline_leaves_it_as_it_is() -> None:
    repair = a_repair(RepairKind.AMEND)
    _, after, _ = repairing.repaired(create_failed(C.TIMEOUT), a_request(deadline="PT10M"), repair, AT)
    assert after.deadline == 10 * MINUTE
