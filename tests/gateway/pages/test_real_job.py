"""The pages on a real job: what the archive and Temporal hold is what a reviewer sees and decides on."""

from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from signoff.adapters.memory import InMemoryResponses, completed
from signoff.domain.status import JobStatus
from tests.gateway.pages.at_desk import an_office
from tests.world import a_world

SEARCH = {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "tides"}}


def searched(text: str) -> InMemoryResponses:
    done = completed(text)
    return InMemoryResponses(script=({"status": "in_progress"}, {**done, "output": [SEARCH, *done["output"]]}))


async def test_a_job_is_found_read_changed_and_approved_on_its_pages(
    real_env: WorkflowEnvironment, tmp_path: Path
) -> None:
    async with (
        a_world(real_env, provider=searched("The *tide* turns.")) as world,
        an_office(tmp_path, world.jobs) as office,
    ):
        job_id = await world.submit(job_id="brief-1", title="Tides", labels={"desk": "science"})
        await world.held(job_id)
        ana = await office.sign_in()
        page = await ana.open(f"/review/{job_id}")
        assert "<em>tide</em>" in (await ana.http.get(f"/review/{job_id}")).text
        assert "Web search search tides" in page.text

        answer = await ana.press(page, "approve_edited", text="The tide *turned*.", comment="tense")
        assert answer.status_code == 303, answer.text
        assert "Your edit and your approval of it count" in (await ana.open(answer.headers["location"])).text
        await world.until(job_id, lambda record: record.status is JobStatus.COMPLETED)
        done = await ana.open(f"/review/{job_id}")
        assert "completed" in done.text
        assert "1 line added, 1 removed" in done.text
        assert (await world.jobs.result(job_id)).text == "The tide *turned*."


async def test_the_list_finds_a_held_job_by_its_label_and_for_its_reviewer(
    real_env: WorkflowEnvironment, tmp_path: Path
) -> None:
    async with a_world(real_env) as world, an_office(tmp_path, world.jobs) as office:
        job_id = await world.submit(title="Tides", labels={"desk": "science"}, review={"reviewers": ["ana"]})
        await world.held(job_id)
        ana, ben = await office.sign_in(), await office.sign_in("ben")
        query = "/review?label=desk%3Dscience"
        page = await ana.open(query)
        for _ in range(100):  # Temporal's index takes a moment
            if "Tides" in page.text:
                break
            await real_env.sleep(0.05)
            page = await ana.open(query)
        assert "Tides" in page.text
        assert "Tides" not in (await ben.open(query)).text
        assert "Tides" not in (await ana.open("/review?label=desk%3Dsports")).text
