"""What people write, what models answer and what secrets there are: where none of it may be found."""

import asyncio
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType

from signoff.domain import names
from signoff.domain.decision import Decision, DecisionKind
from signoff.domain.status import JobStatus
from signoff.encryption import new_entry
from signoff.tokens import Role
from starter.key_use import Histories, histories_of
from tests.e2e.sealed import Sealed, archive_files, logs_of, rows_of, sealed_stack

BOUND_SECONDS = 300
ENOUGH = 4
KEY = new_entry("first")
WRITTEN = {
    "title": "mark-of-the-title-8a1c",
    "instructions": "mark-of-the-instructions-77b0",
    "prompt": "mark-of-the-prompt-c3f9",
    "refused": "mark-of-what-the-provider-refused-b61e",
    "reason": "mark-of-the-reason-2c2c",
    "wish": "mark-of-the-wish-09de",
    "comment": "mark-of-the-comment-41aa",
    "edit": "mark-of-the-edited-text-f00d",
}


async def lived(sealed: Sealed) -> tuple[str, str]:
    """Take a job through failures, a repair, a rework, an approved edit and a delivery; give its id and its draft."""
    world = sealed.world
    request: dict[str, Any] = {
        "title": WRITTEN["title"],
        "response": {
            "model": "a-model",
            "input": WRITTEN["prompt"],
            "instructions": WRITTEN["instructions"],
            "metadata": {"simulator": WRITTEN["refused"]},
        },
        "delivery": {"channel": "http", "url": world.receiver.url},
    }
    submitted = await sealed.call("newsroom", "/v1/jobs", request, Role.REQUESTER)
    job_id = str(submitted.json()["job_id"])
    stopped = await world.until(job_id, lambda seen: seen.status is JobStatus.NEEDS_ATTENTION)
    assert WRITTEN["refused"] in stopped.reason, "a failure that quotes what was sent"
    scenario = {"metadata": {"simulator": "failed code=server_error times=1 queued=0 running=1"}}
    amended = {"response": scenario, "reason": WRITTEN["reason"]}
    await sealed.call("newsroom", f"/v1/jobs/{job_id}/amend", amended, Role.REQUESTER)
    first = await world.held(job_id)
    draft = (await sealed.call("ana", f"/v1/jobs/{job_id}/draft", None, Role.REVIEWER)).json()
    wish = {"kind": "request_changes", "digest": first.digest, "comment": WRITTEN["wish"]}
    await sealed.call("ana", f"/v1/jobs/{job_id}/decisions", wish, Role.REVIEWER)
    second = await world.until(
        job_id, lambda seen: seen.status is JobStatus.AWAITING_REVIEW and seen.digest not in (None, first.digest)
    )
    edit = {"kind": "approve_edited", "digest": second.digest, "comment": WRITTEN["comment"], "text": WRITTEN["edit"]}
    await sealed.call("ana", f"/v1/jobs/{job_id}/decisions", edit, Role.REVIEWER)
    record = await world.closed(job_id)
    assert record.status is JobStatus.COMPLETED
    assert len(record.attempts) == 4
    [[delivered]] = world.receiver.bodies.values()
    assert WRITTEN["edit"].encode() in delivered
    return job_id, a_part_of(str(draft))


def a_part_of(text: str) -> str:
    """Give the longest run of plain words in a draft, which no encoding writes otherwise."""
    runs = "".join(char if char.isascii() and (char.isalnum() or char == " ") else "\n" for char in text).split("\n")
    return max(runs, key=lambda run: run.count(" ")).strip()


async def history_of(sealed: Sealed, job_id: str) -> bytes:
    """Give everything that Temporal tells of a job: its history, its description, and its index."""
    client = sealed.world.stack.temporal
    handle = client.get_workflow_handle(job_id)
    events = [event.SerializeToString() async for event in handle.fetch_history_events()]
    described = (await handle.describe()).raw_description.SerializeToString()
    return b"\n".join([*events, described])


