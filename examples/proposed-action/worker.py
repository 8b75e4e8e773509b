"""A worker of your own: it carries out a refund that a model proposed, once a person approved it.

Run it with `python examples/proposed-action/worker.py`; the README beside it says what to type around that.
"""

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from signoff.acting import ApprovedDeliverable, FailureClass, deliverable_of
from signoff.temporal import connect

TASK_QUEUE = "support-desk"


class Refund(BaseModel):
    """The one action that this worker knows. Its own limits hold, whatever was proposed and approved."""

    action: Literal["refund"]
    order: str = Field(pattern=r"^A-[0-9]{4}$")
    amount_cents: int = Field(gt=0, le=50_000)
    reason: str = Field(max_length=500)


class Refunds:
    """Refunds orders. A ledger in SQLite stands for the system that moves the money."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger

    @activity.defn(name="refund_order")
    async def refund_order(self, approved: ApprovedDeliverable) -> dict[str, str]:
        """Carry out what was approved, once, and name the refund: that becomes the receipt."""
        draft = await deliverable_of(approved)
        try:
            refund = Refund.model_validate_json(draft.text)
        except ValidationError as error:
            told = f"the approved text is no refund that this worker carries out: {error.error_count()} problems"
            raise ApplicationError(told, type=FailureClass.MALFORMED_INPUT) from None
        return {"reference": await asyncio.to_thread(self.book, approved.idempotency_key, refund)}

    def book(self, key: str, refund: Refund) -> str:
        """Book a refund under its key; a repeat books nothing, and gets the same answer.

        Key and effect are one transaction here. A payment provider would be sent the key as its own idempotency key.
        """
        with closing(sqlite3.connect(self._ledger)) as ledger, ledger:
            ledger.execute(
                "CREATE TABLE IF NOT EXISTS refunds (number INTEGER PRIMARY KEY, key TEXT UNIQUE, ordered, cents)"
            )
            ledger.execute(
                "INSERT INTO refunds (key, ordered, cents) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING",
                (key, refund.order, refund.amount_cents),
            )
            [number] = ledger.execute("SELECT number FROM refunds WHERE key = ?", (key,)).fetchone()
        return f"refund-{number}"


async def main() -> None:
    """Serve the task queue, until Ctrl-C."""
    client = await connect()  # as TEMPORAL_ADDRESS and Temporal's other variables and profiles say
    refunds = Refunds(Path(os.environ.get("LEDGER", "refunds.db")))
    await Worker(client, task_queue=TASK_QUEUE, activities=[refunds.refund_order]).run()


if __name__ == "__main__":
    asyncio.run(main())
