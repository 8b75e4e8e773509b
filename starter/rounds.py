"""The drafts of a job: which there were, what was said of each, and what changed between two."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from signoff.client import JobClient
from signoff.domain.decision import DecisionLine
from signoff.domain.deliverable import DeliverableRef
from signoff.domain.errors import BadRequestError
from signoff.domain.model import counted
from signoff.domain.record import JobRecord
from starter.advice import typed
from starter.lines import part
from starter.plain import moment, one_line
from starter.story import decision_line
from starter.texts import changed_lines


class Change(NamedTuple):
    """What changed between two drafts, which their digests name."""

    before: str
    after: str
    lines: list[str]

    def shown(self) -> Iterator[str]:
        """Show it. Each line is marked, so that no text can pass for a line of ours."""
        yield f"from {self.before}"
        yield f"to   {self.after}"
        yield from (f"  | {line}" for line in self.lines or ["the texts are the same"])


def drafts_of(record: JobRecord) -> tuple[DeliverableRef, ...]:
    """Give every draft that was held, edits among them, the first one first."""
    return record.drafts or ((record.deliverable,) if record.deliverable else ())


def said_of(record: JobRecord, digest: str) -> list[DecisionLine]:
    """Give everything that was said of a draft, refused decisions included."""
    return [line for review in record.reviews for line in review.lines if line.digest == digest]


def draft_list_lines(record: JobRecord) -> Iterator[str]:
    """Show every draft with what was said of it."""
    found = drafts_of(record)
    if not found:
        yield f"{record.job_id} has held no draft yet; it is {record.status}, {one_line(record.reason)}"
    for number, draft in enumerate(found, start=1):
        yield from _draft(record, number, draft)
    if len(found) > 1:
        yield from part("to compare, type", [typed("drafts", record.job_id, "--diff", "1", str(len(found)))])


def earlier_lines(record: JobRecord) -> Iterator[str]:
    """Show the drafts before what is held, with what was said of each."""
    numbered = list(enumerate(drafts_of(record), start=1))[:-1]
    yield from part("drafts before", (line for number, one in numbered for line in _draft(record, number, one)))


def draft_documents(record: JobRecord) -> list[dict[str, Any]]:
    """Give every draft as a JSON object."""
    return [
        {
            "number": number,
            **draft.model_dump(mode="json"),
            "decisions": [line.model_dump(mode="json") for line in said_of(record, draft.digest)],
        }
        for number, draft in enumerate(drafts_of(record), start=1)
    ]


async def compare(jobs: JobClient, job_id: str, names: tuple[str, str]) -> Change:
    """Compare two drafts.

    Raises:
        BadRequestError: One of the names means none of them.
    """
    record = await jobs.record(job_id)
    before, after = (_named(record, name) for name in names)
    texts = [(await jobs.deliverable(job_id, digest)).text for digest in (before, after)]
    return Change(before, after, changed_lines(texts[0], texts[1], (f"draft {names[0]}", f"draft {names[1]}")))


def _draft(record: JobRecord, number: int, draft: DeliverableRef) -> Iterator[str]:
    numbers = {one.digest: place for place, one in enumerate(drafts_of(record), start=1)}
    made = f"draft {numbers.get(draft.replaces, '?')} as {draft.author} edited it" if draft.author else ""
    words = [made or f"attempt {draft.attempt}"]
    words += [f"held at {moment(draft.held_at)}"] if draft.held_at else []
    words += [counted(len(draft.findings), "finding")] if draft.findings else []
    yield one_line(f"{number}  {draft.digest}  {', '.join(words)}")
    yield from (f"     {decision_line(line)}" for line in said_of(record, draft.digest))


def _named(record: JobRecord, name: str) -> str:
    found = drafts_of(record)
    if name.isdecimal() and 1 <= int(name) <= len(found):
        return found[int(name) - 1].digest
    hexadecimal = name.removeprefix("sha256:")
    alike = {one.digest for one in found if hexadecimal and one.digest.startswith(f"sha256:{hexadecimal}")}
    if len(alike) != 1:
        told = f"there are drafts 1 to {len(found)}" if found else f"{record.job_id} has held no draft yet"
        raise BadRequestError(f"--diff {name}: {told}; see them with: {typed('drafts', record.job_id)}")
    return alike.pop()
