"""Approving something edited: which bytes are held then, and whose approvals count."""

from typing import Any

import pytest
from pydantic import ValidationError

from signoff.domain import deciding, delivering
from signoff.domain.decision import Decision, DecisionKind, Examined
from signoff.domain.review import EDITS_KEPT
from signoff.domain.status import JobStatus, NextAction
from tests.domain.at_review import (
    APPROVE,
    CHANGES,
    EDIT,
    REJECT,
    edit_to,
    events,
    found,
    refused,
    taken,
    under_review,
    why_refused,
)
from tests.domain.making import (
    AT,
    DIGEST,
    EDITED_DIGEST,
    HOUR,
    OTHER_DIGEST,
    SECOND,
    a_decision,
    a_draft,
    a_receipt,
)

S = JobStatus


def test_an_edit_that_one_person_may_approve_is_what_is_delivered() -> None:
    record = taken(under_review(), edit_to(EDITED_DIGEST), at=AT + HOUR)
    assert (record.status, record.reason, record.approved_digest) == (S.DELIVERING, "approved by ana", EDITED_DIGEST)
    edit = a_draft(EDITED_DIGEST, author="ana", replaces=DIGEST, held_at=AT + HOUR)
    assert record.deliverable == edit
    assert record.drafts == (a_draft(held_at=AT), edit)
    assert events(record)[-3:] == ["decision.taken", "review.edited", "delivery.begun"]
    assert record.timeline[-2].text == f"ana edited it: {EDITED_DIGEST}"
    assert delivering.taken(record, 1, a_receipt(EDITED_DIGEST), AT).outcome().digest == EDITED_DIGEST


def test_after_an_edit_approvals_of_what_was_held_before_count_no_more() -> None:
    record = taken(under_review(approvals=3), a_decision("ana"), a_decision("bo"), edit_to(EDITED_DIGEST, "cleo"))
    assert (record.status, record.next_action) == (S.AWAITING_REVIEW, NextAction.REVIEW)
    assert record.reason == "cleo approved it as edited; more approvals are needed"
    assert record.approvers == ("cleo",)
    record = taken(record, a_decision("ana", digest=EDITED_DIGEST))
    assert record.status is S.AWAITING_REVIEW
    record = taken(record, a_decision("bo", digest=EDITED_DIGEST))
    assert (record.status, record.reason) == (S.DELIVERING, "approved by cleo, ana, bo")
    assert record.approved_digest == EDITED_DIGEST


def test_after_an_edit_the_bytes_before_it_can_not_be_decided_on() -> None:
    record = taken(under_review(approvals=2), edit_to(EDITED_DIGEST))
    told = f"the result held for review is {EDITED_DIGEST}, not {DIGEST}; look at it again"
    assert [why_refused(record, a_decision("bo", kind)) for kind in DecisionKind] == [told] * 4


def test_whoever_edited_has_decided_on_the_edit() -> None:
    record = taken(under_review(approvals=2), edit_to(EDITED_DIGEST))
    assert why_refused(record, a_decision("Ana", digest=EDITED_DIGEST)) == "Ana has decided already"


def test_whoever_edits_back_to_what_they_approved_still_counts_once() -> None:
    record = taken(under_review(approvals=3), a_decision("ana"), edit_to(EDITED_DIGEST, "bo"))
    record = taken(record, edit_to(DIGEST, "ANA", seen=EDITED_DIGEST))
    assert (record.approvers, record.status) == (("ana",), S.AWAITING_REVIEW)
    assert taken(record, a_decision("bo"), a_decision("cleo")).reason == "approved by ana, bo, cleo"


