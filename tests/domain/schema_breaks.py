"""What a later schema takes away from readers of an earlier one: fields, values, types, or the freedom to leave out."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

_Schema = Mapping[str, Any]

_LIMITS: Final = {
    "maxLength": 1,
    "maxItems": 1,
    "maximum": 1,
    "exclusiveMaximum": 1,
    "minLength": -1,
    "minItems": -1,
    "minimum": -1,
    "exclusiveMinimum": -1,
}
"""Bounds, and in which direction they may move."""


def breaks(before: _Schema, after: _Schema) -> list[str]:
    """List how documents or readers of the earlier schema would be broken by the later one."""
    found = [*_Comparison(before, after).of(before, after, "record")]
    lost = sorted(set(before.get("$defs", {})) - set(after.get("$defs", {})))
    return found + [f"$defs.{name}: removed" for name in lost]


class _Comparison:
    """Walks two schemas side by side; each pair of definitions once."""

    def __init__(self, before: _Schema, after: _Schema) -> None:
        self._before = before.get("$defs", {})
        self._after = after.get("$defs", {})
        self._seen: set[tuple[str, str]] = set()

    def of(self, before: _Schema, after: _Schema, where: str) -> Iterator[str]:
        names = before.get("$ref", ""), after.get("$ref", "")
        if all(names):
            if names in self._seen:
                return
            self._seen.add(names)
        before, after = _named(before, self._before), _named(after, self._after)
        if "anyOf" in before or "oneOf" in before or "anyOf" in after or "oneOf" in after:
            yield from self._alternatives(before, after, where)
            return
        yield from _of_values(before, after, where)
        yield from self._of_members(before, after, where)

    def _of_members(self, before: _Schema, after: _Schema, where: str) -> Iterator[str]:
        gone = before.get("properties", {}).keys() - after.get("properties", {}).keys()
        yield from (f"{where}.{name}: removed" for name in sorted(gone))
        newly = set(after.get("required", ())) - set(before.get("required", ()))
        yield from (f"{where}.{name}: newly required" for name in sorted(newly))
        for name, was in before.get("properties", {}).items():
            if name not in gone:
                yield from self.of(was, after["properties"][name], f"{where}.{name}")
        for key in ("items", "additionalProperties"):
            was, now = before.get(key, True), after.get(key, True)
            if now != was and now is False:
                yield f"{where}: {key} closed"
            elif isinstance(was, Mapping) and isinstance(now, Mapping):
                yield from self.of(was, now, f"{where}[]")
            elif isinstance(was, Mapping) != isinstance(now, Mapping):
                yield f"{where}: {key} became {'narrower' if isinstance(now, Mapping) else 'wider'}"

    def _alternatives(self, before: _Schema, after: _Schema, where: str) -> Iterator[str]:
        """Each alternative must live on. Objects may get company; a value that could not be null stays so."""
        now = [*map(self._after_named, _choices(after))]
        for was in (_named(one, self._before) for one in _choices(before)):
            same = next((one for one in now if _sort(one) == _sort(was)), None)
            if same is None:
                yield f"{where}: can no longer be {_sort(was)}"
            else:
                yield from self.of(was, same, f"{where}({_sort(was)})")
        had = {_sort(_named(one, self._before)) for one in _choices(before)}
        yield from (f"{where}: can now also be {_sort(one)}" for one in now if _sort(one) not in had and _is_plain(one))

    def _after_named(self, schema: _Schema) -> _Schema:
        return _named(schema, self._after)


def _of_values(before: _Schema, after: _Schema, where: str) -> Iterator[str]:
    if before.get("type") != after.get("type"):
        yield f"{where}: was {before.get('type', 'anything')}, is {after.get('type', 'anything')}"
    for key in ("format", "pattern", "const"):
        if before.get(key) != after.get(key):
            yield f"{where}: {key} was {before.get(key)!r}, is {after.get(key)!r}"
    lost = [value for value in before.get("enum", ()) if value not in after.get("enum", (value,))]
    yield from (f"{where}: the value {value!r} is gone" for value in lost)
    if "enum" in after and "enum" not in before:
        yield f"{where}: only certain values are left"
    for key, direction in _LIMITS.items():
        was, now = before.get(key), after.get(key)
        if now is not None and (was is None or (now - was) * direction < 0):
            yield f"{where}: {key} was {was}, is {now}"


def _named(schema: _Schema, definitions: Mapping[str, Any]) -> _Schema:
    """Put the definition in the place of a reference to it."""
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    return {**definitions[name], **schema} if name else schema


def _choices(schema: _Schema) -> list[_Schema]:
    return list(schema.get("anyOf") or schema.get("oneOf") or [schema])


def _sort(schema: _Schema) -> str:
    """Tell alternatives apart: by their definition, or by type and form."""
    told = schema.get("$ref") or f"{schema.get('type', 'anything')} {schema.get('format', '')}"
    return str(told).removeprefix("#/$defs/").strip()


def _is_plain(schema: _Schema) -> bool:
    return "properties" not in schema
