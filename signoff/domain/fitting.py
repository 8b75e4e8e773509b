"""Bringing an evidence index below its size, and giving it the form in which the archive keeps it."""

from typing import Final, NamedTuple

from pydantic import ValidationError

from signoff.domain.deliverable import digest_of
from signoff.domain.evidence import EvidenceIndex, EvidenceRef, read_index
from signoff.domain.integrity import UnsoundError, intact
from signoff.domain.longtext import parse_body
from signoff.domain.quotes import FoundCitation
from signoff.domain.record import JobRecord
from signoff.domain.steps import FoundSource, Step

INDEX_LIMIT_BYTES: Final = 256 * 1024
"""How large a kept index may be."""


class _Room(NamedTuple):
    """How many characters of a text and of a line, and how many sources, each step and citation may keep."""

    text: int
    line: int
    sources: int


_ROOMS: Final = (_Room(1_000, 300, 10), _Room(400, 200, 5), _Room(150, 100, 2), _Room(40, 40, 0))


def render_index(index: EvidenceIndex) -> bytes:
    """Render an index as the archive keeps it.

    One that is too large keeps shorter texts and fewer sources, all steps alike, and then fewer steps and citations.
    """
    data = _rendered(index)
    for room in _ROOMS:
        if len(data) <= INDEX_LIMIT_BYTES:
            return data
        index = _shortened(index, room)
        data = _rendered(index)
    while len(data) > INDEX_LIMIT_BYTES:
        index = _halved(index)
        data = _rendered(index)
    return data


def kept_index(data: bytes, digest: str, path: str) -> EvidenceIndex:
    """Read a kept index, which must have that digest.

    Raises:
        UnsoundError: It was torn or changed, or a newer version wrote it.
    """
    try:
        return EvidenceIndex.model_validate_json(intact(data, digest, path))
    except ValidationError:
        raise UnsoundError(f"{path} is whole, and not for this version to read: upgrade this process") from None


def index_of_body(data: bytes, path: str) -> EvidenceIndex:
    """Read the index out of the bytes of a response body.

    Raises:
        UnsoundError: They are no JSON object.
    """
    try:
        body = parse_body(data)
    except (ValueError, RecursionError):
        raise UnsoundError(f"{path} can't be read as JSON, so nothing is known of how it was made") from None
    if not isinstance(body, dict):
        raise UnsoundError(f"{path} is no JSON object, so nothing is known of how it was made")
    return read_index(body)


def evident_attempt(record: JobRecord) -> int:
    """Say which attempt the evidence is asked for where nobody names one: the one that is held, or the last one."""
    return record.deliverable.attempt if record.deliverable else len(record.attempts)


def ref_of(index: EvidenceIndex, data: bytes) -> EvidenceRef:
    """Name a rendered index, with counts of everything, also of what it does not list."""
    return EvidenceRef(
        digest=digest_of(data),
        steps=len(index.steps) + index.omitted,
        citations=len(index.citations) + index.citations_omitted,
        unknown_items=index.unknown_items,
    )


def _rendered(index: EvidenceIndex) -> bytes:
    return index.model_dump_json(exclude_defaults=True).encode()


def _shortened(index: EvidenceIndex, room: _Room) -> EvidenceIndex:
    return index.model_copy(
        update={
            "steps": tuple(_short_step(step, room) for step in index.steps),
            "citations": tuple(_short_citation(citation, room) for citation in index.citations),
        }
    )


def _short_step(step: Step, room: _Room) -> Step:
    limits = {"text": room.text, "output": room.text, "name": room.line, "error": room.line, "item": room.line}
    limits |= {"status": room.line, "item_id": room.line, "call_id": room.line}
    cut = _cut(step, limits)
    sources = tuple(_short_source(source, room) for source in step.sources[: room.sources])
    return step.model_copy(update={**cut, "sources": sources, "is_clipped": step.is_clipped or bool(cut)})


def _short_source(source: FoundSource, room: _Room) -> FoundSource:
    return source.model_copy(update=_cut(source, {"title": room.line, "url": room.text, "file_id": room.line}))


def _short_citation(citation: FoundCitation, room: _Room) -> FoundCitation:
    names = ("kind", "title", "file_id", "filename", "container_id", "quote", "other")
    cut = _cut(citation, {"url": room.text} | dict.fromkeys(names, room.line))
    return citation.model_copy(update={**cut, "is_clipped": citation.is_clipped or bool(cut)})


def _cut(value: Step | FoundSource | FoundCitation, limits: dict[str, int]) -> dict[str, str]:
    """Cut the texts that are too long, and give those alone."""
    return {name: getattr(value, name)[:limit] for name, limit in limits.items() if len(getattr(value, name)) > limit}


def _halved(index: EvidenceIndex) -> EvidenceIndex:
    steps, citations = len(index.steps) // 2, len(index.citations) // 2
    return index.model_copy(
        update={
            "steps": index.steps[:steps],
            "omitted": index.omitted + len(index.steps) - steps,
            "citations": index.citations[:citations],
            "citations_omitted": index.citations_omitted + len(index.citations) - citations,
        }
    )
