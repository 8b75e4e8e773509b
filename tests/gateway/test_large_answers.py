"""A large result goes out as it lies in the archive, and reads as a small one does."""

import json

import pytest

from signoff.domain.deliverable import Citation, Deliverable
from signoff.gateway.large import large_deliverable

TRICKY = 'a "text" with ,"edited_by": in it, and 🌊 ' * 20_000


@pytest.mark.parametrize("edited_by", ["", "ana"])
async def test_it_has_the_fields_of_a_small_result(edited_by: str) -> None:
    cited = Citation(title=',"edited_by":', url="https://example.org", start=0, end=1)
    deliverable = Deliverable(job_id="job-1", attempt=1, text=TRICKY, citations=(cited,), edited_by=edited_by)
    answer = large_deliverable(deliverable.canonical())
    pieces = [piece async for piece in answer.body_iterator if isinstance(piece, bytes)]
    assert json.loads(b"".join(pieces)) == deliverable.model_dump(mode="json")
    assert answer.headers["content-length"] == str(sum(map(len, pieces)))
    assert max(map(len, pieces)) <= 262_144
