"""The turn that follows on a response whose draft a reviewer wants changed."""

from typing import Any

import pytest

from signoff.domain.rework import Rework, with_turn
from tests.domain.making import EDITED_DIGEST

REWORK = Rework(round=1, previous_response_id="resp_1", comment="shorter", by="ana")
TURN = {"role": "user", "content": "shorter"}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, {"input": [TURN], "previous_response_id": "resp_1"}),
        ({"input": "a question"}, {"input": [TURN], "previous_response_id": "resp_1"}),
        # The request's own thread is what the draft's response followed on already.
        ({"previous_response_id": "resp_0"}, {"input": [TURN], "previous_response_id": "resp_1"}),
        ({"conversation": "conv_1"}, {"conversation": "conv_1", "input": [TURN]}),
        ({"conversation": {"id": "c"}, "input": "x"}, {"conversation": {"id": "c"}, "input": [TURN]}),
        ({"conversation": None}, {"conversation": None, "input": [TURN], "previous_response_id": "resp_1"}),
        (
            {"model": "m", "instructions": "be kind", "tools": [{"type": "web_search"}], "input": [{"role": "user"}]},
            {
                "model": "m",
                "instructions": "be kind",
                "tools": [{"type": "web_search"}],
                "input": [TURN],
                "previous_response_id": "resp_1",
            },
        ),
    ],
    ids=["empty", "text", "thread", "conversation", "conversation object", "no conversation", "everything else stays"],
)
def test_the_next_turn_follows_on_the_response_that_was_seen(
    parameters: dict[str, Any], expected: dict[str, Any]
) -> None:
    before = dict(parameters)
    assert with_turn(parameters, REWORK) == expected
    assert parameters == before


@pytest.mark.parametrize("edited_text", ["Edited.", ""])
def test_the_next_turn_says_what_an_edit_made_of_the_answer(edited_text: str) -> None:
    [turn] = with_turn({"input": "x"}, REWORK, edited_text)["input"]
    assert turn["role"] == "user"
    assert turn["content"] == f"A reviewer changed your answer to this:\n\n{edited_text}\n\nChange it further: shorter"


@pytest.mark.parametrize(
    ("asked", "before"),
    [
        ("a question", [{"role": "user", "content": "a question"}]),
        ([{"role": "user", "content": "x"}], [{"role": "user", "content": "x"}]),
        (None, []),
    ],
)
def test_where_the_response_is_forgotten_the_turn_tells_all_that_came_before(asked: Any, before: list[Any]) -> None:
    alone = REWORK.model_copy(update={"is_standalone": True})
    following = with_turn({"model": "m", "input": asked}, alone, "an answer")
    assert following == {"model": "m", "input": [*before, {"role": "assistant", "content": "an answer"}, TURN]}


@pytest.mark.parametrize(
    ("changes", "needs"), [({}, False), ({"is_standalone": True}, True), ({"edited_digest": EDITED_DIGEST}, True)]
)
def test_a_turn_quotes_what_the_response_does_not_hold(changes: dict[str, Any], *, needs: bool) -> None:
    assert REWORK.model_copy(update=changes).needs_text == needs
