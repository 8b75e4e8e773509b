"""The gateway's word: it holds for exactly one message to exactly one job, under a key that is known."""

from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.arrangement import Arrangement, ArrangementKind
from signoff.domain.attestation import KEY_LEAST_BYTES, Attestor
from signoff.domain.decision import ATTESTATION_LIMIT, Decision, DecisionKind
from tests.domain.at_review import CHANGES, CLAIM, DELEGATE, EXTEND, an_arrangement
from tests.domain.making import AT, DIGEST, EDITED_DIGEST, OTHER_DIGEST, a_decision

KEY, NEWER, STRANGE = "k" * 32, "n" * 40, "s" * 32
Message = Decision | Arrangement
MESSAGES: Final = [
    *(a_decision(kind=kind) for kind in DecisionKind),
    an_arrangement(CLAIM),
    an_arrangement(DELEGATE),
    an_arrangement(EXTEND),
]


def vouched(message: Message, job_id: str = "a-job", keys: tuple[str, ...] = (KEY,)) -> Message:
    return message.model_copy(update={"attestation": Attestor(keys).vouched(job_id, message)})


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_that_was_vouched_for_is_taken(message: Message) -> None:
    after_transport = type(message).model_validate_json(vouched(message).model_dump_json())
    assert Attestor([KEY]).is_vouched("a-job", after_transport)
    assert len(after_transport.attestation) <= ATTESTATION_LIMIT


def test_the_word_for_one_job_is_not_the_word_for_another() -> None:
    assert not Attestor([KEY]).is_vouched("another-job", vouched(a_decision()))


@pytest.mark.parametrize(
    ("given_by", "taken_by", "is_taken"),
    [
        ((KEY,), (KEY,), True),
        ((KEY,), (NEWER, KEY), True),  # the gateway has not changed its key yet
        ((NEWER, KEY), (NEWER, KEY), True),
        ((NEWER, KEY), (NEWER,), True),
        ((NEWER, KEY), (KEY,), False),  # the first key is the one that vouches
        ((STRANGE,), (NEWER, KEY), False),
        ((KEY,), (), False),
        ((), (KEY,), False),
        ((), (), False),
    ],
)
def test_the_word_is_given_with_the_first_key_and_taken_under_any(
    given_by: tuple[str, ...], taken_by: tuple[str, ...], *, is_taken: bool
) -> None:
    assert Attestor(taken_by).is_vouched("a-job", vouched(a_decision(), keys=given_by)) == is_taken


def test_there_is_no_word_without_a_key() -> None:
    assert Attestor([]).vouched("a-job", a_decision()) == ""
    assert (bool(Attestor([])), bool(Attestor([KEY]))) == (False, True)


@pytest.mark.parametrize("word", ["", "v1,", "v1", "x" * 200, "ä", "v2,"])
def test_what_is_no_word_of_the_gateway_vouches_for_nothing(word: str) -> None:
    assert not Attestor([KEY]).is_vouched("a-job", a_decision(attestation=word))


