"""A page that asks for another destination alone: what it says, what it offers, and which forms still count."""

from datetime import UTC, datetime, timedelta

import pytest

from signoff.domain.delivery import File
from signoff.domain.record import JobRecord
from signoff.domain.status import JobStatus
from signoff.tokens import Role
from tests.domain.handing_over import PLACES, approved, arrived, goes_to, redirected, stuck_from
from tests.domain.making import MINUTE
from tests.gateway.pages.at_desk import Office, Page

BEGUN = timedelta(hours=2)
ASKED = "Only the new destination is asked for"


def stuck(office: Office) -> JobRecord:
    at = datetime.now(UTC) - BEGUN
    return stuck_from(office.desk.hold(at=at, delivery=goes_to(*PLACES)), at)


def elsewhere(office: Office) -> JobRecord:
    """Have the second delivery sent elsewhere behind the pages."""
    record = redirected(stuck(office), 2, datetime.now(UTC) - BEGUN / 2)
    office.desk.play("a-job", record)
    return record


async def test_it_says_what_is_approved_what_changed_who_changed_it_and_why(office: Office) -> None:
    elsewhere(office)
    page = await (await office.sign_in("bo")).open("/review/a-job")
    for told in (
        ASKED,
        "The result below is approved already, by ana",
        "Delivery 2 was to go to a file in the folder b of the deployment",
        "Now it is to go to a file in the folder d of the deployment",
        "Changed by ops , 1 h ago: the folder moved",
        "The tide turns twice a day",
    ):
        assert told in page.text


async def test_it_offers_an_approval_and_a_rejection_alone(office: Office) -> None:
    elsewhere(office)
    page = await (await office.sign_in("bo")).open("/review/a-job")
    offered = {button for form in page.forms if form.action.endswith("/decide") for button in form.buttons}
    assert offered == {"approve", "reject"}
    assert page.form("approve").fields["redirect"] == "1"
    assert "too long to be edited" not in page.text


async def test_a_page_about_the_bytes_says_nothing_of_it(office: Office) -> None:
    office.desk.hold()
    page = await (await office.sign_in("bo")).open("/review/a-job")
    assert ASKED not in page.text
    assert page.form("approve").fields["redirect"] == "0"
    assert page.has("request_changes")
    assert page.has("approve_edited")


async def test_its_approval_has_the_result_delivered_there(office: Office) -> None:
    elsewhere(office)
    person = await office.sign_in("bo")
    answer = await person.decide("approve")
    assert (answer.status_code, office.desk.records["a-job"].status) == (303, JobStatus.DELIVERING)
    after = await person.open("/review/a-job")
    assert ASKED not in after.text
    assert "bo approved the new destination" in after.text
    assert "ana approved the new destination" not in after.text


@pytest.mark.parametrize("button", ["approve", "reject", "request_changes", "approve_edited"])
async def test_the_form_of_a_page_from_before_it_is_refused_and_says_what_changed(office: Office, button: str) -> None:
    office.desk.hold(at=datetime.now(UTC) - BEGUN, delivery=goes_to(*PLACES))
    person = await office.sign_in("bo")
    before = await person.open("/review/a-job")
    at = datetime.now(UTC) - BEGUN
    office.desk.play("a-job", redirected(stuck_from(office.desk.records["a-job"], at), 2, at + BEGUN / 2))
    filled = {"comment": "seen before"} | ({"text": "Other words."} if button == "approve_edited" else {})
    answer = await person.press(before, button, **filled)
    page = Page(answer.text)
    assert answer.status_code == 409
    assert "Where the result goes has changed since your page was made" in page.text
    assert "sent elsewhere by ops" in page.text
    assert ASKED in page.text
    for typed in filled.values():
        assert typed in answer.text
    record = office.desk.records["a-job"]
    assert (record.status, record.opened_review.approvers) == (JobStatus.AWAITING_REVIEW, ())
    assert page.form("approve").fields["redirect"] == "1"


async def test_the_form_about_one_new_destination_does_not_count_for_the_next(office: Office) -> None:
    record = elsewhere(office)
    person = await office.sign_in("bo")
    before = await person.open("/review/a-job")
    at = datetime.now(UTC) - MINUTE
    again = redirected(approved(record, at, "cy"), 2, at, File(folder="e"))
    office.desk.play("a-job", again)
    answer = await person.press(before, "approve")
    assert answer.status_code == 409
    shown = Page(answer.text)
    assert "Now it is to go to a file in the folder e of the deployment" in shown.text
    assert "a file in the folder d of the deployment Now" in shown.text
    assert office.desk.records["a-job"].status is JobStatus.AWAITING_REVIEW


async def test_whoever_may_not_decide_reads_it_and_gets_no_form(office: Office) -> None:
    elsewhere(office)
    page = await (await office.sign_in("newsroom-lead", Role.OPERATOR)).open("/review/a-job")
    assert ASKED in page.text
    assert not page.has("approve")


async def test_a_job_with_one_destination_is_asked_about_without_its_number(office: Office) -> None:
    at = datetime.now(UTC) - BEGUN
    record = approved(office.desk.hold(at=at, delivery=goes_to(PLACES[0])), at + 20 * MINUTE)
    office.desk.play("a-job", redirected(record, 1, at + 30 * MINUTE))
    page = await (await office.sign_in("bo")).open("/review/a-job")
    assert "It was to go to a file in the folder a of the deployment" in page.text
    assert "Goes to a file in the folder d of the deployment" in page.text


async def test_each_destination_is_listed_with_its_state_receipt_and_fault(office: Office) -> None:
    office.desk.play("a-job", stuck(office))
    page = await (await office.sign_in("bo")).open("/review/a-job")
    shown = page.text.partition("Goes to")[2].partition("What exactly")[0]
    for told in (
        "a file in the folder a of the deployment delivered receipt r-1",
        "a file in the folder b of the deployment stopped 403: not for you",
        "a file in the folder c of the deployment delivered receipt r-3",
    ):
        assert told in shown


async def test_before_anything_is_approved_no_state_is_told(office: Office) -> None:
    office.desk.hold(delivery=goes_to(*PLACES))
    page = await (await office.sign_in("bo")).open("/review/a-job")
    shown = page.text.partition("Goes to")[2].partition("What exactly")[0]
    assert "folder c" in shown
    assert "owed" not in shown


async def test_a_requester_is_told_how_many_have_it(office: Office) -> None:
    office.desk.play("a-job", stuck(office))
    page = await (await office.sign_in("newsroom", Role.REQUESTER)).open("/review/a-job")
    assert "Deliveries 2 of 3 arrived" in page.text
    assert "Receipt" not in page.text


async def test_an_older_record_is_shown_with_its_one_destination(office: Office) -> None:
    at = datetime.now(UTC) - BEGUN
    held = office.desk.hold(at=at, delivery=goes_to(PLACES[0]))
    record = arrived(approved(held, at + 20 * MINUTE), 1, at + 21 * MINUTE)
    office.desk.play("a-job", record.model_copy(update={"deliveries": ()}))
    page = await (await office.sign_in("bo")).open("/review/a-job")
    assert "Goes to a file in the folder a of the deployment" in page.text
    assert "Receipt r-1" in page.text
