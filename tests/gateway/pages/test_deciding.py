"""Deciding on a page: as the person who is signed in, on the bytes that were shown, once, and with nothing lost."""

import pytest

from signoff.domain.errors import UnreachableError
from signoff.domain.status import JobStatus
from signoff.gateway.pages.deciding import as_written
from signoff.tokens import Role
from tests.gateway.pages.a_desk import TEXT
from tests.gateway.pages.at_desk import Office, Page


def lines(office: Office) -> list[tuple[str, str, bool]]:
    record = office.desk.records["a-job"]
    return [(line.reviewer, line.kind, line.is_accepted) for review in record.reviews for line in review.lines]


@pytest.mark.parametrize(
    ("button", "filled", "status", "said"),
    [
        ("approve", {}, JobStatus.DELIVERING, "Your approval counts"),
        ("reject", {"comment": "no"}, JobStatus.REJECTED, "Your rejection counts"),
        ("request_changes", {"comment": "more"}, JobStatus.QUEUED, "Your request for changes counts"),
        ("approve_edited", {"text": "Mine."}, JobStatus.DELIVERING, "Your edit and your approval of it count"),
    ],
)
async def test_each_button_does_what_it_says(
    office: Office, button: str, filled: dict[str, str], status: JobStatus, said: str
) -> None:
    office.desk.hold()
    person = await office.sign_in()
    answer = await person.decide(button, **filled)
    assert answer.status_code == 303
    assert office.desk.records["a-job"].status is status
    assert lines(office) == [("ana", button, True)]
    assert said in (await person.open(answer.headers["location"])).text


async def test_a_get_decides_nothing(office: Office) -> None:
    office.desk.hold()
    person = await office.sign_in()
    page = await person.open("/review/a-job")
    for form in page.forms:
        await person.http.get(form.action, params={**form.fields, "kind": "approve"})
    await person.open("/review/a-job?decided=x&kind=approve")
    assert lines(office) == []


async def test_a_double_click_is_one_decision(office: Office) -> None:
    office.desk.hold(review={"approvals": 2})
    person = await office.sign_in()
    page = await person.open("/review/a-job")
    first, second = [await person.press(page, "approve") for _ in range(2)]
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert lines(office) == [("ana", "approve", True)]


@pytest.mark.parametrize("field", ["reviewer", "by", "person", "name"])
async def test_the_person_is_the_one_who_is_signed_in(office: Office, field: str) -> None:
    office.desk.hold()
    await (await office.sign_in()).decide("approve", **{field: "ben"})
    assert lines(office) == [("ana", "approve", True)]


async def test_a_form_without_its_proof_of_origin_decides_nothing(office: Office) -> None:
    office.desk.hold()
    answer = await (await office.sign_in()).decide("reject", csrf="guessed", comment="a long comment")
    assert answer.status_code == 403
    assert "a long comment" in answer.text
    assert lines(office) == []


async def test_somebody_without_the_role_decides_nothing(office: Office) -> None:
    office.desk.hold()
    reviewer, operator = await office.sign_in(), await office.sign_in("ops", Role.OPERATOR)
    form = (await reviewer.open("/review/a-job")).form("approve")
    theirs = (await operator.open("/review")).forms[0].fields
    answer = await operator.http.post(form.action, data={**form.fields, **theirs, "kind": "approve"})
    assert answer.status_code == 403
    assert lines(office) == []


async def test_a_stale_form_is_refused_with_what_changed_and_what_was_typed(office: Office) -> None:
    office.desk.hold(review={"approvals": 2})
    ana, ben = await office.sign_in(), await office.sign_in("ben")
    stale = await ana.open("/review/a-job")
    await ben.decide("approve_edited", text="Ben's words.")
    answer = await ana.press(stale, "approve", comment="My long thoughts.")
    page = Page(answer.text)
    assert answer.status_code == 409
    assert "Your decision does not count" in page.text
    assert "look at it again" in page.text
    assert "ben edited it" in page.text
    assert "Ben's words." in page.text
    assert page.form("approve").fields["comment"] == "My long thoughts."
    assert page.form("approve").fields["digest"] == office.desk.records["a-job"].opened_review.digest


async def test_an_edit_of_stale_bytes_is_kept_to_be_used_again(office: Office) -> None:
    office.desk.hold(review={"approvals": 2})
    ana, ben = await office.sign_in(), await office.sign_in("ben")
    stale = await ana.open("/review/a-job")
    await ben.decide("approve_edited", text="Ben's words.")
    answer = await ana.press(stale, "approve_edited", text="Ana's\r\nwords.")
    assert answer.status_code == 409
    assert Page(answer.text).form("approve_edited").fields["text"] == "Ana's\r\nwords."


async def test_what_was_typed_survives_a_review_that_is_over(office: Office) -> None:
    office.desk.hold()
    ana, ben = await office.sign_in(), await office.sign_in("ben")
    stale = await ana.open("/review/a-job")
    await ben.decide("approve")
    page = Page((await ana.press(stale, "reject", comment="My long thoughts.")).text)
    assert "My long thoughts." in page.text
    assert "What you had typed" in page.text
    assert not page.has("reject")


async def test_a_rejection_without_a_reason_is_told_what_is_missing(office: Office) -> None:
    office.desk.hold()
    answer = await (await office.sign_in()).decide("reject")
    assert answer.status_code == 409
    assert "needs a comment that says why" in answer.text
    assert Page(answer.text).has("reject")


