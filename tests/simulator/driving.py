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
    "mcp_approval",
    "tool_failed",
    "tool_failed tool=mcp",
    "clipped",
    "commentary",
    "stuck",
    "stale",
    "zombie",
    "vanishing",
    "lag after_create=0",
    "error on=cancel",
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


async def steer(http: httpx2.AsyncClient, **steering: Any) -> dict[str, Any]:
    answer = await http.put("/simulator/control", json=steering)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def ledger_of(http: httpx2.AsyncClient) -> dict[str, Any]:
    ledger: dict[str, Any] = (await http.get("/simulator/ledger")).json()
    return ledger


def job_body(job_id: str, scenario: str | None = None) -> dict[str, Any]:
    """Return a create of this job."""
    asked = {} if scenario is None else {"simulator": scenario}
    return create_body(metadata=asked | {"signoff_job_id": job_id})


def text_of(body: dict[str, Any]) -> str:
    text: str = body["output"][-1]["content"][0]["text"]
    return text
