"""What the tests share: the clock, a plain create, and a request for every scenario."""

from dataclasses import dataclass
from typing import Any, Final

import httpx2

KEY = {"authorization": "Bearer any"}
START = 1_785_585_600.25
SOURCES: Final = "web_search_call.action.sources"

# Every scenario that accepts the create, with each of the values that change its ending.
ACCEPTED = (
    "completed",
    "completed size=4000",
    "structured",
    "failed",
    "failed code=rate_limit_exceeded",
    "incomplete",
    "incomplete reason=content_filter",
    "refusal",
    "empty",
    "stuck",
)


@dataclass
class Clock:
    """Seconds since the epoch, moved by the test alone."""

    now: float = START

    def __call__(self) -> float:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += seconds


def create_body(scenario: str | None = None, **fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"model": "gpt-5.5", "input": "How do tides work?", "background": True}
    if scenario is not None:
        body["metadata"] = {"simulator": scenario}
    return body | fields


async def create(http: httpx2.AsyncClient, scenario: str | None = None, **fields: Any) -> dict[str, Any]:
    answer = await http.post("/v1/responses", json=create_body(scenario, **fields))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def finished(http: httpx2.AsyncClient, clock: Clock, scenario: str, **fields: Any) -> dict[str, Any]:
    """Create a response and return its body after all default latencies."""
    created = await create(http, scenario, **fields)
    clock.pass_seconds(10)
    body: dict[str, Any] = (await http.get(f"/v1/responses/{created['id']}")).json()
    return body


def text_of(body: dict[str, Any]) -> str:
    text: str = body["output"][-1]["content"][0]["text"]
    return text
