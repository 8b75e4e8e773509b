"""The words of the pages: durations, times and destinations as people say them."""

from datetime import timedelta

import pytest

from signoff.domain.delivery import Activity, DeliverySpec, File, Http, Object, Release
from signoff.domain.status import JobStatus
from signoff.showing.telling import Telling, span
from tests.domain.making import AT, DAY, HOUR, MINUTE, SECOND


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (timedelta(0), "0 s"),
        (-DAY, "0 s"),
        (59.9 * SECOND, "59 s"),
        (MINUTE + 30 * SECOND, "1 min"),
        (HOUR + 4 * SECOND, "1 h"),
        (3 * HOUR + 5 * MINUTE, "3 h 5 min"),
        (12 * HOUR + 5 * MINUTE, "12 h"),
        (4 * DAY + 2 * HOUR, "4 d 2 h"),
        (40 * DAY + 2 * HOUR, "40 d"),
    ],
)
def test_a_duration_is_as_exact_as_people_need_it(duration: timedelta, said: str) -> None:
    assert span(duration) == said


@pytest.mark.parametrize(
    ("left", "text", "tone"),
    [
        (2 * DAY, "in 2 d", ""),
        (HOUR, "in 1 h", "soon"),
        (-HOUR, "over for 1 h", "late"),
        (0 * HOUR, "over for 0 s", "late"),
    ],
)
def test_what_is_due_soon_or_late_is_said_with_more_than_a_time(left: timedelta, text: str, tone: str) -> None:
    due = Telling(AT).due(AT + left)
    assert (due.text, due.tone) == (text, tone)


def test_times_are_utc_and_readable_by_programs() -> None:
    told = Telling(AT).moment(AT)
    assert told == '<time datetime="2026-01-05T09:00:00+00:00">2026-01-05 09:00 UTC</time>'


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (Release(), "nowhere: approval opens the result to the requester"),
        (File(folder="approved"), "a file in the folder approved of the deployment"),
        (Http(url="https://cms.example/in"), "POST to https://cms.example/in"),
        (Object(url="s3://results/today"), "an object below s3://results/today"),
        (Activity(name="refund", task_queue="payments"), "the activity refund on the task queue payments"),
    ],
)
def test_a_destination_is_said_in_words(spec: DeliverySpec, said: str) -> None:
    assert Telling(AT).destination(spec) == said


@pytest.mark.parametrize("status", JobStatus)
def test_every_status_is_words(status: JobStatus) -> None:
    assert Telling(AT).words(status).replace(" ", "_") == status
