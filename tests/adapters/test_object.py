"""Delivery into object storage, at allowed places only."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from signoff.adapters.object import ObjectChannel
from signoff.domain.classifier import classify
from signoff.domain.deliverable import digest_of
from signoff.domain.delivery import DeliverySpec, Object, Release
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from signoff.ports import Parcel
from tests.contract.buckets import NOWHERE, a_bucket, answering_always, name_endpoint, serving_buckets

DATA = b"{}"


def parcel(destination: DeliverySpec) -> Parcel:
    return Parcel(job_id="job-1", digest=digest_of(DATA), data=DATA, destination=destination)


@pytest.mark.parametrize(
    ("place", "url"),
    [
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket/", "s3://bucket/a/b"),
        ("s3://bucket/a", "s3://bucket/a/b"),
        ("file:/srv/results", "file:///srv/results/today"),
        ("file:///srv/results", "file:/srv/results"),
    ],
)
def test_an_allowed_place_covers_what_lies_below_it(place: str, url: str) -> None:
    ObjectChannel(["gs://other", place]).check(Object(url=url))


@pytest.mark.parametrize(
    ("places", "url"),
    [
        ([], "s3://bucket/a"),
        (["s3://bucket/a"], "s3://bucket/ab"),
        (["s3://bucket/a"], "s3://bucket"),
        (["s3://bucket/a"], "s3://bucket2/a"),
        (["s3://bucket"], "gs://bucket"),
        (["file:/srv/results"], "file:/srv/resultsx"),
    ],
)
def test_a_place_that_is_not_allowed_is_refused(places: list[str], url: str) -> None:
    with pytest.raises(FaultError, match="SIGNOFF_DELIVERY_STORES") as raised:
        ObjectChannel(places).check(Object(url=url))
    assert classify(raised.value.seen) is FailureClass.CONFIGURATION


@pytest.mark.parametrize(
    "url",
    [
        *("", "s3://", "file:relative", "http://host/a", "memory:", "s3://bucket/../a", "s3://bucket/a/.."),
        *("file:/srv/./a", "file:/srv/../etc", "s3://key:secret@bucket/a", "s3://bucket/a?x=1", "s3://bucket//a"),
    ],
)
def test_a_url_that_leads_aside_is_no_destination(url: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(DeliverySpec).validate_python({"channel": "object", "url": url})


async def test_a_bucket_that_is_not_there_is_for_an_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_buckets() as endpoint:
        name_endpoint(monkeypatch, endpoint)
        a_bucket(endpoint)
        with pytest.raises(FaultError, match="no such bucket; create it, or deliver elsewhere") as raised:
            await ObjectChannel(["s3://missing"]).deliver(parcel(Object(url="s3://missing/a")))
    assert (raised.value.seen.stage, classify(raised.value.seen)) == (Stage.DELIVER, FailureClass.CONFIGURATION)


async def test_denied_access_is_for_an_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering_always(403) as endpoint:
        name_endpoint(monkeypatch, endpoint)
        with pytest.raises(FaultError, match=r"^s3://bucket/a failed at") as raised:
            await ObjectChannel(["s3://bucket"]).deliver(parcel(Object(url="s3://bucket/a")))
    assert classify(raised.value.seen) is FailureClass.CONFIGURATION


async def test_a_folder_that_cannot_be_made_is_for_an_operator(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    url = f"file:{tmp_path}/taken/today"
    with pytest.raises(FaultError) as raised:
        await ObjectChannel([f"file:{tmp_path}"]).deliver(parcel(Object(url=url)))
    assert classify(raised.value.seen) is FailureClass.CONFIGURATION


async def test_a_store_that_does_not_answer_leaves_the_outcome_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is repeated then, which does no harm: the name is the same."""
    monkeypatch.setattr("signoff.adapters.stores.RETRIES", {"max_retries": 0})
    name_endpoint(monkeypatch, NOWHERE)
    with pytest.raises(FaultError) as raised:
        await ObjectChannel(["s3://bucket"]).deliver(parcel(Object(url="s3://bucket/a")))
    assert classify(raised.value.seen) is FailureClass.OUTCOME_UNKNOWN


async def test_a_parcel_for_another_channel_is_a_bug() -> None:
    with pytest.raises(TypeError, match="can't deliver to release"):
        await ObjectChannel([]).deliver(parcel(Release()))
