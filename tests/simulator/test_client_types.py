"""The OpenAI client knows every field that the simulator sends."""

from collections.abc import Iterator

import openai
import pytest
from pydantic import BaseModel

from tests.simulator.driving import ACCEPTED, SOURCES, Clock, create_body


def _unknown(value: object, path: str = "response") -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or {})
        for name in value.model_fields_set:
            yield from _unknown(getattr(value, name, None), f"{path}.{name}")
    elif isinstance(value, list):
        for position, part in enumerate(value):
            yield from _unknown(part, f"{path}[{position}]")


def _validate(value: BaseModel) -> None:
    """Check the types of a model, which the client builds without a look at them."""
    type(value).model_validate(value.model_dump(mode="json", exclude_unset=True))


@pytest.mark.parametrize("scenario", ACCEPTED)
async def test_no_field_is_unknown_and_no_value_has_the_wrong_type(
    client: openai.AsyncOpenAI, clock: Clock, scenario: str
) -> None:
    seen = [await client.responses.create(**create_body(scenario, include=[SOURCES]))]
    for seconds in (1, 10):
        clock.pass_seconds(seconds)
        seen.append(await client.responses.retrieve(seen[0].id))
    assert [list(_unknown(response)) for response in seen] == [[], [], []]
    for response in seen:
        _validate(response)


async def test_a_cancelled_response_has_no_unknown_field(client: openai.AsyncOpenAI) -> None:
    created = await client.responses.create(**create_body("stuck"))
    assert list(_unknown(await client.responses.cancel(created.id))) == []


def test_an_unknown_field_would_be_found() -> None:
    part = openai.types.responses.ResponseOutputText.construct(text="x", type="output_text", odd=1)
    assert list(_unknown([part])) == ["response[0].odd"]
