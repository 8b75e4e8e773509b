"""Heartbeats beside a call, and a delivery that a cancel does not tear."""

import asyncio
import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.testing import ActivityEnvironment

from activities import heartbeat
from activities.delivery import DeliveryActivities
from activities.heartbeat import beating
from activities.orders import DeliverOrder
from signoff.adapters.archive import open_archive
from signoff.adapters.release import ReleaseChannel
from signoff.domain import layout
from signoff.domain.deliverable import digest_of
from signoff.domain.delivery import Receipt, Release
from signoff.ports import Parcel


class Beats:
    """What the server would have been sent."""

    def __init__(self, *left_before: Any) -> None:
        self.env = ActivityEnvironment()
        self.env.info = dataclasses.replace(self.env.info, heartbeat_details=left_before)
        self.env.on_heartbeat = self._take
        self.seen: list[tuple[Any, ...]] = []
        self.has_two = asyncio.Event()

    def _take(self, *details: Any) -> None:
        self.seen.append(details)
        if len(self.seen) == 2:
            self.has_two.set()


@activity.defn
async def call_until(end: asyncio.Event) -> None:
    async with beating():
        await end.wait()


async def test_a_long_call_goes_on_telling_what_was_told_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "INTERVAL", timedelta(milliseconds=1))
    beats = Beats("two faults")
    async with asyncio.timeout(10):
        await beats.env.run(call_until, beats.has_two)
    assert beats.seen[:2] == [("two faults",), ("two faults",)]


async def test_a_short_call_sends_none() -> None:
    beats, over = Beats(), asyncio.Event()
    over.set()
    await beats.env.run(call_until, over)
    assert beats.seen == []


async def test_a_delivery_under_way_is_finished_though_the_job_is_cancelled() -> None:
    """Half a delivery is the one outcome that nobody could tell from none."""
    begun, may_end = asyncio.Event(), asyncio.Event()

    class Slow(ReleaseChannel):
        async def deliver(self, parcel: Parcel) -> Receipt:
            begun.set()
            await may_end.wait()
            return await super().deliver(parcel)

    archive, data = open_archive("memory:"), b"{}"
    await archive.put(layout.deliverable_path("a-job", digest_of(data)), data)
    order = DeliverOrder(job_id="a-job", digest=digest_of(data), approvers=("ana",), destination=Release())
    env = ActivityEnvironment()
    doing = asyncio.ensure_future(env.run(DeliveryActivities({"release": Slow()}, archive).deliver, order))
    await begun.wait()
    env.cancel()
    may_end.set()
    async with asyncio.timeout(10):
        assert (await doing).digest == digest_of(data)
