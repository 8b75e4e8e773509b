"""What the archive keeps, held against its digests."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.deliverable import digest_of
from signoff.domain.integrity import UnsoundError, body_digest_of, intact, read_record, render_record
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from tests.domain.making import a_record

PATH = "jobs/a-job/record.json"
RECORD = a_record(JobStatus.RUNNING)
KEPT = render_record(RECORD)
UNCLAIMED = RECORD.model_dump_json(indent=2).encode()


def test_a_record_is_read_back_as_it_was_rendered() -> None:
    assert read_record(KEPT, PATH) == RECORD


def test_a_rendered_record_is_json_that_anybody_can_read_and_check() -> None:
    told = json.loads(KEPT)
    claimed = told.pop("integrity")
    assert JobRecord.model_validate(told) == RECORD
    assert claimed == digest_of(KEPT[: KEPT.index(b',\n  "integrity"')] + b"\n}")


def test_a_record_that_an_older_version_wrote_is_read_without_a_claim() -> None:
    assert read_record(UNCLAIMED, PATH) == RECORD


@given(cut=st.integers(0, len(KEPT) - 1))
def test_a_record_that_was_torn_anywhere_is_never_read(cut: int) -> None:
    with pytest.raises(UnsoundError, match="restore it from a copy"):
        read_record(KEPT[:cut], PATH)


@given(place=st.integers(0, len(KEPT) - 1), byte=st.integers(0, 255))
def test_a_record_of_which_one_byte_was_changed_is_never_read(place: int, byte: int) -> None:
    changed = KEPT[:place] + bytes([byte]) + KEPT[place + 1 :]
    if changed == KEPT:
        assert read_record(changed, PATH) == RECORD
        return
    with pytest.raises(UnsoundError, match="restore it from a copy"):
        read_record(changed, PATH)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        bytes(len(KEPT)),
        json.dumps(json.loads(KEPT)).encode(),
        KEPT + b"\n",
        UNCLAIMED[:-1],
        UNCLAIMED.replace(b"running", b"jogging"),
    ],
    ids=[
        "empty",
        "null",
        "list",
        "object",
        "no text",
        "deep",
        "zeros",
        "reformatted",
        "longer",
        "torn old",
        "edited old",
    ],
)
def test_what_is_no_record_any_more_is_refused_with_what_to_do(data: bytes) -> None:
    with pytest.raises(UnsoundError, match=f"{PATH} .*restore it from a copy"):
        read_record(data, PATH)


def test_a_changed_record_is_told_with_both_digests() -> None:
    changed = KEPT.replace(b"running", b"expired")
    with pytest.raises(UnsoundError) as raised:
        read_record(changed, PATH)
    assert digest_of(UNCLAIMED) in str(raised.value)
    assert digest_of(UNCLAIMED.replace(b"running", b"expired")) in str(raised.value)


def test_a_whole_record_of_a_newer_version_is_not_called_torn() -> None:
    newer = UNCLAIMED.replace(b'"version": 1', b'"version": 2')
    kept = newer[:-2] + f',\n  "integrity": "{digest_of(newer)}"\n}}'.encode()
    with pytest.raises(UnsoundError, match="is whole, and not for this version to read: upgrade"):
        read_record(kept, PATH)


def test_bytes_with_the_digest_that_was_kept_are_given_back() -> None:
    assert intact(b"{}", digest_of(b"{}"), PATH) == b"{}"


def test_bytes_without_a_digest_to_hold_them_against_are_given_back_without_a_claim() -> None:
    assert intact(b"{}", "", PATH) == b"{}"


@pytest.mark.parametrize("data", [b"", b"{", b"{} "])
def test_other_bytes_are_refused_with_both_digests(data: bytes) -> None:
    with pytest.raises(UnsoundError, match=f"{digest_of(data)} where {digest_of(b'{}')} was kept.*restore it"):
        intact(data, digest_of(b"{}"), PATH)


def test_an_attempt_that_the_record_does_not_have_has_no_digest_of_a_body() -> None:
    assert body_digest_of(RECORD, 99) == ""
