"""Take the pictures of the review pages that the documentation shows.

`python -m tests.browser.picture [FOLDER]` runs a stack with a few jobs in every state, opens its pages in Chromium, and
writes `review-inbox.png`, `review-job.png`, `review-phone.png` and `review-dark.png`, each below 300 kB, into
docs/images or the folder that it is given. It takes about half a minute. Look at them before they are committed.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page

from signoff.domain.arrangement import Arrangement, ArrangementKind
from signoff.domain.decision import DecisionKind
from signoff.domain.status import JobStatus
from tests.browser.articles import BRIEF, BRIEF_AGAIN, CABLES, HARBOUR, HEAT, LETTER
from tests.browser.people import GET_ONE, People, chromium, chromium_path
from tests.browser.stack import PagesWorld, pages_world

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
LIMIT_BYTES: Final = 300_000
WIDE: Final = {"width": 1280, "height": 860}
NARROW: Final = {"width": 390, "height": 844}
FAILING: Final = "queued=0 running=1.5 search=failed"


async def lively(world: PagesWorld) -> str:
    """Fill the list with jobs, and give the one that has most to show."""
    brief = await _reworked(world)
    others = [
        world.ready(
            HEAT,
            job_id="heat-pumps",
            title="Heat pumps in old houses",
            labels={"desk": "science"},
            review={"window": "PT5H40M"},
        ),
        world.ready(
            CABLES,
            job_id="sea-cables",
            title="Who owns the sea cables",
            labels={"desk": "politics"},
            review={"window": "P2DT3H"},
        ),
        world.ready(
            HARBOUR, job_id="dues-2026-q2", title="Harbour dues, second quarter", requester="billing", scenario=FAILING
        ),
        world.ready(
            LETTER, job_id="letter-0311", title="Answer to the regulator", requester="legal", review={"approvals": 2}
        ),
        world.ready(
            CABLES,
            job_id="cable-repairs",
            title="Cable repairs, a timeline",
            labels={"desk": "politics"},
            scenario=FAILING,
        ),
    ]
    held = await asyncio.gather(*others)
    claim = Arrangement(arrangement_id="claim-1", kind=ArrangementKind.CLAIM, by="bo")
    await world.jobs.arrange(held[1], claim)
    done = await world.ready(HEAT, title="Heat pumps, the short version")
    await world.decides("bo", done, DecisionKind.APPROVE)
    await world.says(HEAT, title="Insulation, room by room", scenario="queued=0 running=600")
    await world.listed(brief, *held)
    return brief


async def _reworked(world: PagesWorld) -> str:
    job_id = await world.ready(
        BRIEF,
        BRIEF_AGAIN,
        job_id="brief-tidal-power",
        title="What tidal power can do by 2035",
        labels={"desk": "science", "format": "brief"},
        scenario=FAILING,
        review={"window": "PT3H20M", "checks": [{"kind": "min_citations", "at_least": 4}]},
        question="What can tidal power contribute by 2035?",
    )
    await world.decides(
        "bo", job_id, DecisionKind.REQUEST_CHANGES, "Give the ranges with their sources, and the costs."
    )
    await world.until(job_id, lambda seen: seen.drafts == 2 and seen.status is JobStatus.AWAITING_REVIEW)
    return job_id


async def take(page: Page, path: Path) -> None:
    """Take a picture of what is seen without scrolling."""
    await page.screenshot(path=path, animations="disabled", scale="css")
    size = path.stat().st_size  # noqa: ASYNC240  nobody waits for this program
    sys.stdout.write(f"{path} {size:,} bytes\n")
    if size > LIMIT_BYTES:
        sys.exit(f"{path} has more than {LIMIT_BYTES:,} bytes")


async def main(folder: Path) -> None:
    """Take every picture."""
    with tempfile.TemporaryDirectory(prefix="signoff-picture-", ignore_cleanup_errors=True) as state:
        async with pages_world(Path(state)) as world, chromium() as browser:
            people = People(browser, world.url, world.secrets, {})
            job_id = await lively(world)

            async def page(path: str, **looks: Any) -> Page:
                return await people.at("ana", path, viewport=WIDE, **looks)

            await take(await page("/review"), folder / "review-inbox.png")
            await take(await page(f"/review/{job_id}"), folder / "review-job.png")
            await take(
                await page(f"/review/{job_id}#decide", color_scheme="dark", reduced_motion="reduce"),
                folder / "review-dark.png",
            )
            phone = await people.at("ana", f"/review/{job_id}", viewport=NARROW)
            await take(phone, folder / "review-phone.png")
            await people.leave()


if __name__ == "__main__":
    if chromium_path() is None:
        sys.exit(GET_ONE)
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    chosen.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(chosen))