def test_the_drafts_of_one_review_are_edited_a_bounded_number_of_times() -> None:
    digests = [DIGEST, *(f"sha256:{number:064}" for number in range(EDITS_KEPT + 1))]
    record = under_review(approvals=2)
    for number in range(EDITS_KEPT):
        who = ("ana", "bo")[number % 2]
        record = taken(record, edit_to(digests[number + 1], who, seen=digests[number]))
    told = why_refused(record, edit_to(digests[-1], "cleo", seen=digests[-2]))
    assert told == "it was edited 20 times, as often as it may be; approve or reject it"
    assert taken(record, a_decision("cleo", digest=digests[-2])).status is S.DELIVERING


def test_a_rejection_of_what_was_held_before_an_edit_counts_no_more() -> None:
    record = taken(under_review(approvals=3, reject_after=2), a_decision("ana", REJECT), edit_to(EDITED_DIGEST, "bo"))
    record = taken(record, a_decision("cleo", REJECT, EDITED_DIGEST))
    assert record.status is S.AWAITING_REVIEW
    record = taken(record, a_decision("ana", REJECT, EDITED_DIGEST))
    assert (record.status, record.reason) == (S.REJECTED, "rejected by cleo, ana: seen")


def test_the_repeat_of_an_edit_needs_no_second_look_at_the_archive() -> None:
    record, first = deciding.decided(
        under_review(approvals=2), edit_to(EDITED_DIGEST), AT, found(edit_to(EDITED_DIGEST))
    )
    assert deciding.decided(record, edit_to(EDITED_DIGEST), AT + SECOND) == (record, first)


def test_another_edit_under_a_known_id_is_another_decision() -> None:
    record = taken(under_review(approvals=2), edit_to(EDITED_DIGEST).model_copy(update={"decision_id": "d1"}))
    other = edit_to(OTHER_DIGEST).model_copy(update={"decision_id": "d1"})
    assert not deciding.may_count(record, other, AT)
    assert "belongs to another decision" in why_refused(record, other)


def test_a_refused_edit_holds_nothing_else() -> None:
    record, _ = refused(under_review(), edit_to(EDITED_DIGEST), AT, Examined())
    assert (record.opened_review.digest, record.opened_review.edits, len(record.drafts)) == (DIGEST, 0, 1)


@pytest.mark.parametrize(
    ("kind", "changes", "is_right"),
    [
        (APPROVE, {}, True),
        (APPROVE, {"edited_digest": EDITED_DIGEST}, False),
        (REJECT, {"edited_digest": EDITED_DIGEST}, False),
        (CHANGES, {"edited_digest": EDITED_DIGEST}, False),
        (EDIT, {"edited_digest": EDITED_DIGEST}, True),
        (EDIT, {"edited_digest": None}, False),
        (EDIT, {"edited_digest": "sha256:e"}, False),
        (APPROVE, {"attestation": "x" * 201}, False),
    ],
)
def test_only_an_edit_names_changed_bytes(kind: DecisionKind, changes: dict[str, Any], *, is_right: bool) -> None:
    data = {**a_decision("ana", APPROVE).model_dump(), "kind": kind, **changes}
    if is_right:
        assert Decision.model_validate(data).kind is kind
        return
    with pytest.raises(ValidationError, match=r"edited_digest|attestation"):
        Decision.model_validate(data)


def test_what_the_archive_holds_replaces_nothing_that_was_approved_as_it_is() -> None:
    record, line = deciding.decided(under_review(), a_decision(), AT, Examined(edit=a_draft(EDITED_DIGEST)))
    assert (line.is_accepted, record.approved_digest, len(record.drafts)) == (True, DIGEST, 1)


def test_only_what_would_count_is_looked_into() -> None:
    record = under_review()
    assert deciding.may_count(record, edit_to(EDITED_DIGEST), AT)
    assert not deciding.may_count(record, edit_to(EDITED_DIGEST), record.decision_due_at)
    assert not deciding.may_count(record, edit_to(EDITED_DIGEST, seen=OTHER_DIGEST), AT)
    assert not deciding.may_count(record, edit_to(EDITED_DIGEST, "a-service"), AT)
