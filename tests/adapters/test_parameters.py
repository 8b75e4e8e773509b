"""The check of create parameters: it takes what OpenAI takes, and explains what is wrong with the rest."""

import json
from typing import Any, get_type_hints

import pytest
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming

from signoff.adapters.parameters import problems_in
from signoff.domain.errors import FaultError
from tests.adapters.parameter_tables import MISPLACED, PROMPT, REFUSED, VALID
from tests.adapters.provider import provider_at
from tests.adapters.wire import answering, serving


def parameters(**more: Any) -> dict[str, Any]:
    return {"model": "gpt-5.5", "input": PROMPT, **more}


@pytest.mark.parametrize("more", VALID.values(), ids=VALID)
def test_valid_parameters_are_taken(more: dict[str, Any]) -> None:
    assert problems_in(parameters(**more)) == []


@pytest.mark.parametrize(("more", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_told_with_its_place_and_the_nearest_name(more: dict[str, Any], told: str) -> None:
    problems = problems_in(parameters(**more))
    assert any(problem.startswith(told) for problem in problems), problems


@pytest.mark.parametrize("more", [one for one, _ in REFUSED.values()] + list(MISPLACED), ids=str)
def test_no_problem_repeats_the_content(more: dict[str, Any]) -> None:
    problems = problems_in(parameters(**more))
    assert problems
    assert not any(PROMPT in problem for problem in problems)


@pytest.mark.parametrize(
    "more",
    [
        {"x" * 100_000: 1},
        {"metadata": {"x" * 100_000: 1}},
        {"tools": [{"type": "x" * 100_000}]},
        {"include": ["x" * 100_000] * 100},
        {f"unknown_{number}": 1 for number in range(1_000)},
    ],
    ids=["a key", "a nested key", "a type", "a long list", "many keys"],
)
def test_what_is_told_is_bounded(more: dict[str, Any]) -> None:
    problems = problems_in(parameters(**more))
    assert 1 <= len(problems) <= 10
    assert max(len(problem.encode()) for problem in problems) <= 500


def test_a_long_name_leaves_room_for_the_rule() -> None:
    (problem,) = problems_in(parameters(metadata={"x" * 100_000: 1}))
    assert problem.startswith("response.metadata.xxx")
    assert problem.endswith("…: must be a valid string")


def test_several_problems_are_told_at_once() -> None:
    assert len(problems_in(parameters(temprature=1, tools=[{"type": "web_serch"}], include=["x"]))) == 3


def test_a_model_or_a_stored_prompt_must_be_named() -> None:
    assert problems_in({"input": PROMPT}) == ["response.model: is missing; name the model, or a stored prompt"]
    assert problems_in({"prompt": {"id": "pmpt_1"}}) == []


async def test_a_refusal_names_every_problem_and_costs_no_request() -> None:
    async with serving(answering(500)) as wire, provider_at(wire.url) as provider:
        with pytest.raises(FaultError, match=r"response\.temprature.*; response\.zzz") as raised:
            provider.check(parameters(temprature=1, zzz=1))
        assert raised.value.seen.http_status == 400
        assert wire.connections == 0


async def test_whatever_the_check_takes_is_sent_to_openai_unchanged() -> None:
    wanted = [parameters(**more) for more in VALID.values()]
    async with (
        serving(answering(200, b'{"id": "resp_1", "status": "queued"}')) as wire,
        provider_at(wire.url) as provider,
    ):
        for one in wanted:
            provider.check(one)
            await provider.create(one)
    assert [json.loads(request.body) for request in wire.requests] == wanted


async def test_every_parameter_that_the_check_knows_is_one_of_the_client() -> None:
    """The typed parameters and the method are generated apart; a name that only one has would be a bug at run time."""
    known = dict.fromkeys(get_type_hints(ResponseCreateParamsNonStreaming))
    async with serving(answering(200, b'{"id": "resp_1"}')) as wire, provider_at(wire.url) as provider:
        await provider.create(known)
    assert json.loads(wire.requests[0].body).keys() == known.keys()
