"""JSON Schema (draft 2020-12) with bounded work, and without a reference to anything outside the schema.

Left to itself, the library hangs on some schemas and texts: patterns in Python's syntax, definitions that refer to
each other twice, lists of unlike members that must be unique. So each rule is counted before it is applied, and what
can't be counted is done here or not taken.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker, SchemaError, ValidationError, validators
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from signoff.adapters.patterns import Pattern, PatternError

WORK_LIMIT: Final = 4_000_000
"""How many steps one validation may take: measured, 1 to 2 µs each."""

NOT_TAKEN: Final = frozenset({"unevaluatedItems", "unevaluatedProperties"})
"""Rules whose work grows with the square of the text."""

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_NO_FORMATS: Final = FormatChecker(())
"""Among the formats is that of a pattern in Python's syntax; here RE2 alone says what is one."""

_REFERENCES: Final = ("$ref", "$dynamicRef")
_DEAR: Final = {"$ref": 30, "$dynamicRef": 30, "allOf": 10, "anyOf": 10, "oneOf": 10, "not": 10, "if": 10}
"""What a rule costs that leads to other schemas, where another one costs a step."""

_PATTERN_WORK_PER_STEP: Final = 100
_CHARACTERS_PER_STEP: Final = 10
_TOO_DEEP: Final = "is nested too deeply"


class TooMuchWorkError(Exception):
    """A text that can't be held against a schema within the limit."""


def problems_in_schema(schema: Mapping[str, Any]) -> list[str]:
    """List why something is no schema that can be used; empty when it is one."""
    try:
        Draft202012Validator.check_schema(schema, format_checker=_NO_FORMATS)
        return list(dict.fromkeys(_problems(schema)))
    except SchemaError as error:
        return [f"is no schema of draft 2020-12, at {error.json_path}: {error.message}"]
    except RecursionError:
        return [_TOO_DEEP]


def mismatches(schema: Mapping[str, Any], value: object) -> Iterator[ValidationError]:
    """Give each place where a JSON value breaks the schema, one after the other.

    Raises:
        TooMuchWorkError: The limit was reached, or the nesting is too deep.
        PatternError: The schema holds a pattern that RE2 does not take.
    """
    try:
        validator = _validator_class(_Work())(_without_drafts(schema), registry=Registry())
        yield from validator.iter_errors(value)
    except RecursionError:
        raise TooMuchWorkError(_TOO_DEEP) from None


class _Work:
    """What is left of the work that one validation may cause."""

    def __init__(self) -> None:
        self._left = WORK_LIMIT

    def spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise TooMuchWorkError("needs too much work")


def _validator_class(work: _Work) -> Any:  # noqa: ANN401  the library makes the class
    rules: dict[str, Any] = dict(Draft202012Validator.VALIDATORS) | dict.fromkeys(NOT_TAKEN, _refuse)
    rules |= {name: make(work) for name, make in _OWN.items()}
    counted = {name: _counted(rule, work, _DEAR.get(name, 1)) for name, rule in rules.items()}
    return validators.extend(Draft202012Validator, counted)  # type: ignore[no-untyped-call]  # it has no types


