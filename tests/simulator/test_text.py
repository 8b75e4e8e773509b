"""The answer's text: neutral, the same each time, with citations that point into it."""

import json

import httpx2
import pytest

from signoff.simulator.brief import MAX_TEXT_BYTES
from tests.simulator.driving import Clock, finished, text_of

QUESTIONS = [
    "How do tides work?",
    "Wie? 🌊🌊 Ebbe und Flut",
    "line one\nline two",
    "[Overview of the subject](https://example.org/overview) is quoted",
    "x" * 5000,
    "",
]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("scenario", ["completed", "completed size=3000"])
async def test_citations_match_the_text(http: httpx2.AsyncClient, clock: Clock, scenario: str, question: str) -> None:
    body = await finished(http, clock, scenario, input=question)
    text, notes = text_of(body), body["output"][-1]["content"][0]["annotations"]
    cited = [text[note["start_index"] : note["end_index"]] for note in notes]
    assert cited == [f"[{note['title']}]({note['url']})" for note in notes]
    assert len({note["url"] for note in notes}) == 3
    assert text.index("## Findings") < notes[0]["start_index"]


@pytest.mark.parametrize(
    "given",
    [
        "What is new?",
        [{"role": "user", "content": "What is new?"}],
        [{"role": "user", "content": [{"type": "input_text", "text": "What is new?"}]}],
        [{"role": "user", "content": "What was?"}, {"role": "user", "content": "What is new?"}],
    ],
)
async def test_the_subject_is_the_last_question(http: httpx2.AsyncClient, clock: Clock, given: object) -> None:
    assert "**Subject:** What is new?\n" in text_of(await finished(http, clock, "completed", input=given))


async def test_the_subject_is_the_first_200_characters(http: httpx2.AsyncClient, clock: Clock) -> None:
    text = text_of(await finished(http, clock, "completed", input="a" * 200 + "b"))
    assert f"**Subject:** {'a' * 200}\n" in text


async def test_the_same_request_gets_the_same_answer(http: httpx2.AsyncClient, clock: Clock) -> None:
    first, second = [await finished(http, clock, "completed") for _ in range(2)]
    assert text_of(first) == text_of(second)
    assert first["usage"] == second["usage"]
    assert first["id"] != second["id"]


@pytest.mark.parametrize(("asked", "got"), [(0, None), (3000, 3000), (MAX_TEXT_BYTES, MAX_TEXT_BYTES)])
async def test_a_text_has_the_asked_size(http: httpx2.AsyncClient, clock: Clock, asked: int, got: int | None) -> None:
    natural = len(text_of(await finished(http, clock, "completed", input="é")).encode())
    body = await finished(http, clock, f"completed size={asked}", input="é")
    assert len(text_of(body).encode()) == (got or natural)


async def test_structured_text_is_json_without_being_asked(http: httpx2.AsyncClient, clock: Clock) -> None:
    assert json.loads(text_of(await finished(http, clock, "structured")))["subject"] == "How do tides work?"
