"""What an amendment changes, read from options into one JSON merge patch (RFC 7396)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from signoff.domain.errors import BadRequestError
from starter.inputs import parse_json, parse_object, read_object

_WHAT: Final = 'the parameters to change, for example {"max_output_tokens": 8000}'


@dataclass(frozen=True)
class Amendment:
    """The options as they were typed."""

    response: str | None = None
    file: str | None = None
    settings: Sequence[str] = ()
    removals: Sequence[str] = ()
    deadline: str | None = None

    @property
    def words(self) -> list[str]:
        """The same options again."""
        given = ["--response", self.response] if self.response is not None else []
        given += ["--file", self.file] if self.file is not None else []
        for option, names in (("--set", self.settings), ("--unset", self.removals)):
            given += [word for name in names for word in (option, name)]
        return given + (["--deadline", self.deadline] if self.deadline is not None else [])

    def patch(self) -> dict[str, Any]:
        """Make the merge patch: the object of `--response` or `--file`, and on top of it each `--set` and `--unset`.

        Raises:
            BadRequestError: Names the option, and what is wrong with it.
        """
        patch = self._object()
        places: set[tuple[str, ...]] = set()
        for text in self.settings:
            name, value = _setting(text)
            _put(patch, _place(f"--set {name}", name, places), value, f"--set {name}")
        for name in self.removals:
            _put(patch, _place(f"--unset {name}", name, places), None, f"--unset {name}")
        if not patch and self.deadline is None:
            told = "nothing would change: name parameters with --set, --unset, --response or --file"
            raise BadRequestError(f"{told}, for example --set max_output_tokens=8000")
        return patch

    def _object(self) -> dict[str, Any]:
        if self.response is not None and self.file is not None:
            raise BadRequestError("--response and --file both hold the changes; give one of them")
        if self.response is not None:
            return parse_object(self.response, "--response", _WHAT)
        return read_object(self.file, _WHAT) if self.file is not None else {}


def _setting(text: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    if not sign:
        raise BadRequestError(f"--set {text}: must be NAME=VALUE, for example --set max_output_tokens=8000")
    try:
        read = parse_json(value)
    except (ValueError, RecursionError):
        return name, value
    if read is None:
        raise BadRequestError(f"--set {text}: a parameter can't be set to null; to leave it out, use --unset {name}")
    return name, read


def _place(option: str, name: str, places: set[tuple[str, ...]]) -> tuple[str, ...]:
    place = tuple(name.split("."))
    if not all(place):
        raise BadRequestError(f"{option}: names a parameter, or one inside it after a dot, like reasoning.effort")
    if place in places:
        raise BadRequestError(f"{option}: {name} is named twice")
    places.add(place)
    return place


def _put(patch: dict[str, Any], place: tuple[str, ...], value: object, option: str) -> None:
    *outer, last = place
    for part in outer:
        inner = patch.setdefault(part, {})
        if not isinstance(inner, dict):
            raise BadRequestError(f"{option}: {part} is given as a whole as well; give one of them")
        patch = inner
    if last in patch and isinstance(patch[last], dict):
        raise BadRequestError(f"{option}: parts of {last} are given as well; give one of them")
    patch[last] = value
