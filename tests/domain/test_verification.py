"""Whether a record agrees with itself, and what is kept with the record: one table per promise."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from signoff.domain.decision import DecisionKind
from signoff.domain.deliverable import digest_of
from signoff.domain.holdings import Holding, Part, holdings, is_plain_path
from signoff.domain.integrity import render_record
from signoff.domain.manifest import FileEntry, Manifest, Versions
from signoff.domain.record import JobRecord
from signoff.domain.repair import RepairLine
from signoff.domain.status import JobStatus
from signoff.domain.verification import (
    Check,
    Found,
    State,
    is_sound,
    of_files,
    of_holding,
    of_kept_record,
    of_record,
    of_request,
)
from tests.domain.handing_over import PLACES, all_arrived, elsewhere, stuck
from tests.domain.making import HOUR, a_receipt
from tests.starter.fake import FakeJobs

OTHER = f"sha256:{'0' * 64}"
AT = datetime(2026, 5, 1, tzinfo=UTC)
Change = Callable[[JobRecord], JobRecord]


def completed() -> JobRecord:
    jobs = FakeJobs()
    jobs.add_completed("brief-1")
    return jobs.records["brief-1"]


def changed(record: JobRecord, **fields: Any) -> JobRecord:
    return record.model_copy(update=fields)


def with_review(record: JobRecord, **fields: Any) -> JobRecord:
    return changed(record, review=record.opened_review.model_copy(update=fields))


def with_policy(record: JobRecord, **fields: Any) -> JobRecord:
    return with_review(record, policy=record.opened_review.policy.model_copy(update=fields))


def with_line(record: JobRecord, **fields: Any) -> JobRecord:
    [line] = record.opened_review.lines
    return with_review(record, lines=(line.model_copy(update=fields),))


def with_attempt(record: JobRecord, digest: str, *, amended: bool = False) -> JobRecord:
    [attempt] = record.attempts
    line = RepairLine(repair_id="r", kind="amend", by="ops", at=AT, attempt=0, is_accepted=True)
    attempts = (attempt.model_copy(update={"request_digest": digest}),)
    return changed(record, attempts=attempts, repairs=(line,) if amended else ())


def differing(record: JobRecord) -> list[str]:
    return [check.what for check in of_record(record) if check.state is State.DIFFERS]


def test_a_delivered_job_agrees_with_itself() -> None:
    checks = list(of_record(completed()))
    assert {check.state for check in checks} == {State.OK}
    assert [check.what for check in checks] == ["decision d", "approvals", "receipt"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(lambda one: changed(one, receipt=one.receipt.model_copy(update={"digest": OTHER})), "receipt"),
        pytest.param(lambda one: changed(one, receipt=None), "receipt"),
        pytest.param(lambda one: with_policy(one, approvals=2), "approvals"),
        pytest.param(lambda one: with_review(one, lines=()), "approvals"),
        pytest.param(lambda one: changed(one, review=None), "approvals"),
        pytest.param(lambda one: with_line(one, is_accepted=False), "approvals"),
        pytest.param(lambda one: with_line(one, kind=DecisionKind.REJECT), "approvals"),
        pytest.param(lambda one: with_line(one, digest=OTHER), "decision d"),
        pytest.param(lambda one: with_line(one, edited_digest=OTHER), "decision d"),
        pytest.param(lambda one: with_line(one, reviewer="ANN"), "approvals"),
        pytest.param(lambda one: with_review(one, digest=OTHER), "approvals"),
        pytest.param(lambda one: with_attempt(one, OTHER), "attempt 1"),
    ],
)
def test_a_record_that_contradicts_itself_is_told_where(change: Change, told: str) -> None:
    assert told in differing(change(completed()))


@pytest.mark.parametrize(
    "change",
    [
        lambda one: with_attempt(one, OTHER, amended=True),
        lambda one: with_attempt(one, one.request_digest),
        lambda one: with_policy(with_line(one, reviewer="ann"), allow_self_approval=True),
        # From before drafts were listed.
        lambda one: changed(one, drafts=()),
        # Whoever was refused may have named anything.
        lambda one: with_review(
            one,
            lines=(
                *one.opened_review.lines,
                one.opened_review.lines[0].model_copy(update={"is_accepted": False, "digest": OTHER}),
            ),
        ),
        lambda one: changed(one, status=JobStatus.EXPIRED, receipt=None, deliveries=(), review=None),
    ],
    ids=["amended", "as submitted", "self-approval allowed", "no list of drafts", "refused", "never delivered"],
)
def test_what_is_as_it_may_be_does_not_differ(change: Change) -> None:
    assert differing(change(completed())) == []


def with_delivery(record: JobRecord, place: int, **fields: Any) -> JobRecord:
    lines = list(record.deliveries)
    lines[place] = lines[place].model_copy(update=fields)
    return changed(record, deliveries=tuple(lines))


def with_receipt(record: JobRecord, place: int, **fields: Any) -> JobRecord:
    receipt = record.deliveries[place].receipt
    assert receipt
    return with_delivery(record, place, receipt=receipt.model_copy(update=fields))


@pytest.mark.parametrize(
    ("record", "told"),
    [
        pytest.param(stuck(), ["approvals", "receipt 1", "receipt 3", "destinations"], id="one stopped"),
        pytest.param(elsewhere(), ["approvals", "receipt 1", "receipt 3", "destinations"], id="one is asked about"),
        pytest.param(
            all_arrived(),
            ["approvals", "approvals of redirect 1", "receipt 1", "receipt 2", "receipt 3", "destinations"],
            id="all arrived",
        ),
    ],
)
def test_each_receipt_is_checked_and_what_people_approved_for_it(record: JobRecord, told: list[str]) -> None:
    checks = list(of_record(record))
    assert {check.state for check in checks} == {State.OK}
    assert [check.what for check in checks if not check.what.startswith("decision")] == told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(lambda one: with_receipt(one, 1, digest=OTHER), "receipt 2"),
        pytest.param(lambda one: with_delivery(one, 2, receipt=None), "receipt 3"),
        pytest.param(lambda one: with_receipt(one, 0, reference="another"), "receipt 1"),
        pytest.param(lambda one: changed(one, receipt=None), "receipt 1"),
        pytest.param(lambda one: with_delivery(one, 2, destination=PLACES[0]), "destinations"),
        pytest.param(lambda one: changed(one, destination=PLACES[1]), "destinations"),
        pytest.param(lambda one: with_review(one, lines=()), "approvals of redirect 1"),
        pytest.param(
            lambda one: changed(one, earlier_reviews=(one.earlier_reviews[0].model_copy(update={"lines": ()}),)),
            "approvals",
        ),
    ],
)
def test_a_record_of_several_deliveries_that_contradicts_itself_is_told_where(change: Change, told: str) -> None:
    assert told in differing(change(all_arrived()))


def test_what_arrives_elsewhere_before_people_approved_that_differs() -> None:
    record = elsewhere()
    receipt = a_receipt(record.opened_review.digest)
    early = with_delivery(record, 1, receipt=receipt, state="delivered", since=record.opened_review.opened_at + HOUR)
    assert differing(early) == ["approvals of redirect 1"]


def test_a_record_is_checked_against_its_own_last_field() -> None:
    record = completed()
    data = render_record(record)
    assert of_kept_record(data) == (Check("record.json", State.OK, data.decode().split('"')[-2]), record)
    check, found = of_kept_record(data.replace(b"brief-1", b"brief-2", 1))
    assert (check.state, found) == (State.DIFFERS, None)
    check, found = of_kept_record(record.model_dump_json(indent=2).encode())
    assert (check.state, found) == (State.NOT_CHECKABLE, record)


@pytest.mark.parametrize(
    ("submitted", "state"),
    [(completed().request_digest, State.OK), (OTHER, State.DIFFERS), (None, State.NOT_CHECKABLE)],
)
def test_the_request_is_checked_while_temporal_knows_it(submitted: str | None, state: State) -> None:
    assert of_request(completed(), submitted).state is state


BODY = Holding("attempts/1/response.json", Part.RESPONSE, "the body", digest_of(b"body"))


@pytest.mark.parametrize(
    ("holding", "data", "state"),
    [
        (BODY, b"body", State.OK),
        (BODY, b"Body", State.DIFFERS),
        (BODY, b"", State.DIFFERS),
        (BODY, None, State.ABSENT),
        (BODY._replace(digest=""), b"body", State.NOT_CHECKABLE),
        # Its digest fits, so somebody approved bytes that are no deliverable.
        (BODY._replace(part=Part.DRAFT, size_bytes=4), b"body", State.DIFFERS),
    ],
)
def test_an_object_is_held_against_the_digest_that_is_kept_of_it(
    holding: Holding, data: bytes | None, state: State
) -> None:
    check = of_holding(holding, data, "brief-1")
    assert check
    assert check.state is state


def test_an_object_that_nobody_promised_is_not_missed() -> None:
    assert of_holding(BODY._replace(is_owed=False), None, "brief-1") is None


@pytest.mark.parametrize(("job_id", "more"), [("brief-2", 0), ("brief-1", 1)])
def test_a_draft_is_of_its_job_and_as_long_as_it_was(job_id: str, more: int) -> None:
    jobs = FakeJobs()
    jobs.add_completed("brief-1")
    [data] = [draft.canonical() for draft in jobs.archive.values()]
    [holding] = [one for one in holdings(jobs.records["brief-1"]) if one.part is Part.DRAFT]
    assert of_holding(holding, data, "brief-1") == Check(holding.path, State.OK, holding.about)
    check = of_holding(holding._replace(size_bytes=holding.size_bytes + more), data, job_id)
    assert check
    assert check.state is State.DIFFERS


@pytest.mark.parametrize(
    ("found", "differ"),
    [
        ({"a.json": Found(OTHER, 3)}, []),
        ({"a.json": Found(OTHER, 4)}, ["a.json"]),
        ({"a.json": Found(digest_of(b""), 3)}, ["a.json"]),
        ({}, ["a.json"]),
        ({"a.json": Found(OTHER, 3), "b.json": Found(OTHER, 3)}, ["b.json"]),
    ],
    ids=["as listed", "another size", "other bytes", "missing", "added"],
)
def test_a_folder_holds_what_its_manifest_lists_and_nothing_else(found: dict[str, Found], differ: list[str]) -> None:
    entry = FileEntry(path="a.json", part=Part.REQUEST, about="a", sha256=OTHER, size_bytes=3)
    manifest = Manifest(
        job_id="brief-1",
        status=JobStatus.COMPLETED,
        is_open=False,
        exported_at=AT,
        versions=Versions(signoff="0", record=1),
        files=(entry,),
    )
    checks = list(of_files(manifest, found))
    assert [check.what for check in checks if check.state is State.DIFFERS] == differ
    assert is_sound(checks) == (not differ)


@pytest.mark.parametrize(
    ("path", "is_plain"),
    [
        ("record.json", True),
        ("strays/resp_1.json", True),
        ("strays/../record.json", False),
        ("/etc/passwd", False),
        ("strays/.json", False),
        ("strays/a\\b.json", False),
        ("strays/a//b", False),
        ("strays/a\n.json", False),
        ("a/b\n", False),
        ("", False),
    ],
)
def test_a_path_that_leads_elsewhere_is_told_from_a_plain_one(path: str, is_plain: bool) -> None:  # noqa: FBT001  a column of the table
    assert is_plain_path(path) == is_plain
