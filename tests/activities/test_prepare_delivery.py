"""`prepare_delivery` gives what was approved to an activity of the user's own, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from activities.handing import HandingActivities
from activities.orders import DeliverOrder
from signoff.acting import NoArchiveError, deliverable_of
from signoff.adapters.activities import AllowedActivities
from signoff.domain import layout, names
from signoff.domain.acting import INLINE_DELIVERABLE_BYTES, Prepared
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.delivery import Activity
from signoff.domain.deployment import DeploymentPolicy
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass, Stage
from tests.activities.desk import Desk, FlakyArchive

DRAFT = Deliverable(job_id="job-1", attempt=1, text="the secret plan")
DATA = DRAFT.canonical()
LARGE = DRAFT.model_copy(update={"text": "x" * INLINE_DELIVERABLE_BYTES})


def order(data: bytes = DATA, **changes: Any) -> DeliverOrder:
    wanted = Activity.model_validate({"name": "refund", "task_queue": "payments", **changes})
    return DeliverOrder(job_id="job-1", digest=digest_of(data), approvers=("ana", "bo"), destination=wanted)


async def desk_with(data: bytes | None, named: bytes = DATA) -> Desk:
    desk = Desk(archive=FlakyArchive())
    if data is not None:
        await desk.archive.put(layout.deliverable_path("job-1", digest_of(named)), data)
    return desk


def prepare(desk: Desk, *places: str) -> Any:
    allowed = AllowedActivities.parse(places or ("payments/refund",))
    return HandingActivities(allowed, desk.archive, desk.policy, lambda: desk.now).prepare_delivery


async def test_the_activity_is_given_the_deliverable_its_approvers_and_a_key() -> None:
    desk = await desk_with(DATA)
    prepared: Prepared = await desk.run(prepare(desk), order())
    assert prepared.approved.deliverable == DRAFT
    assert prepared.approved.approvers == ("ana", "bo")
    assert prepared.approved.idempotency_key == f"job-1:{digest_of(DATA)}"
    assert prepared.approved.size_bytes == len(DATA)


async def test_the_deployments_terms_go_along() -> None:
    desk = await desk_with(DATA)
    desk.policy = DeploymentPolicy(notices=True, attention_window=timedelta(hours=2))
    terms = (await desk.run(prepare(desk), order())).terms
    assert (terms.is_noticed, terms.attention_window) == (True, timedelta(hours=2))


@pytest.mark.parametrize("tampered", [DATA + b" ", b"", DATA.replace(b"plan", b"fake")])
async def test_bytes_that_differ_from_what_was_approved_go_nowhere(tampered: bytes) -> None:
    desk = await desk_with(tampered)
    failure = await desk.failure_of(prepare(desk), order())
    assert (failure.stage, failure.failure_class) == (Stage.DELIVER, FailureClass.UNCLASSIFIED)
    assert digest_of(tampered) in failure.message


async def test_a_deliverable_that_is_missing_is_a_lost_result() -> None:
    desk = await desk_with(None)
    assert (await desk.failure_of(prepare(desk), order())).failure_class is FailureClass.RESULT_LOST


async def test_what_the_deployment_allows_no_more_is_given_nothing() -> None:
    desk = await desk_with(DATA)
    failure = await desk.failure_of(prepare(desk, "payments/charge"), order())
    assert failure.failure_class is FailureClass.CONFIGURATION
    assert "SIGNOFF_DELIVERY_ACTIVITIES" in failure.message


async def test_an_archive_that_does_not_answer_lets_it_be_repeated() -> None:
    desk = await desk_with(DATA)
    assert isinstance(desk.archive, FlakyArchive)
    desk.archive.failures = 1
    error = await desk.error_of(prepare(desk), order())
    assert (error.type, error.non_retryable) == (FailureClass.TRANSIENT, False)


@pytest.mark.parametrize(("draft", "content"), [(LARGE, "deliverable"), (DRAFT, "reference")])
async def test_what_does_not_travel_is_read_from_the_archive_and_hashed_again(draft: Deliverable, content: str) -> None:
    data = draft.canonical()
    desk = await desk_with(data, data)
    approved = (await desk.run(prepare(desk), order(data, content=content))).approved
    assert approved.deliverable is None
    assert await deliverable_of(approved, desk.archive) == draft
    with pytest.raises(NoArchiveError, match="lies in the archive"):
        await deliverable_of(approved)
    await desk.archive.put(layout.deliverable_path("job-1", approved.digest), data + b" ")
    with pytest.raises(FaultError):
        await deliverable_of(approved, desk.archive)


def test_histories_name_the_error_of_an_activity_without_an_archive() -> None:
    assert NoArchiveError.__name__ == names.NO_ARCHIVE
