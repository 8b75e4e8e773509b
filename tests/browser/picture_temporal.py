"""Take the pictures of Temporal UI that the documentation shows: a job in each open status.

`python -m tests.browser.picture_temporal [FOLDER]` runs a stack, brings a job into each status, opens Temporal UI in
Chromium, and writes `temporal-STATUS.png`, into docs/images or the folder that it is given.
Look at them before they are committed.
"""

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

from playwright.async_api import Browser, Page, ViewportSize

from signoff.domain.decision import DecisionKind
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from tests.browser.articles import CABLES, HEAT
from tests.browser.people import GET_ONE, chromium, chromium_path
from tests.browser.picture import IMAGES, take
from tests.browser.stack import PagesWorld, pages_world

VIEW: Final = ViewportSize(width=1180, height=1160)
ABOVE_THE_STACK: Final = ViewportSize(width=1180, height=1005)


async def jobs_in_each_status(world: PagesWorld) -> Mapping[str, str]:
    """Bring a job into each open status, and one to a delivery that nobody takes."""
    queued = await world.submit(
        job_id="queued-job", title="Heat pumps in old houses", scenario="error status=503 times=9"
    )
    running = await world.says(
        CABLES, job_id="running-job", title="Who owns the sea cables", scenario="queued=0 running=600", wait="poll"
    )
    held = await world.ready(HEAT, job_id="held-job", title="Insulation, room by room", review={"window": "PT6H"})
    stopped = await world.submit(
        job_id="stopped-job",
        title="Harbour dues",
        requester="billing",
        scenario="error status=401 code=invalid_api_key times=9",
    )
    owed = {"channel": "http", "url": world.receiver.closed_url}
    unsent = await world.ready(CABLES, job_id="unsent-job", title="Cable repairs", delivery=owed)
    await world.decides("bo", unsent, DecisionKind.APPROVE)
    world.receiver.may_answer.clear()
    slow = {"channel": "http", "url": world.receiver.url}
    delivering = await world.ready(CABLES, job_id="delivering-job", title="Cables of the north", delivery=slow)
    await world.decides("bo", delivering, DecisionKind.APPROVE)
    return {
        "queued": queued,
        "running": running,
        "awaiting-review": held,
        "needs-attention": stopped,
        "delivery-stopped": unsent,
        "delivering": delivering,
    }


async def arrived(world: PagesWorld, jobs: Mapping[str, str]) -> None:
    """Wait until each job is in the status that its picture is of."""
    for name, job_id in jobs.items():
        is_stopped = name in {"needs-attention", "delivery-stopped"}
        status = JobStatus.NEEDS_ATTENTION if is_stopped else JobStatus(name.replace("-", "_"))
        await world.until(job_id, partial(_is_in, status))


def _is_in(status: JobStatus, seen: JobRecord) -> bool:
    return seen.status is status


async def show(browser: Browser, world: PagesWorld, job_id: str, tab: str) -> Page:
    """Open one tab of a job's page."""
    page = await browser.new_page(viewport=VIEW)
    run_id = (await world.stack.temporal.get_workflow_handle(job_id).describe()).run_id
    await page.goto(
        f"{world.plan.ui_url}/namespaces/default/workflows/{quote(job_id)}/{run_id}/{tab}", wait_until="commit"
    )
    await page.get_by_text("Back to Workflows").first.wait_for()
    await page.wait_for_timeout(2000)  # the pictures, not a test: the page draws what it was answered
    return page


async def main(folder: Path) -> None:
    """Take every picture."""
    with tempfile.TemporaryDirectory(prefix="signoff-picture-", ignore_cleanup_errors=True) as state:
        async with pages_world(Path(state)) as world, chromium() as browser:
            jobs = await jobs_in_each_status(world)
            await arrived(world, jobs)
            for name, job_id in jobs.items():
                page = await show(browser, world, job_id, "user-metadata")
                await take(page, folder / f"temporal-{name}.png")
            page = await show(browser, world, jobs["running"], "pending-activities")
            await page.set_viewport_size(ABOVE_THE_STACK)  # whose paths are those of this machine
            await take(page, folder / "temporal-look.png")
            world.receiver.may_answer.set()


if __name__ == "__main__":
    if chromium_path() is None:
        sys.exit(GET_ONE)
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    chosen.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(chosen))
