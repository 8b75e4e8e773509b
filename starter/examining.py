"""Examining a deployment as a whole: every check at the same time, each for a bounded time."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from signoff.domain.errors import SettingsError
from signoff.settings import Settings, load_settings
from starter.checks import door, keys, notices, place, server
from starter.checks.check import Check, State, bounded, ok, problem
from starter.checks.provider import Provider
from starter.lines import fact


async def examined() -> Sequence[Check]:
    """Examine what this environment names; without usable settings, what needs none of them."""
    try:
        settings = load_settings()
    except SettingsError as error:
        told = problem("settings", str(error), "mend this variable; whatever depends on settings was not examined")
        return [told, *await _examined(None)]
    return [ok("settings", "every SIGNOFF_* variable is understood"), *await _examined(settings)]


async def _examined(settings: Settings | None) -> Sequence[Check]:
    has_webhooks, provider = bool(settings and settings.webhooks), Provider()
    found, key, endpoints, *rest = await asyncio.gather(
        server.temporal(has_webhooks=has_webhooks),
        _alone("openai key", provider.key()),
        _alone("webhook endpoints", provider.endpoints(has_webhooks=has_webhooks)),
        *(_here(settings) if settings else ()),
    )
    return [*found, *key, provider.clock(), *endpoints, *(check for checks in rest for check in checks)]


def _here(settings: Settings) -> Iterator[Any]:
    yield _alone("policy", place.policy(settings))
    yield _alone("archive", place.archive(settings))
    yield _alone("encryption", keys.encryption(settings))
    yield _alone("webhook secrets", place.secrets(settings))
    yield _alone("gateway", door.gateway(settings))
    yield _alone("tokens", place.tokens(settings))
    yield _alone("notices", notices.notices(settings))


async def _alone(name: str, work: Any) -> Sequence[Check]:  # noqa: ANN401  a coroutine that gives a check
    return [await bounded(name, work)]


def is_healthy(checks: Sequence[Check]) -> bool:
    """Whether nothing is a problem; warnings are allowed."""
    return not any(check.state is State.PROBLEM for check in checks)


def report(checks: Sequence[Check]) -> dict[str, Any]:
    """Give what was found as one document."""
    return {"checks": [asdict(check) for check in checks], "is_healthy": is_healthy(checks)}


def report_lines(checks: Sequence[Check]) -> Iterator[str]:
    """Show one line per check, and what to do."""
    width = max(len(check.name) for check in checks)
    for check in checks:
        advice = f" -> {check.advice}" if check.advice else ""
        yield fact(check.state, f"{check.name:<{width}}  {check.told}{advice}")
