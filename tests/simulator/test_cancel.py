"""A cancel ends what is open, does nothing twice, and is refused after the end."""

import openai
import pytest

from tests.simulator.driving import Clock


async def _created(client: openai.AsyncOpenAI, scenario: str) -> str:
    created = await client.responses.create(
        model="gpt-5.5", input="x", background=True, metadata={"simulator": scenario}
    )
    return created.id


@pytest.mark.parametrize("age", [0, 0.4, 0.5, 3.4])
async def test_an_open_response_is_cancelled_for_good(client: openai.AsyncOpenAI, clock: Clock, age: float) -> None:
    response_id = await _created(client, "completed queued=0.5 running=3")
    clock.pass_seconds(age)
    cancelled = await client.responses.cancel(response_id)
    clock.pass_seconds(3600)
    later = await client.responses.retrieve(response_id)
    assert (cancelled.status, later.status) == ("cancelled", "cancelled")
    assert (later.output, later.usage, later.completed_at) == ([], None, None)


async def test_a_second_cancel_answers_as_the_first(client: openai.AsyncOpenAI, clock: Clock) -> None:
    response_id = await _created(client, "stuck")
    first = await client.responses.cancel(response_id)
    clock.pass_seconds(5)
    assert await client.responses.cancel(response_id) == first


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        ("completed", "Cannot cancel a completed response."),
        ("failed", "Cannot cancel a failed response."),
        ("incomplete", "Cannot cancel a response in terminal state."),
    ],
)
async def test_a_cancel_after_the_end_is_refused_and_changes_nothing(
    client: openai.AsyncOpenAI, clock: Clock, scenario: str, message: str
) -> None:
    response_id = await _created(client, scenario)
    clock.pass_seconds(3.5)
    with pytest.raises(openai.BadRequestError) as refused:
        await client.responses.cancel(response_id)
    assert refused.value.body == {
        "message": message,
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    assert (await client.responses.retrieve(response_id)).status == scenario
