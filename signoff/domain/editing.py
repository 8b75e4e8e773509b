"""Changing a draft by hand: the new deliverable, with the citations that still fit."""

from collections.abc import Iterator

from signoff.domain.deliverable import Citation, Deliverable
from signoff.domain.errors import BadRequestError
from signoff.domain.parameters import INLINE_LIMIT_BYTES


def edited(draft: Deliverable, text: str, by: str) -> Deliverable:
    """Make the deliverable that a reviewer's text replaces a draft with.

    A citation whose passage is still there, word for word and in the same order, moves along with it; the others
    are about words that are gone, and are left out.

    Raises:
        BadRequestError: The text can't be delivered, or says nothing new.
    """
    if not text.strip():
        raise BadRequestError("text: it is empty; reject the result if nothing is to be delivered")
    if len(text.encode(errors="surrogatepass")) > INLINE_LIMIT_BYTES:
        raise BadRequestError(f"text: at most {INLINE_LIMIT_BYTES:,} bytes are taken")
    if text == draft.text:
        raise BadRequestError("text: nothing was changed; approve it as it is")
    kept = tuple(_moved(draft, text))
    after = draft.model_copy(update={"text": text, "citations": kept, "edited_by": by})
    try:
        after.canonical()
    except ValueError as error:
        raise BadRequestError(f"text: it can't be written as JSON: {error}") from None
    return after


def _moved(draft: Deliverable, text: str) -> Iterator[Citation]:
    found, start, length = 0, 0, 0
    for citation in sorted(draft.citations, key=lambda one: (one.start, one.end)):
        passage = draft.text[citation.start : citation.end]
        # Seen from the passage before, this one begins where it did or, past the other's end, anywhere.
        moved_to = text.find(passage, found + min(citation.start - start, length)) if passage else -1
        if moved_to >= 0:
            found, start, length = moved_to, citation.start, len(passage)
            yield citation.model_copy(update={"start": moved_to, "end": moved_to + length})
