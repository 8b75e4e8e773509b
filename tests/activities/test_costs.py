"""What the activities reckon: of a response that ended, and of a stray, whose request is looked up."""

import json
from decimal import Decimal
from typing import Any

import pytest

from activities.orders import NamedOrder, ResponseOrder
from signoff.adapters.memory import InMemoryResponses, completed
from signoff.domain import layout
from signoff.domain.cost import Cost
from signoff.domain.deployment import DeploymentPolicy
from tests.activities.desk import OPENED, Desk, FlakyArchive

PRICES = {"currency": "USD", "models": {"a-model": {"input": 10, "output": 100}}}
POLICY = DeploymentPolicy.model_validate({"prices": PRICES})
USAGE = {"input_tokens": 1_000_000, "output_tokens": 0, "total_tokens": 1_000_000}
STRAY = NamedOrder(job_id="job-1", response_id="resp_1", attempt=1)
NOT_KNOWN = ("the completion window that was asked for is not known",)


async def a_desk(**parts: Any) -> Desk:
    desk = Desk(InMemoryResponses(script=[completed(usage=USAGE)]), policy=POLICY, **parts)
    await desk.provider.create({"model": "a-model"})
    return desk


async def stray_cost(desk: Desk) -> Cost | None:
    return (await desk.run(desk.strays.settle_stray, STRAY)).cost


@pytest.mark.parametrize(("window", "amount"), [("soonest", 10), ("2h", 7), ("8h", 6)])
async def test_an_end_is_reckoned_with_the_window_that_was_asked_for(window: str, amount: int) -> None:
    desk = await a_desk()
    order = ResponseOrder(job_id="job-1", attempt=1, response_id="resp_1", created_at=OPENED, completion_window=window)
    ended = await desk.run(desk.responses.cancel_response, order)
    assert ended.cost
    assert (ended.cost.amount, ended.cost.unpriced) == (Decimal(amount), ())


@pytest.mark.parametrize(
    ("asked", "amount"),
    [
        ({}, 10),
        ({"background_options": None}, 10),
        ({"background_options": {"completion_window": "soonest"}}, 10),
        ({"background_options": {"completion_window": "8h"}}, 6),
    ],
)
async def test_a_stray_is_reckoned_with_what_its_own_attempt_asked_for(asked: dict[str, Any], amount: int) -> None:
    desk = await a_desk()
    await desk.archive.put(layout.request_path("job-1", 1), json.dumps(asked).encode())
    cost = await stray_cost(desk)
    assert cost
    assert (cost.amount, cost.unpriced) == (Decimal(amount), ())


@pytest.mark.parametrize("data", [None, b"", b"[1]", b"{torn", b"\xff"])
async def test_a_stray_without_a_request_to_be_read_is_settled_all_the_same(data: bytes | None) -> None:
    desk = await a_desk()
    if data is not None:
        await desk.archive.put(layout.request_path("job-1", 1), data)
    cost = await stray_cost(desk)
    assert cost
    assert (cost.amount, cost.unpriced) == (Decimal(0), NOT_KNOWN)


async def test_an_archive_that_can_not_be_read_keeps_no_stray_running() -> None:
    desk = await a_desk(archive=Unreadable())
    cost = await stray_cost(desk)
    assert cost
    assert cost.unpriced == NOT_KNOWN


class Unreadable(FlakyArchive):
    """Takes writes, and answers no read."""

    async def get(self, path: str) -> bytes | None:
        self.failures = 1
        return await super().get(path)


async def test_without_a_table_no_stray_has_a_cost() -> None:
    desk = await a_desk()
    desk.policy = DeploymentPolicy()
    assert await stray_cost(desk) is None
