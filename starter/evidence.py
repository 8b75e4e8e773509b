"""What stands behind a result, as lines: its steps, its citations, and what it used."""

from collections.abc import Iterator

from signoff.domain.deliverable import Deliverable
from signoff.domain.evidence import EvidenceIndex, TokenUsage
from signoff.domain.model import counted
from signoff.domain.quotes import FoundCitation
from signoff.domain.record import JobRecord
from signoff.domain.steps import Step
from signoff.domain.tally import Count
from starter.lines import fact, part
from starter.plain import duration, moment, one_line, visible

_LINES_SHOWN = 12


def index_lines(index: EvidenceIndex) -> Iterator[str]:
    """Show an index from top to bottom."""
    yield from _facts(index)
    yield from part("came back", map(_count_line, index.item_types))
    yield from part("parts of other kinds", map(_count_line, (one for one in index.part_types if not one.is_known)))
    yield from part("refusals", map(one_line, (*index.refusals, *_more(index.refusals_omitted))))
    yield from part("steps", (line for step in index.steps for line in _step_lines(step)))
    yield from _more(index.omitted)
    yield from part("citations", (line for one in index.citations for line in _citation_lines(one)))
    yield from _more(index.citations_omitted)


def behind_lines(record: JobRecord, draft: Deliverable) -> Iterator[str]:
    """Say in short what stands behind a draft, and where to see it."""
    ref = next((one.evidence for one in record.attempts if one.number == draft.attempt), None)
    if ref is None:
        return
    told = f"{counted(ref.steps, 'step')}, {counted(ref.citations, 'citation')}"
    unknown = f", {counted(ref.unknown_items, 'item')} of unknown type" if ref.unknown_items else ""
    seen = f"signoff evidence {record.job_id} --attempt {draft.attempt}"
    yield from part("how it was made", [f"{told}{unknown}; to see them, type {seen}"])


def _facts(index: EvidenceIndex) -> Iterator[str]:
    tier = f", service tier {index.service_tier}" if index.service_tier else ""
    yield (index.response_id and one_line(index.response_id)) or "a response without an id"
    yield fact("status", index.response_status + (f", {index.incomplete_reason}" if index.incomplete_reason else ""))
    yield fact("model", f"{index.model or 'not told'}{tier}")
    if index.created_at:
        yield fact("created", moment(index.created_at))
    if index.completed_at:
        took = f", after {duration(index.completed_at - index.created_at)}" if index.created_at else ""
        yield fact("completed", f"{moment(index.completed_at)}{took}")
    yield fact("tokens", _tokens(index.usage) if index.usage else "not told")
    if index.tool_usage:
        yield fact("tools used", ", ".join(f"{name} {count:,}" for name, count in index.tool_usage.items()))
    if error := index.error:
        yield fact("error", f"{error.code or error.type}: {error.message}")


def _tokens(usage: TokenUsage) -> str:
    """Name what was counted; what upstream did not say is left out."""
    named = {
        "in": usage.input_tokens,
        "of them cached": usage.cached_tokens,
        "out": usage.output_tokens,
        "of them reasoning": usage.reasoning_tokens,
        "in all": usage.total_tokens,
    }
    return ", ".join(f"{count:,} {name}" for name, count in named.items() if count is not None)


def _count_line(count: Count) -> str:
    return f"{count.count:>6,} {one_line(count.name)}{'' if count.is_known else ' (of unknown type)'}"


def _step_lines(step: Step) -> Iterator[str]:
    name = f" {one_line(step.name)}" if step.name else ""
    status = f" ({one_line(step.status)})" if step.status else ""
    yield f"{step.place + 1:>3} {one_line(step.item)}{name}{status}"
    if step.error:
        yield f"      failed: {one_line(step.error)}"
    yield from _block(step.text)
    if step.output:
        yield "      what came back:"
        yield from _block(step.output)
    if step.is_clipped:
        yield "      kept in part"
    for source in step.sources:
        yield f"      source: {' '.join(map(one_line, filter(None, (source.title, source.url, source.file_id))))}"
    if more := step.source_count - len(step.sources):
        yield f"      and {counted(more, 'more source')}"


def _block(text: str) -> Iterator[str]:
    """Mark each line, so that no text can pass for a line of ours; of a long one the first lines are shown."""
    lines = visible(text).split("\n") if text else []
    yield from (f"      | {line}" for line in lines[:_LINES_SHOWN])
    if len(lines) > _LINES_SHOWN:
        yield f"      and {counted(len(lines) - _LINES_SHOWN, 'more line')}; --json has them"


def _citation_lines(citation: FoundCitation) -> Iterator[str]:
    told = (citation.title, citation.url, citation.filename, citation.file_id, citation.container_id)
    where = "" if citation.is_in_answer else " (in a commentary)"
    yield f"{one_line(citation.kind)} {' '.join(map(one_line, filter(None, told)))}{where}"
    if citation.is_resolved:
        unit = "" if citation.unit in {None, "characters"} else f" (its places count {citation.unit})"
        yield f"      for: {one_line(citation.quote)}{unit}"
    else:
        yield f"      for no words of the text: it names {_places(citation)}"


def _places(citation: FoundCitation) -> str:
    if citation.start is not None or citation.end is not None:
        return f"the places {citation.start} to {citation.end}"
    return "no places" if citation.index is None else f"the index {citation.index}"


def _more(omitted: int) -> Iterator[str]:
    if omitted:
        yield f"  and {omitted:,} more, which the archived response body holds"
