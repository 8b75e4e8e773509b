"""What stays in the record of an erased job: every field of the whole model is decided on, and done as decided."""

import typing
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum
from typing import Any, Final

import pytest
from pydantic import AwareDatetime, BaseModel

from signoff.domain.integrity import read_record, render_record
from signoff.domain.record import JobRecord
from signoff.domain.removal import Erased
from signoff.domain.scrubbing import GOES, STAYS, scrubbed
from signoff.domain.status import JobStatus
from tests.domain.making import AT, MINUTE, a_record

ERASED: Final = Erased(at=AT + MINUTE, by="olga", reason="asked for")


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from models_in(part)


def whole_model() -> list[type[BaseModel]]:
    """List every part that a record can have, at any depth."""
    found: dict[type[BaseModel], None] = {}
    waiting: list[type[BaseModel]] = [JobRecord]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found[one] = None
            waiting += [part for field in one.model_fields.values() for part in models_in(field.annotation)]
    return list(found)


MODELS: Final = whole_model()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_it_is_decided_of_each_field_whether_it_stays(model: type[BaseModel]) -> None:
    """A new field goes into one of the two lists: does it hold, or quote, what was asked or answered?"""
    stays, goes = STAYS.get(model, "").split(), GOES.get(model, "").split()
    assert sorted(stays + goes) == sorted(model.model_fields)


def test_the_lists_name_nothing_that_no_record_has() -> None:
    assert set(STAYS) | set(GOES) == set(MODELS)


def filled(annotation: Any, place: str, depth: int = 0) -> Any:
    """Make a value of a type with a mark in each text that names its place."""
    parts = [part for part in typing.get_args(annotation) if part is not type(None)]
    match typing.get_origin(annotation):
        case None:
            return filled_plain(annotation, place, depth)
        case typing.Literal:
            return parts[0]
        case origin if origin is tuple:
            return (filled(parts[0], place, depth),)
        case origin if origin is dict:
            return {f"key of {mark(place)}": filled(parts[1], place, depth)}
    return filled(parts[0], place, depth)


def filled_plain(annotation: Any, place: str, depth: int) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return filled_model(annotation, depth + 1)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return next(iter(annotation))
    return {bool: True, int: 7, AwareDatetime: AT, timedelta: MINUTE}.get(annotation, mark(place))


def filled_model(model: type[BaseModel], depth: int = 0) -> BaseModel:
    assert depth < 10, "a part holds itself"
    values = {
        name: filled(typing.get_type_hints(model, include_extras=True)[name], f"{model.__name__}.{name}", depth)
        for name in model.model_fields
    }
    return model.model_construct(**values)


def mark(place: str) -> str:
    return f"<{place}>"


def marks_in(value: Any) -> set[str]:
    """Find the marks of a value, wherever they are."""
    if isinstance(value, BaseModel):
        return set().union(*(marks_in(getattr(value, name)) for name in type(value).model_fields))
    if isinstance(value, dict):
        return marks_in(tuple(value)) | marks_in(tuple(value.values()))
    if isinstance(value, tuple):
        return set().union(*map(marks_in, value)) if value else set()
    return {value[value.index("<") :]} if isinstance(value, str) and "<" in value else set()


def test_exactly_the_texts_that_stay_are_left_of_a_record_that_has_a_text_in_every_place() -> None:
    full = filled_model(JobRecord)
    assert isinstance(full, JobRecord)
    before, after = marks_in(full), marks_in(scrubbed(full, ERASED))
    goes = {mark(f"{model.__name__}.{name}") for model, names in GOES.items() for name in names.split()}
    assert before & goes
    # What is inside of a part that goes as a whole can't be left either.
    stays = {mark(f"{model.__name__}.{name}") for model, names in STAYS.items() for name in names.split()}
    assert after == (before & stays) - {mark("Erased.by"), mark("Erased.reason")}


@pytest.mark.parametrize("status", [status for status in JobStatus if status.is_closed])
def test_a_scrubbed_record_is_a_record_that_says_who_had_it_erased(status: JobStatus) -> None:
    record = scrubbed(a_record(status), ERASED)
    read = read_record(render_record(record), "record.json")
    assert read == record
    assert (read.erased, read.status, read.is_closed) == (ERASED, status, True)
    assert read.reason == "erased by olga at 2026-01-05 09:01 UTC: asked for"


@pytest.mark.parametrize("status", [status for status in JobStatus if status.is_closed])
def test_scrubbing_again_changes_nothing(status: JobStatus) -> None:
    once = scrubbed(a_record(status), ERASED)
    assert scrubbed(once, ERASED) == once


def test_what_proves_an_approval_stays() -> None:
    before, after = (
        record(a_record(JobStatus.COMPLETED)) for record in (lambda one: one, lambda one: scrubbed(one, ERASED))
    )
    assert after.approved_digest == before.approved_digest
    assert (after.approvers, after.receipt, after.tokens) == (before.approvers, before.receipt, before.tokens)
