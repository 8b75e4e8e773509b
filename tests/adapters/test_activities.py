"""Which activities deliveries may go to."""

import pytest

from signoff.adapters.activities import AllowedActivities
from signoff.domain.delivery import Activity, Release
from signoff.domain.errors import FaultError, SettingsError
from signoff.domain.names import LOOK_TASK_QUEUE, TASK_QUEUE
from signoff.settings import load_settings
from worker import acting_of


def allowed(places: str, *, queue: str, name: str) -> bool:
    listed = AllowedActivities.parse([place.strip() for place in places.split(",") if place])
    try:
        listed.check(Activity(task_queue=queue, name=name))
    except FaultError:
        return False
    return True


@pytest.mark.parametrize(
    ("places", "queue", "name", "expected"),
    [
        ("", "payments", "refund", False),
        ("payments/refund", "payments", "refund", True),
        ("payments/refund", "payments", "charge", False),
        ("payments/refund", "payments2", "refund", False),
        ("payments/refund", "Payments", "refund", False),
        ("payments/refund,payments/charge", "payments", "charge", True),
        ("payments/*", "payments", "anything", True),
        ("payments/*", "payments/eu", "anything", False),
        ("payments/eu/*", "payments/eu", "anything", True),
        ("payments/eu/refund", "payments/eu", "refund", True),
        ("payments/eu/refund", "payments", "eu", False),
    ],
)
def test_an_activity_is_allowed_by_its_queue_and_name(places: str, queue: str, name: str, *, expected: bool) -> None:
    assert allowed(places, queue=queue, name=name) is expected


@pytest.mark.parametrize(
    "place",
    [
        *("refund", "/refund", "payments/", "*", "*/*", "*/refund", "pay*/refund", "payments/re*"),
        *(f"{TASK_QUEUE}/*", f"{TASK_QUEUE}/deliver", f"{LOOK_TASK_QUEUE}/*", ""),
    ],
)
def test_an_entry_that_allows_more_than_activities_of_the_users_own_is_no_setting(place: str) -> None:
    with pytest.raises(ValueError, match="QUEUE/NAME"):
        AllowedActivities.parse([place])


def test_a_worker_with_such_a_setting_does_not_start() -> None:
    with pytest.raises(SettingsError, match="SIGNOFF_DELIVERY_ACTIVITIES: refund: "):
        acting_of(load_settings({"SIGNOFF_DELIVERY_ACTIVITIES": "refund"}))


def test_what_is_not_allowed_is_refused_with_the_entry_that_would_allow_it() -> None:
    with pytest.raises(FaultError, match="SIGNOFF_DELIVERY_ACTIVITIES as payments/eu/refund") as refused:
        AllowedActivities().check(Activity(task_queue="payments/eu", name="refund"))
    assert refused.value.seen.http_status == 403


def test_it_knows_nothing_of_other_channels() -> None:
    with pytest.raises(TypeError, match="release"):
        AllowedActivities().check(Release())
