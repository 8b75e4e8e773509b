"""The tombstone of an erased job: what it lists, and what is left to do for a repeat."""

import pytest
from pydantic import ValidationError

from signoff.domain import erasure
from signoff.domain.erasure import (
    Copy,
    Erasure,
    Fate,
    RemovedObject,
    Tombstone,
    begun,
    read_tombstone,
    render_tombstone,
)
from signoff.domain.integrity import UnsoundError
from signoff.domain.removal import Kind
from signoff.domain.status import JobStatus
from tests.domain.making import AT, DIGEST, HOUR, OTHER_DIGEST, a_record, a_stray

PATH = "jobs/a-job/erased.json"


def asked(**changes: object) -> Erasure:
    return Erasure.model_validate({"job_id": "a-job", "by": "olga", "reason": "asked for", **changes})


def an_object(number: int, digest: str = DIGEST) -> RemovedObject:
    return RemovedObject(path=f"jobs/a-job/{number}", kind=Kind.OTHER, size_bytes=1, digest=digest)


def done(history: Fate, response: Fate) -> Tombstone:
    copies = {"history": Copy(of="history", fate=history), "responses": (Copy(of="resp_1", fate=response),)}
    return begun(asked(), None, AT).model_copy(update={**copies, "done_at": AT + HOUR})


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"reason": "x" * 1_001}, {"by": ""}, {"job_id": "../other"}])
def test_who_and_why_are_needed_and_bounded(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        asked(**wrong)


def test_a_tombstone_knows_the_digests_and_the_responses_of_the_record() -> None:
    record = a_record(JobStatus.COMPLETED).model_copy(update={"strays": (a_stray("resp_s"),)})
    tombstone = begun(asked(), record, AT)
    assert tombstone.request_digest == record.request_digest
    assert set(tombstone.digests) == {DIGEST, OTHER_DIGEST}
    assert [(copy.of, copy.fate) for copy in tombstone.responses] == [
        ("resp_1", Fate.PENDING),
        ("resp_s", Fate.PENDING),
    ]


def test_what_is_to_be_kept_is_settled_from_the_start() -> None:
    tombstone = begun(asked(keeps_history=True, keeps_upstream=True), a_record(JobStatus.COMPLETED), AT)
    assert {copy.fate for copy in tombstone.copies} == {Fate.KEPT}


R, K, X = Fate.REMOVED, Fate.KEPT, Fate.REFUSED


@pytest.mark.parametrize(
    ("history", "response", "keeps_history", "keeps_upstream", "is_served"),
    [
        (R, R, False, False, True),
        (R, R, True, True, True),
        (K, R, True, False, True),
        (K, R, False, False, False),  # now the history is to go as well
        (X, R, False, False, False),  # it could not be removed, and is tried again
        (X, R, True, False, True),
        (R, X, False, False, False),
        (R, K, False, True, True),
    ],
)
def test_a_repeat_does_what_is_left_and_nothing_else(
    history: Fate,
    response: Fate,
    keeps_history: bool,  # noqa: FBT001  columns of the table
    keeps_upstream: bool,  # noqa: FBT001  the same
    is_served: bool,  # noqa: FBT001  the same
) -> None:
    tombstone, again = done(history, response), asked(keeps_history=keeps_history, keeps_upstream=keeps_upstream)
    assert tombstone.serves(again) is is_served
    reopened = tombstone.reopened_for(again)
    assert (reopened == tombstone) is is_served
    assert (reopened.done_at is None) is not is_served
    assert reopened.erased == tombstone.erased


def test_one_that_is_under_way_serves_nobody() -> None:
    assert not begun(asked(), None, AT).serves(asked())


def test_an_object_that_was_listed_is_listed_once_and_another_one_in_its_place_too() -> None:
    tombstone = begun(asked(), None, AT).listing([an_object(1)]).listing([an_object(1), an_object(2)])
    assert [one.path for one in tombstone.objects] == ["jobs/a-job/1", "jobs/a-job/2"]
    assert len(tombstone.listing([an_object(1, OTHER_DIGEST)]).objects) == 3


def test_what_is_beyond_the_list_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "LISTED", 2)
    tombstone = begun(asked(), None, AT).listing(map(an_object, range(5)))
    assert (len(tombstone.objects), tombstone.objects_omitted, tombstone.count) == (2, 3, 5)


def test_a_tombstone_is_read_back_as_it_was_written() -> None:
    tombstone = begun(asked(), a_record(JobStatus.COMPLETED), AT).listing([an_object(1)])
    assert read_tombstone(render_tombstone(tombstone), PATH) == tombstone


@pytest.mark.parametrize("torn", [b"", b"{", b"[]", b'{"version": 1}', b"\xff", b"[" * 100_000])
def test_a_torn_tombstone_says_what_to_do(torn: bytes) -> None:
    with pytest.raises(UnsoundError, match="erase the job again"):
        read_tombstone(torn, PATH)
