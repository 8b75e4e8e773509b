"""`python -m bench.chaos_plain_worker`: a background response as it is written without the product, and its worker."""

import asyncio
from datetime import timedelta
from typing import Final, NoReturn

from pydantic import BaseModel
from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    import httpx2
    from openai import AsyncOpenAI
    from temporalio.client import Client
    from temporalio.worker import Worker

    from bench.working import work_until_told

WORKFLOW: Final = "PlainJob"
TASK_QUEUE: Final = "bench-chaos-plain"
_LOOK_INTERVAL: Final = timedelta(seconds=2)
_OPEN: Final = frozenset({"queued", "in_progress"})
_HEARTBEAT_TIMEOUT: Final = timedelta(seconds=15)
"""As long as the product's, so that both notice a dead worker equally soon."""


class PlainOrder(BaseModel):
    """What a plain job is to do: a response, and where its text goes."""

    job_id: str
    scenario: str
    url: str


class PlainResult(BaseModel):
    """What it made."""

    job_id: str
    response_id: str
    text: str


class PlainDelivery(BaseModel):
    """What it sends where."""

    url: str
    result: PlainResult


@activity.defn(name="make_response")
async def make_response(order: PlainOrder) -> PlainResult:
    """Create a response with the client as it comes, and look at it every two seconds until it has ended."""
    async with AsyncOpenAI() as client:
        response = await client.responses.create(
            model="gpt-5.5",
            input="How do tides work?",
            background=True,
            store=True,
            metadata={"signoff_job_id": order.job_id, "simulator": order.scenario},
        )
        while response.status in _OPEN:
            activity.heartbeat()
            await asyncio.sleep(_LOOK_INTERVAL.total_seconds())
            response = await client.responses.retrieve(response.id)
    return PlainResult(job_id=order.job_id, response_id=response.id, text=response.output_text)


@activity.defn(name="send_result")
async def send_result(delivery: PlainDelivery) -> None:
    """POST the result."""
    async with httpx2.AsyncClient(trust_env=False) as http:
        (await http.post(delivery.url, json=delivery.result.model_dump())).raise_for_status()


@workflow.defn(name=WORKFLOW)
class PlainJob:
    """Two activities with the retries that Temporal has by default."""

    @workflow.run
    async def run(self, order: PlainOrder) -> PlainResult:
        """Make the response and send it."""
        result = await workflow.execute_activity(
            make_response,
            order,
            start_to_close_timeout=timedelta(minutes=10),
            heartbeat_timeout=_HEARTBEAT_TIMEOUT,
        )
        await workflow.execute_activity(
            send_result, PlainDelivery(url=order.url, result=result), start_to_close_timeout=timedelta(seconds=30)
        )
        return result


def _worker(client: Client) -> Worker:
    return Worker(client, task_queue=TASK_QUEUE, workflows=[PlainJob], activities=[make_response, send_result])


def main() -> NoReturn:
    """Run the worker as a process."""
    work_until_told(_worker)


if __name__ == "__main__":
    main()
