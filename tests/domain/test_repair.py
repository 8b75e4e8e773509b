"""What an operator can say to a stopped job, and how an amendment is merged."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from signoff.domain.repair import Repair, RepairKind, RepairLine, merged
from tests.domain.making import AT, HOUR, a_repair

K = RepairKind

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.text(max_size=2), json_values, max_size=4)


@pytest.mark.parametrize(
    ("current", "patch", "result"),
    [
        # RFC 7396, appendix A, line by line.
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_an_amendment_is_merged_as_rfc_7396_says(current: JsonValue, patch: JsonValue, result: JsonValue) -> None:
    assert merged(current, patch) == result


@given(json_values, objects)
def test_the_same_amendment_twice_is_the_same_as_once(current: JsonValue, patch: dict[str, JsonValue]) -> None:
    once = merged(current, patch)
    assert merged(once, patch) == once


@given(objects, objects)
def test_an_amendment_touches_only_what_it_names(current: dict[str, JsonValue], patch: dict[str, JsonValue]) -> None:
    before = repr(current)
    result = merged(current, patch)
    assert isinstance(result, dict)
    assert {name: result[name] for name in current if name not in patch} == {
        name: value for name, value in current.items() if name not in patch
    }
    assert repr(current) == before


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (K.RETRY, {}),
        (K.RETRY, {"is_anew": True}),
        (K.RETRY, {"reason": "r" * 1_000}),
        (K.AMEND, {"response": {"model": "another"}}),
        (K.AMEND, {"response": {"tools": None}}),
        (K.AMEND, {"deadline": "PT2H"}),
        (K.ABANDON, {"reason": "too late"}),
    ],
)
def test_these_are_repairs(kind: K, facts: dict[str, Any]) -> None:
    assert Repair.model_validate({"repair_id": "r1", "kind": kind, "by": "olga", **facts}).kind is kind


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"kind": "amend"}, "response: say what changes"),
        ({"kind": "amend", "response": {}}, "response: say what changes"),
        (
            {"kind": "retry", "response": {"model": "another"}},
            "response: only amend changes parameters, retry does not",
        ),
        ({"kind": "abandon", "response": {"model": "another"}}, "only amend changes parameters, abandon does not"),
        ({"kind": "abandon", "is_anew": True}, "is_anew: only retry takes it"),
        ({"kind": "amend", "response": {"model": "x"}, "is_anew": True}, "is_anew: only retry takes it"),
        ({"deadline": "PT2H"}, "deadline: only amend changes parameters, retry does not"),
        ({"kind": "amend", "deadline": 0}, "deadline"),
        ({"kind": "amend", "deadline": "P8D"}, "deadline"),
        ({"kind": "restart"}, "kind"),
        ({"by": ""}, "by"),
        ({"by": "a\nb"}, "by"),
        ({"repair_id": ""}, "repair_id"),
        ({"repair_id": "a b"}, "repair_id"),
        ({"repair_id": "r" * 129}, "repair_id"),
        ({"reason": "r" * 1_001}, "reason"),
        ({"respones": {}}, "respones"),
    ],
)
def test_anything_else_is_refused_with_the_reason(facts: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Repair.model_validate({"repair_id": "r1", "kind": "retry", "by": "olga", **facts})


AMENDED = a_repair(K.AMEND, response={"a": 1, "b": {"c": 2, "d": 3}})


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (a_repair(K.AMEND, response={"b": {"d": 3, "c": 2}, "a": 1}), True),  # the order of keys says nothing
        (a_repair(K.AMEND, response=AMENDED.response, reason="said in other words"), True),
        (a_repair(K.AMEND, response={"a": 2}), False),
        (a_repair(K.AMEND, response=AMENDED.response, deadline=HOUR), False),
        (a_repair(K.AMEND, response=AMENDED.response, by="otto"), False),
        (a_repair(K.AMEND, response=AMENDED.response, repair_id="r2"), False),
        (a_repair(K.RETRY), False),
    ],
)
def test_a_repair_is_known_by_its_id_its_person_and_what_it_asks_for(other: Repair, *, is_same: bool) -> None:
    line = RepairLine(
        repair_id=AMENDED.repair_id,
        kind=AMENDED.kind,
        by=AMENDED.by,
        digest=AMENDED.digest,
        at=AT,
        is_accepted=True,
    )
    assert line.is_of(other) == is_same


def test_to_retry_and_to_retry_anew_are_two_things() -> None:
    assert a_repair().digest != a_repair(is_anew=True).digest


@pytest.mark.parametrize("value", [2**60, float("nan"), "\ud800"])
def test_a_repair_has_a_digest_whatever_it_holds(value: Any) -> None:
    assert a_repair(K.AMEND, response={"x": value}).digest.startswith("sha256:")