def test_the_version_is_part_of_the_word() -> None:
    word = vouched(a_decision()).attestation
    assert word.startswith("v1,")
    assert not Attestor([KEY]).is_vouched("a-job", a_decision(attestation=word.replace("v1,", "v2,")))


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (["k" * 31], "key 1 has 31 bytes, and 32 are the least"),
        ([KEY, ""], "key 2 has 0 bytes"),
        ([KEY, "n" * 31], "key 2 has 31 bytes"),
        (["ä" * 15], "key 1 has 30 bytes"),
    ],
)
def test_a_short_key_is_refused(keys: list[str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Attestor(keys)


@pytest.mark.parametrize("key", ["k" * KEY_LEAST_BYTES, "ä" * 16])
def test_a_key_of_the_least_length_is_taken(key: str) -> None:
    assert Attestor([key]).is_vouched("a-job", vouched(a_decision(), keys=(key,)))


def test_a_decision_is_not_vouched_for_as_an_arrangement() -> None:
    """What they say would be the same bytes, were it not for their names."""
    decision = vouched(a_decision())
    disguised: type[Decision] = type("Arrangement", (Decision,), {})
    said = disguised.model_validate(decision.model_dump())
    assert not Attestor([KEY]).is_vouched("a-job", said)


ONE_CHANGE: Final[list[tuple[Message, dict[str, Any]]]] = [
    (a_decision(), {"decision_id": "d2"}),
    (a_decision(), {"kind": DecisionKind.REJECT}),
    (a_decision(), {"digest": OTHER_DIGEST}),
    (a_decision(), {"reviewer": "bo"}),
    (a_decision(), {"comment": "seen."}),
    (a_decision(), {"redirect": 1}),
    (a_decision(kind=DecisionKind.APPROVE_EDITED), {"edited_digest": OTHER_DIGEST}),
    (an_arrangement(), {"arrangement_id": "a2"}),
    (an_arrangement(), {"kind": ArrangementKind.RELEASE}),
    (an_arrangement(), {"by": "bo"}),
    (an_arrangement(DELEGATE), {"to": "eve"}),
    (an_arrangement(EXTEND), {"due_at": AT}),
    (an_arrangement(), {"reason": "later"}),
]


@pytest.mark.parametrize(("message", "change"), ONE_CHANGE, ids=[next(iter(change)) for _, change in ONE_CHANGE])
def test_a_message_that_says_anything_else_is_not_vouched_for(message: Message, change: dict[str, Any]) -> None:
    assert not Attestor([KEY]).is_vouched("a-job", vouched(message).model_copy(update=change))


def test_every_field_has_another_value_below() -> None:
    changed = {field for _, change in ONE_CHANGE for field in change}
    assert changed == set(DECISION_CHANGES) | set(ARRANGEMENT_CHANGES)
    assert set(DECISION_CHANGES) == set(Decision.model_fields) - {"attestation"}
    assert set(ARRANGEMENT_CHANGES) == set(Arrangement.model_fields) - {"attestation"}


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=20)
words = st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True)
digests = st.sampled_from([DIGEST, OTHER_DIGEST, EDITED_DIGEST])
DECISION_CHANGES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "decision_id": words,
    "kind": st.sampled_from(DecisionKind),
    "digest": digests,
    "reviewer": texts,
    "comment": st.text(st.characters(codec="utf-8"), max_size=20),
    "edited_digest": st.none() | digests,
    "redirect": st.integers(0, 3),
}
ARRANGEMENT_CHANGES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "arrangement_id": words,
    "kind": st.sampled_from(ArrangementKind),
    "by": texts,
    "to": st.none() | texts,
    "due_at": st.none() | st.timedeltas(timedelta(0), timedelta(days=9)).map(lambda later: AT + later),
    "reason": texts,
}


@given(
    message=st.sampled_from([a_decision(kind=CHANGES), an_arrangement(DELEGATE)]),
    job_id=st.sampled_from(["a-job", "a-job", "a-job", "a-jo", "b"]),
    data=st.data(),
)
def test_no_change_of_any_field_passes(message: Message, job_id: str, data: st.DataObject) -> None:
    changes = DECISION_CHANGES if isinstance(message, Decision) else ARRANGEMENT_CHANGES
    fields = data.draw(st.sets(st.sampled_from(sorted(changes)), max_size=3))
    changed = vouched(message).model_copy(update={field: data.draw(changes[field]) for field in sorted(fields)})
    is_the_same = changed == vouched(message) and job_id == "a-job"
    assert Attestor([NEWER, KEY]).is_vouched(job_id, changed) == is_the_same


@given(st.integers(0, 46), st.sampled_from("Aaz09+/=,"))
def test_no_change_of_the_word_itself_passes(place: int, character: str) -> None:
    word = vouched(a_decision()).attestation
    other = word[:place] + character + word[place + 1 :]
    assert Attestor([KEY]).is_vouched("a-job", a_decision(attestation=other)) == (other == word)