def _counted(rule: Any, work: _Work, price: int) -> Any:  # noqa: ANN401  a function as the library wants it
    def apply(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401
        work.spend(price * (1 + _size(wanted)) + _size(value))
        yield from rule(validator, wanted, value, schema) or ()

    return apply


def _size(value: object) -> int:
    return len(value) if isinstance(value, list | dict) else 0


def _refuse(*_: object) -> Iterator[ValidationError]:
    raise TooMuchWorkError("holds a rule that is not taken")


def _unique_items(work: _Work) -> Any:  # noqa: ANN401  a function as the library wants it
    def apply(_validator: Any, wanted: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401
        seen = set()
        for one in value if wanted and isinstance(value, list) else ():
            key = _key(one)
            work.spend(len(key) // _CHARACTERS_PER_STEP)
            if key in seen:
                yield ValidationError("has members that are equal")
                return
            seen.add(key)

    return apply


def _key(value: Any) -> str:  # noqa: ANN401  any JSON value
    """Write a value such that equal ones are written the same; `1.0` is 1, but `true` is not."""

    def plain(one: Any) -> Any:  # noqa: ANN401
        match one:
            case list():
                return [plain(member) for member in one]
            case dict():
                return {name: plain(member) for name, member in one.items()}
            case float() if one.is_integer():
                return int(one)
        return one

    return json.dumps(plain(value), sort_keys=True)


def _pattern(work: _Work) -> Any:  # noqa: ANN401  a function as the library wants it
    def apply(_validator: Any, wanted: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401
        if isinstance(value, str) and not _is_match(wanted, value, work):
            yield ValidationError("does not match the pattern")

    return apply


def _pattern_properties(work: _Work) -> Any:  # noqa: ANN401  a function as the library wants it
    def apply(validator: Any, wanted: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401
        for pattern, inner in wanted.items() if isinstance(value, dict) else ():
            for name, member in value.items():
                if _is_match(pattern, name, work):
                    yield from validator.descend(member, inner, path=name, schema_path=pattern)

    return apply


def _additional_properties(work: _Work) -> Any:  # noqa: ANN401  a function as the library wants it
    def apply(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401
        patterns = schema.get("patternProperties", {})
        for name, member in value.items() if isinstance(value, dict) else ():
            is_known = name in schema.get("properties", {}) or any(_is_match(one, name, work) for one in patterns)
            if wanted is False and not is_known:
                yield ValidationError("is a property too many", path=(name,))
            elif not is_known:
                yield from validator.descend(member, wanted, path=name)

    return apply


_OWN: Final = {
    "uniqueItems": _unique_items,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
}
"""The rules that are done here, each made with the work that it may cause."""


def _is_match(pattern: str, text: str, work: _Work) -> bool:
    compiled = _compiled(pattern)
    work.spend(1 + compiled.work * len(text) // _PATTERN_WORK_PER_STEP)
    return compiled.find(text) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Pattern:
    return Pattern(pattern)


def _without_drafts(value: Any) -> Any:  # noqa: ANN401  any JSON value
    """Leave out every `$schema`: at one, the library would go on with a class that counts nothing."""
    if isinstance(value, dict):
        return {
            name: _without_drafts(one) for name, one in value.items() if name != "$schema" or not isinstance(one, str)
        }
    return [_without_drafts(one) for one in value] if isinstance(value, list) else value


def _problems(schema: Mapping[str, Any]) -> Iterator[str]:
    if schema.get("$schema", _DRAFT).rstrip("#") != _DRAFT:
        yield f"$schema: only draft 2020-12 ({_DRAFT}) is taken"
    root: Resource[Any] = DRAFT202012.create_resource(dict(schema))
    waiting = [(root, Registry[Any]().resolver_with_root(root))]
    while waiting:
        resource, resolver = waiting.pop()
        if isinstance(resource.contents, dict):
            yield from _problems_of_one(resource.contents, resolver)
        waiting += [(inner, resolver.in_subresource(inner)) for inner in resource.subresources()]


def _problems_of_one(schema: Mapping[str, Any], resolver: Any) -> Iterator[str]:  # noqa: ANN401  the library's own
    for reference in (schema[keyword] for keyword in _REFERENCES if keyword in schema):
        try:
            resolver.lookup(reference)
        except (Unresolvable, LookupError, TypeError, ValueError):
            yield f"the reference {reference} leads nowhere within the schema, and nothing else is read"
    yield from (f"{keyword} is not taken; additionalProperties or items may do" for keyword in NOT_TAKEN & set(schema))
    patterns = [schema["pattern"]] if "pattern" in schema else []
    for pattern in [*patterns, *schema.get("patternProperties", {})]:
        try:
            Pattern(pattern)
        except PatternError as error:
            yield f"the pattern {pattern} {error}"
