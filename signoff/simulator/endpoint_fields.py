"""The fields of calls about webhook endpoints: checked as OpenAI checks them."""

from collections.abc import Mapping
from typing import Any, Final

from signoff.simulator.checks import check_length, check_strings, check_type
from signoff.simulator.errors import invalid
from signoff.simulator.event_types import EVENT_TYPES
from signoff.simulator.registry import EndpointSettings
from signoff.simulator.webhook import TAKES_URL, checked_url

NAME_CHARACTERS, URL_CHARACTERS = 256, 2048
KEEPS_OLD: Final = "keep_old_secret_active_for_24_hours"
_SETTINGS: Final = {"event_types": "array", "name": "string", "url": "string"}


def check_settings(body: dict[str, Any], now: EndpointSettings | None = None) -> EndpointSettings:
    """Return the settings of an endpoint.

    Args:
        body: The request's; null counts as not given.
        now: What holds for fields that were left out; without it none may be.

    Raises:
        ApiError: 400 for what OpenAI refuses, and for an address elsewhere.
    """
    given = _known(body, _SETTINGS)
    if now is not None:
        given = {"event_types": list(now.event_types), "name": now.name, "url": now.url} | given
    for name in _SETTINGS:
        _require(name, given)
    check_length("name", "string", given["name"], NAME_CHARACTERS)
    check_length("url", "string", given["url"], URL_CHARACTERS)
    _check_url(given["url"])
    types = check_strings("event_types", given["event_types"])
    for position, each in enumerate(types):
        _check_event_type(f"event_types[{position}]", each)
    return EndpointSettings(given["name"], given["url"], tuple(dict.fromkeys(types)))


def check_event_type(body: dict[str, Any]) -> str:
    """Return the type of the sample that this body asks for."""
    given = _known(body, {"event_type": "string"})
    _require("event_type", given)
    _check_event_type("event_type", given["event_type"])
    return str(given["event_type"])


def check_rotation(body: dict[str, Any]) -> bool:
    """Tell whether this body asks to keep the old secret for a day."""
    return bool(_known(body, {KEEPS_OLD: "boolean"}).get(KEEPS_OLD, False))


def _known(body: dict[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """Return what was given, all of it known and of the right JSON type."""
    given = {key: value for key, value in body.items() if value is not None}
    for key, value in given.items():
        if key not in types:
            raise invalid(f"Unknown parameter: '{key[:80]}'.", code="unknown_parameter", param=key[:80])
        check_type(key, types[key], value)
    return given


def _require(name: str, given: Mapping[str, Any]) -> None:
    if name not in given:
        raise invalid(f"Missing required parameter: '{name}'.", code="missing_required_parameter", param=name)
    if not given[name]:
        kind = "array" if isinstance(given[name], list) else "string"
        message = f"Invalid '{name}': empty {kind}. Expected a minimum length of 1."
        raise invalid(message, code=f"empty_{kind}", param=name)


def _check_url(url: str) -> None:
    try:
        checked_url(url)
    except ValueError as error:
        message = f"Invalid 'url': the simulator takes {TAKES_URL}."
        raise invalid(message, code="invalid_value", param="url") from error


def _check_event_type(param: str, given: str) -> None:
    if given not in EVENT_TYPES:
        known = ", ".join(f"'{each}'" for each in EVENT_TYPES)
        message = f"Invalid value: '{given[:80]}'. Supported values are: {known}."
        raise invalid(message, code="invalid_value", param=param)
