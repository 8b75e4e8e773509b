"""Checking create parameters against the OpenAI client's own types, before anything is sent or paid.

Those types are TypedDicts that take unknown keys and check some lists only when they are read, so their
schema is made strict first. An error in one member of a union is reported for the member that was meant.
What is said names places and rules, and repeats no value, which could be a prompt.
"""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any

from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from pydantic import TypeAdapter
from pydantic_core import ErrorDetails, SchemaValidator, ValidationError, core_schema

from signoff.domain.model import clipped

PROBLEMS_SHOWN = 10
PLACE_LIMIT, PROBLEM_LIMIT = 64, 500
_UNKNOWN = "unknown_parameter"
_Error = tuple[tuple[str | int, ...], ErrorDetails]


def problems_in(parameters: Mapping[str, Any]) -> list[str]:
    """List what is wrong with create parameters, each as `response.<place>: <rule>`."""
    try:
        _validator().validate_python(dict(parameters), strict=True)
    except ValidationError as error:
        errors = [(one["loc"], one) for one in error.errors(include_url=False, include_input=False)]
        problems = (clipped(one, limit_bytes=PROBLEM_LIMIT) for one in _explain(parameters, errors, "response"))
        return list(islice(dict.fromkeys(problems), PROBLEMS_SHOWN))
    is_meant = parameters.get("model") or parameters.get("prompt")
    return [] if is_meant else ["response.model: is missing; name the model, or a stored prompt"]


@cache
def _validator() -> SchemaValidator:
    return SchemaValidator(_strict(TypeAdapter(ResponseCreateParamsNonStreaming).core_schema))


def _strict(schema: Any) -> Any:  # noqa: ANN401  a core schema is nested dicts and lists
    if isinstance(schema, dict):
        strict = {key: _strict(value) for key, value in schema.items()}
        if strict.get("type") == "typed-dict":
            strict |= {"extra_behavior": "allow", "extras_schema": _refuse_others(strict["fields"])}
        if strict.get("type") == "generator":
            strict["type"] = "list"
        return strict
    if isinstance(schema, list | tuple):
        return type(schema)(_strict(value) for value in schema)
    return schema


def _refuse_others(fields: Iterable[str]) -> core_schema.CoreSchema:
    """Make a schema that no value fits, whose error names the fields that there are."""
    return core_schema.custom_error_schema(
        core_schema.is_instance_schema(_Nothing),
        _UNKNOWN,
        custom_error_message="OpenAI knows no such parameter",
        custom_error_context={"known": " ".join(fields)},
    )


class _Nothing:
    """Nobody makes one."""


def _explain(value: object, errors: Sequence[_Error], place: str) -> Iterator[str]:
    steps: dict[str | int, list[_Error]] = defaultdict(list)
    members: dict[str | int, list[_Error]] = defaultdict(list)
    for loc, error in errors:
        if not loc:
            yield f"{place}: {_sentence(error)}"
        else:
            group = steps if _is_step(value, loc, error) else members
            group[loc[0]].append((loc[1:], error))
    for step, inner in steps.items():
        yield from _explain(_child(value, step), inner, f"{place}.{clipped(str(step), limit_bytes=PLACE_LIMIT)}")
    if members:
        yield from _explain_union(value, list(members.values()), place)


def _explain_union(value: object, members: list[list[_Error]], place: str) -> Iterator[str]:
    """Explain the member that was meant: of the right kind and `type`, with the fewest fields wrong."""
    fitting = [errors for errors in members if not _is_other_kind(value, errors)] or members
    kinds = {kind for errors in fitting for kind in _expected_types(errors)}
    if isinstance(value, Mapping) and all(_expected_types(errors) for errors in fitting):
        close = difflib.get_close_matches(str(value.get("type"))[:PLACE_LIMIT], kinds, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(kinds))}"
        yield f"{place}.type: is not known; {hint}"
        return
    yield from _explain(value, min(fitting, key=_distance), place)


def _is_other_kind(value: object, errors: Sequence[_Error]) -> bool:
    """Whether a union's member is for another kind of value: text where an object was given, say."""
    kinds = [error["type"] for loc, error in errors if not loc]
    return any(kind.endswith("_type") or (kind == "literal_error" and not isinstance(value, str)) for kind in kinds)


def _distance(errors: Sequence[_Error]) -> tuple[bool, int]:
    return bool(_expected_types(errors)), len({loc[:1] for loc, _ in errors})


def _expected_types(errors: Sequence[_Error]) -> list[str]:
    """List the values of `type` that a union's member wanted, where that is what did not match."""
    wrong = [error for loc, error in errors if loc == ("type",) and error["type"] == "literal_error"]
    return [part.strip(" '") for error in wrong for part in error["ctx"]["expected"].replace(" or ", ",").split(",")]


def _is_step(value: object, loc: tuple[str | int, ...], error: ErrorDetails) -> bool:
    if isinstance(value, Mapping):
        return loc[0] in value or (len(loc) == 1 and error["type"] == "missing")
    return isinstance(value, list) and isinstance(loc[0], int)


def _child(value: object, step: str | int) -> object:
    if isinstance(value, Mapping):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) else None


def _sentence(error: ErrorDetails) -> str:
    match error["type"]:
        case "unknown_parameter":
            return error["msg"] + _nearest(error)
        case "missing":
            return "is missing"
        case _:
            return error["msg"].replace("Input should be", "must be")


def _nearest(error: ErrorDetails) -> str:
    close = difflib.get_close_matches(str(error["loc"][-1])[:PLACE_LIMIT], error["ctx"]["known"].split(), n=1)
    return f"; did you mean {close[0]}?" if close else ""
