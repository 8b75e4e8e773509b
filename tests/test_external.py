"""Payloads outside of histories: kept with their job, once each, and given back as they were or not at all."""

import hashlib

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    StorageDriverActivityInfo,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
    StorageDriverWorkflowInfo,
)

from signoff.adapters.archive import open_archive
from signoff.codec import is_encrypted
from signoff.domain import names
from signoff.encryption import KeyRing, new_entry
from signoff.external import DRIVER, LIMIT_BYTES, THRESHOLD_BYTES, ArchiveDriver, PayloadError, external_storage
from signoff.temporal import data_converter
from tests.activities.desk import FlakyArchive

OF_A_JOB = StorageDriverStoreContext(StorageDriverWorkflowInfo(namespace="default", id="job-1", run_id="r"))
RETRIEVING = StorageDriverRetrieveContext()
PAYLOAD = Payload(metadata={"encoding": b"json/plain"}, data=b'"a question"')
DATA = PAYLOAD.SerializeToString(deterministic=True)
DIGEST = hashlib.sha256(DATA).hexdigest()
CLAIM = StorageDriverClaim({"job_id": "job-1", "sha256": DIGEST})
PATH = f"jobs/job-1/payloads/{DIGEST}"


async def test_a_payload_lies_with_its_job_and_is_given_back() -> None:
    archive = FlakyArchive()
    driver = ArchiveDriver(archive)
    assert await driver.store(OF_A_JOB, [PAYLOAD, PAYLOAD]) == [CLAIM, CLAIM]
    assert set(archive.written) == {PATH}
    assert await driver.retrieve(RETRIEVING, [CLAIM, CLAIM]) == [PAYLOAD, PAYLOAD]


@pytest.mark.parametrize(
    "target",
    [
        None,
        StorageDriverWorkflowInfo(namespace="default"),
        StorageDriverWorkflowInfo(namespace="default", id="../other"),
        StorageDriverActivityInfo(namespace="default", id="job-1"),
    ],
)
async def test_what_is_of_no_job_is_not_kept(
    target: StorageDriverWorkflowInfo | StorageDriverActivityInfo | None,
) -> None:
    with pytest.raises(PayloadError, match="only payloads of jobs"):
        await ArchiveDriver(FlakyArchive()).store(StorageDriverStoreContext(target), [PAYLOAD])


async def test_a_payload_over_the_limit_is_refused_before_it_is_kept() -> None:
    archive = FlakyArchive()
    with pytest.raises(PayloadError, match=f"at most {LIMIT_BYTES:,} are kept"):
        await ArchiveDriver(archive).store(OF_A_JOB, [Payload(data=bytes(LIMIT_BYTES))])
    assert archive.written == []


@pytest.mark.parametrize(
    ("held", "told"),
    [(None, "lacks jobs/job-1/payloads/.*; restore it from a copy"), (DATA + b"x", "was torn or changed; restore it")],
)
async def test_what_is_not_what_was_kept_is_not_given(held: bytes | None, told: str) -> None:
    archive = open_archive("memory:")
    if held is not None:
        await archive.put(PATH, held)
    with pytest.raises(PayloadError, match=told):
        await ArchiveDriver(archive).retrieve(RETRIEVING, [CLAIM])


@pytest.mark.parametrize(
    "claim",
    [{}, {"job_id": "../x", "sha256": DIGEST}, {"job_id": "job-1", "sha256": "../record.json"}, {"bucket": "b"}],
)
async def test_a_reference_of_another_program_reaches_nothing(claim: dict[str, str]) -> None:
    with pytest.raises(PayloadError, match="none of ours"):
        await ArchiveDriver(FlakyArchive(failures=9)).retrieve(RETRIEVING, [StorageDriverClaim(claim)])


async def test_an_archive_that_fails_is_named() -> None:
    with pytest.raises(PayloadError, match=r"does not take the payload .*: the archive is down"):
        await ArchiveDriver(FlakyArchive(failures=1)).store(OF_A_JOB, [PAYLOAD])
    with pytest.raises(PayloadError, match=r"does not give the payload .*: the archive is down"):
        await ArchiveDriver(FlakyArchive(failures=1)).retrieve(RETRIEVING, [CLAIM])


@pytest.mark.parametrize(("size", "is_kept"), [(THRESHOLD_BYTES - 500, False), (THRESHOLD_BYTES, True)])
async def test_only_what_is_over_the_threshold_leaves_the_history_and_it_is_encrypted(
    size: int, *, is_kept: bool
) -> None:
    archive = FlakyArchive()
    ring = KeyRing.parse([new_entry("key")])
    converter = data_converter(ring, external_storage(archive))._with_store_context(OF_A_JOB)  # as the SDK does
    [payload] = await converter.encode(["x" * size])
    assert await converter.decode([payload], [str]) == ["x" * size]
    assert bool(archive.written) is is_kept
    if is_kept:
        assert await converter.encode(["x" * size]) == [payload]  # as at each replay: no other object
        assert len(set(archive.written)) == 1
        kept = await archive.get(archive.written[0])
        assert is_encrypted(Payload.FromString(kept or b""))
        assert payload.ByteSize() < 1_000


def test_the_names_that_histories_hold_stay() -> None:
    assert DRIVER == "signoff-archive"
    assert PayloadError.__name__ == names.UNRETRIEVED
