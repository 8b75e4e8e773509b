"""The evidence index: what stands behind a result, read once from the response body and small whatever its size.

It lists the steps of the work, the citations with the words that they stand for, refusals, usage and times. What is
beyond its bounds, and what is of unknown type, is counted; the body itself is kept beside it as it was received.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import AwareDatetime, Field

from signoff.domain.fields import Item, line, mapping, moment, number, numbers
from signoff.domain.model import Value
from signoff.domain.quotes import KNOWN_CITATIONS, FoundCitation, Spoken, note_type, notes_in, parts_of, read_citation
from signoff.domain.response import KNOWN_ITEMS, answer_messages
from signoff.domain.steps import NO_TYPE, Step, StepKind, read_step
from signoff.domain.tally import Count, tally

STEPS_KEPT: Final = 200
CITATIONS_KEPT: Final = 200
REFUSALS_KEPT: Final = 20
"""How many steps, citations and refusals of a response are listed; the others are counted."""

NO_ITEM: Final = "(no item)"
NO_PART: Final = "(no part)"
_KNOWN_PARTS: Final = frozenset({"output_text", "refusal"})


class TokenUsage(Value):
    """The tokens of a response. What upstream doesn't say is null; `other` names what else it counted."""

    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    total_tokens: int | None = None
    other: dict[str, int] = Field(default_factory=dict)


class ResponseFault(Value):
    """The error of a response that failed, in upstream's words."""

    type: str = ""
    code: str = ""
    message: str = ""
    param: str = ""


class EvidenceIndex(Value):
    """What stands behind the result of one attempt. Later versions gain fields only.

    `items` counts what stands in the output: the listed `steps`, the `omitted` ones beyond them, the messages that are
    the `answer`, and the `odd` ones that are no items at all. `item_types` counts the same by type.
    """

    version: int
    response_id: str = ""
    response_status: str = ""
    model: str = ""
    service_tier: str = ""
    created_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None
    incomplete_reason: str = ""
    error: ResponseFault | None = None
    usage: TokenUsage | None = None
    tool_usage: dict[str, int] = Field(default_factory=dict)
    items: int = 0
    item_types: tuple[Count, ...] = ()
    part_types: tuple[Count, ...] = ()
    citation_types: tuple[Count, ...] = ()
    answer: int = 0
    odd: int = 0
    steps: tuple[Step, ...] = ()
    omitted: int = 0
    citations: tuple[FoundCitation, ...] = ()
    citations_omitted: int = 0
    refusals: tuple[str, ...] = ()
    refusals_omitted: int = 0

    @property
    def searches(self) -> int:
        """How many of the listed steps searched the web or files."""
        return sum(1 for step in self.steps if step.kind in {StepKind.SEARCH, StepKind.FILES})

    @property
    def unknown_items(self) -> int:
        """How many items are of a type that this version doesn't know."""
        return sum(count.count for count in self.item_types if not count.is_known)

    @property
    def unresolved(self) -> int:
        """How many of the listed citations stand for no words of the text."""
        return sum(1 for citation in self.citations if not citation.is_resolved)


class EvidenceRef(Value):
    """Names an index in the archive, and says in short what is in it."""

    digest: str
    steps: int = 0
    citations: int = 0
    unknown_items: int = 0


def read_index(body: Mapping[str, Any]) -> EvidenceIndex:
    """Read the index out of a response body, whatever is in it. Never raises."""
    entries = _entries(body.get("output"))
    answers = {id(message) for message in answer_messages(body)}
    told = [(place, item) for place, item in enumerate(entries) if isinstance(item, Mapping)]
    shown = [(place, item) for place, item in told if not _is_answer(item, answers)]
    spoken = [part for place, item in told for part in _parts(item, place, answers)]
    notes = [(note, part) for part in spoken for note in notes_in(part)]
    refusals = [part.content for part in spoken if part.content.get("type") == "refusal"]
    return EvidenceIndex(
        version=1,
        **_facts(body),
        items=len(entries),
        item_types=tally(map(_item_type, entries), KNOWN_ITEMS),
        part_types=tally(_part_types(told), _KNOWN_PARTS),
        citation_types=tally((note_type(note) for note, _ in notes), KNOWN_CITATIONS),
        answer=len(told) - len(shown),
        odd=len(entries) - len(told),
        steps=tuple(read_step(item, place) for place, item in shown[:STEPS_KEPT]),
        omitted=max(len(shown) - STEPS_KEPT, 0),
        citations=tuple(read_citation(note, part) for note, part in notes[:CITATIONS_KEPT]),
        citations_omitted=max(len(notes) - CITATIONS_KEPT, 0),
        refusals=tuple(line(part.get("refusal")) or "(no reason given)" for part in refusals[:REFUSALS_KEPT]),
        refusals_omitted=max(len(refusals) - REFUSALS_KEPT, 0),
    )


def _facts(body: Item) -> dict[str, Any]:
    return {
        "response_id": line(body.get("id")),
        "response_status": line(body.get("status")),
        "model": line(body.get("model")),
        "service_tier": line(body.get("service_tier")),
        "created_at": moment(body.get("created_at")),
        "completed_at": moment(body.get("completed_at")),
        "incomplete_reason": line(mapping(body.get("incomplete_details")).get("reason")),
        "error": _fault(body.get("error")),
        "usage": _usage(body.get("usage")),
        "tool_usage": numbers(body.get("tool_usage")),
    }


def _fault(error: object) -> ResponseFault | None:
    if not error:
        return None
    told = mapping(error) or {"message": error}
    return ResponseFault(**{key: line(told.get(key)) for key in ResponseFault.model_fields})


_USAGE: Final = {
    "input_tokens": "input_tokens",
    "input_tokens_details.cached_tokens": "cached_tokens",
    "output_tokens": "output_tokens",
    "output_tokens_details.reasoning_tokens": "reasoning_tokens",
    "total_tokens": "total_tokens",
}


def _usage(value: object) -> TokenUsage | None:
    usage = mapping(value)
    if not usage:
        return None
    known = {name: number(_at(usage, way)) for way, name in _USAGE.items()}
    other = {way: count for way, count in numbers(usage).items() if way not in _USAGE}
    return TokenUsage(**known, other=other)


def _at(value: object, way: str) -> object:
    for key in way.split("."):
        value = mapping(value).get(key)
    return value


def _entries(output: object) -> list[Any]:
    """Give what stands in the output; where that is no list, it counts as one thing that is no item."""
    if isinstance(output, list):
        return output
    return [] if output is None else [None]


def _is_answer(item: Item, answers: set[int]) -> bool:
    return id(item) in answers and item.get("phase") != "commentary"


def _item_type(item: object) -> str:
    return (line(item.get("type")) or NO_TYPE) if isinstance(item, Mapping) else NO_ITEM


def _parts(item: Item, place: int, answers: set[int]) -> Iterator[Spoken]:
    if item.get("type") == "message":
        yield from parts_of(item, place, is_in_answer=id(item) in answers)


def _part_types(told: list[tuple[int, Item]]) -> Iterator[str]:
    for _, item in told:
        if item.get("type") == "message" and (content := item.get("content")) is not None:
            for part in content if isinstance(content, list) else [content]:
                yield (line(part.get("type")) or NO_TYPE) if isinstance(part, Mapping) else NO_PART