def found_in(place: bytes, marks: list[str]) -> list[str]:
    return [mark for mark in marks if mark.encode() in place]


def found_per_place(places: dict[str, bytes], marks: list[str]) -> dict[str, list[str]]:
    return {name: found for name, place in places.items() if (found := found_in(place, marks))}


async def test_with_keys_nothing_that_anybody_wrote_is_in_the_clear_anywhere(tmp_path: Path) -> None:
    async with asyncio.timeout(BOUND_SECONDS), sealed_stack(tmp_path, KEY) as sealed:
        job_id, draft = await lived(sealed)
        history = await history_of(sealed, job_id)
        histories = Histories()
        await histories_of(sealed.world.stack.temporal, histories)
        await a_worker_without_the_key_loses_nothing(sealed)
    marks = [*WRITTEN.values(), draft, *sealed.secrets, KEY.partition("=")[2]]
    places = {
        "history": history,
        "logs": logs_of(tmp_path),
        "archive": archive_files(tmp_path),
        "db": rows_of(tmp_path),
    }
    assert found_per_place(places, marks) == {}
    assert all(job_id.encode() in place for place in places.values() if place is not places["archive"])
    assert list(histories.uses) == ["first"]
    assert b"the key first, which SIGNOFF_ENCRYPTION_KEYS lacks (it has another)" in places["logs"]


async def a_worker_without_the_key_loses_nothing(sealed: Sealed) -> None:
    """Restart the worker with another key: jobs wait visibly, and go on once the right one is back."""
    world, temporal = sealed.world, sealed.world.stack.temporal
    old = await world.submit()
    held = await world.held(old)
    await world.kill_worker()
    right = dict(world.environ)
    world.environ["SIGNOFF_ENCRYPTION_KEYS"] = new_entry("another")
    await world.start_worker()
    new = await world.submit()
    decision = Decision(decision_id="late", kind=DecisionKind.APPROVE, digest=held.digest or "", reviewer="ana")
    await temporal.get_workflow_handle(old).signal(names.APPROVE, decision)
    for job_id in (old, new):
        assert await failures_of(sealed, job_id) <= {names.UNREADABLE}
    await world.kill_worker()
    world.environ = right
    await world.start_worker()
    assert (await world.closed(old)).status is JobStatus.COMPLETED
    await world.held(new)


async def failures_of(sealed: Sealed, job_id: str) -> set[str]:
    """Wait until the tasks of a job fail again and again, and give the types of what the history tells of that.

    Only the first failure of a row is an event, and none where a task was on its way to the worker that was killed.
    """
    handle = sealed.world.stack.temporal.get_workflow_handle(job_id)
    while (await handle.describe()).raw_description.pending_workflow_task.attempt < ENOUGH:  # noqa: ASYNC110  the server tells of no news here
        await asyncio.sleep(0.2)
    failed = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    return {
        event.workflow_task_failed_event_attributes.failure.application_failure_info.type
        async for event in handle.fetch_history_events()
        if event.event_type == failed
    }


async def test_without_keys_secrets_are_in_no_history_and_content_in_no_log(tmp_path: Path) -> None:
    async with asyncio.timeout(BOUND_SECONDS), sealed_stack(tmp_path, "") as sealed:
        job_id, draft = await lived(sealed)
        history = await history_of(sealed, job_id)
    written, logs = [*WRITTEN.values(), draft], logs_of(tmp_path)
    kept = {"history": history, "db": rows_of(tmp_path), "archive": archive_files(tmp_path)}
    assert found_per_place(kept, sealed.secrets) == {}
    assert found_in(logs, [*written, *sealed.secrets]) == []
    # The marks are found where nothing hides them, or the test before this one would show nothing.
    assert WRITTEN["prompt"] in found_in(kept["history"], written)
    assert WRITTEN["prompt"] in found_in(kept["db"], written)
    assert {WRITTEN["prompt"], WRITTEN["edit"], draft} <= set(found_in(kept["archive"], written))