async def test_an_edit_that_changes_nothing_is_told_so(office: Office) -> None:
    office.desk.hold()
    answer = await (await office.sign_in()).decide("approve_edited")
    assert answer.status_code == 409
    assert "nothing was changed" in answer.text
    assert lines(office) == []


async def test_a_comment_that_is_too_long_is_kept(office: Office) -> None:
    office.desk.hold()
    answer = await (await office.sign_in()).decide("reject", comment="x" * 5_000)
    assert answer.status_code == 409
    assert "at most 4,000" in answer.text
    assert len(Page(answer.text).form("reject").fields["comment"]) == 5_000


async def test_without_a_worker_a_decision_is_recorded_and_not_said_to_count(office: Office) -> None:
    office.desk.hold()
    person = await office.sign_in()
    page = await person.open("/review/a-job")
    office.desk.is_silent = True
    answer = await person.press(page, "approve")
    assert answer.status_code == 202
    assert "Recorded, will be applied" in answer.text
    assert "whether it counts is not known yet" in answer.text
    assert [one.reviewer for one in office.desk.left] == ["ana"]


async def test_what_was_typed_survives_a_form_that_can_not_be_read(office: Office) -> None:
    office.desk.hold()
    answer = await (await office.sign_in()).decide("reject", digest="x", comment="My long thoughts.")
    assert answer.status_code == 400
    assert "My long thoughts." in answer.text


async def test_what_was_typed_survives_a_job_that_can_not_be_shown(office: Office) -> None:
    office.desk.hold()
    person = await office.sign_in()
    page = await person.open("/review/a-job")
    office.desk.fault = UnreachableError("Temporal does not answer")
    answer = await person.press(page, "approve_edited", text="My words.")
    assert answer.status_code == 503
    assert "My words." in answer.text


async def test_a_notice_is_for_the_person_who_decided(office: Office) -> None:
    office.desk.hold(review={"approvals": 2})
    ana, ben = await office.sign_in(), await office.sign_in("ben")
    address = (await ana.decide("approve")).headers["location"]
    assert "Your approval counts" in (await ana.open(address)).text
    assert "Your approval counts" not in (await ben.open(address)).text


async def test_what_an_address_claims_was_decided_is_not_believed(office: Office) -> None:
    office.desk.hold()
    page = await (await office.sign_in()).open("/review/a-job?decided=made-up")
    assert "counts" not in page.text


@pytest.mark.parametrize("filled", [{"digest": "x"}, {"decision_id": "a b"}, {"kind": "deliver"}, {"seen": "-1"}])
async def test_a_form_that_was_tampered_with_is_refused(office: Office, filled: dict[str, str]) -> None:
    office.desk.hold()
    person = await office.sign_in()
    form = (await person.open("/review/a-job")).form("approve")
    answer = await person.http.post(form.action, data={**form.fields, "kind": "approve", **filled})
    assert answer.status_code == 400
    assert lines(office) == []


async def test_a_review_is_claimed_and_released(office: Office) -> None:
    office.desk.hold()
    person = await office.sign_in()
    await person.decide("claim")
    assert office.desk.records["a-job"].opened_review.claimed_by == "ana"
    await person.decide("release")
    assert office.desk.records["a-job"].opened_review.claimed_by == ""


async def test_a_seat_is_handed_over(office: Office) -> None:
    office.desk.hold(review={"reviewers": ["ana", "ben"], "approvals": 1})
    person = await office.sign_in()
    await person.decide("delegate", to="cleo", reason="on leave")
    assert set(office.desk.records["a-job"].opened_review.panel.people) == {"ben", "cleo"}


async def test_the_end_of_a_review_is_moved_once_however_often_the_form_is_sent(office: Office) -> None:
    before = office.desk.hold().opened_review.due_at
    person = await office.sign_in()
    page = await person.open("/review/a-job")
    for _ in range(2):
        assert (await person.press(page, "extend", days="3")).status_code == 303
    assert (office.desk.records["a-job"].opened_review.due_at - before).days == 3


async def test_a_refused_arrangement_says_why(office: Office) -> None:
    office.desk.hold(review={"reviewers": ["ana", "ben"], "approvals": 1})
    answer = await (await office.sign_in()).decide("delegate", to="ben")
    assert answer.status_code == 409
    assert "ben has a seat already" in answer.text


@pytest.mark.parametrize(
    ("sent", "before", "written"),
    [
        ("a\r\nb", "x\ny", "a\nb"),
        ("a\r\nb", "x\r\ny", "a\r\nb"),
        ("a\r\nb", "x", "a\nb"),
        ("a\r\nb\r\n", "x\r\ny\nz", "a\nb\n"),
    ],
)
def test_line_ends_stay_those_of_the_draft(sent: str, before: str, written: str) -> None:
    assert as_written(sent, before) == written


async def test_an_edit_keeps_every_other_character(office: Office) -> None:
    office.desk.hold(text=f"\n{TEXT}  tail\u200b  ")
    person = await office.sign_in()
    page = await person.open("/review/a-job")
    edit = page.form("approve_edited").fields["text"] + "!"
    assert (await person.press(page, "approve_edited", text=edit)).status_code == 303
    held = office.desk.records["a-job"].deliverable
    assert held
    assert office.desk.drafts[held.digest].text == f"\n{TEXT}  tail\u200b  !"
