"""Keeping the evidence index of a response beside its body."""

import asyncio

from signoff.domain.evidence import EvidenceIndex, EvidenceRef, read_index
from signoff.domain.fitting import ref_of, render_index
from signoff.ports import Archive, RawResponse


async def keep_evidence(archive: Archive, raw: RawResponse, path: str) -> EvidenceRef:
    """Put the index of a response into the archive, and name it. A repeat writes the same bytes again.

    Raises:
        FaultError: The archive failed.
    """
    index, data = await asyncio.to_thread(_rendered, raw)
    await archive.put(path, data)
    return ref_of(index, data)


def _rendered(raw: RawResponse) -> tuple[EvidenceIndex, bytes]:
    index = read_index(raw.body)
    return index, render_index(index)
