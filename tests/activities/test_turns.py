"""What an attempt asks for after a reviewer asked for changes, and who may review it."""

import pytest

from activities.orders import CreateOrder
from activities.turns import PEOPLE_LIMIT, asked_of, check_groups
from signoff.adapters.archive import open_archive
from signoff.domain import layout
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.deployment import DeploymentPolicy
from signoff.domain.errors import FaultError
from signoff.domain.rework import Rework

REWORK = Rework(round=1, previous_response_id="resp_1", comment="shorter", by="ana", digest=f"sha256:{'a' * 64}")
CROWDS = {name: tuple(f"{name}-{number}" for number in range(1_000)) for name in ("a", "b", "c")}


def an_order(rework: Rework | None) -> CreateOrder:
    return CreateOrder(job_id="a-job", attempt=2, parameters={"model": "m", "input": "a question"}, rework=rework)


async def test_without_a_request_for_changes_the_request_is_asked() -> None:
    order = an_order(None)
    assert await asked_of(order, open_archive("memory:")) == order.parameters


async def test_a_turn_on_what_the_provider_keeps_needs_nothing_from_the_archive() -> None:
    asked = await asked_of(an_order(REWORK), open_archive("memory:"))
    assert asked["previous_response_id"] == "resp_1"


@pytest.mark.parametrize("field", ["edited_digest", "digest"])
async def test_a_draft_that_is_quoted_and_gone_stops_the_attempt_before_it_is_paid(field: str) -> None:
    rework = REWORK.model_copy(update={field: f"sha256:{'b' * 64}", "is_standalone": True})
    with pytest.raises(FaultError, match=f"sha256:{'b' * 64} is not in the archive"):
        await asked_of(an_order(rework), open_archive("memory:"))


async def test_an_edited_draft_is_quoted_as_it_was_edited() -> None:
    archive = open_archive("memory:")
    data = Deliverable(job_id="a-job", attempt=1, text="Mine.", edited_by="bo").canonical()
    await archive.put(layout.deliverable_path("a-job", digest_of(data)), data)
    asked = await asked_of(an_order(REWORK.model_copy(update={"edited_digest": digest_of(data)})), archive)
    assert "Mine." in asked["input"][0]["content"]


@pytest.mark.parametrize(
    ("groups", "told"),
    [((), ""), (("a", "b"), ""), (("a", "x", "y"), "no group x, y"), (("a", "b", "c"), "3,000 members")],
)
def test_a_review_by_strangers_or_by_a_crowd_is_refused(groups: tuple[str, ...], told: str) -> None:
    policy = DeploymentPolicy(groups=CROWDS)
    assert PEOPLE_LIMIT == 2_000
    if not told:
        check_groups(groups, policy)
        return
    with pytest.raises(FaultError, match=told):
        check_groups(groups, policy)
