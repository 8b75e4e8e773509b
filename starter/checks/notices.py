"""Notices: whether the addresses that the settings name can be read. Nothing is sent."""

import asyncio
from typing import Final

from signoff.domain.errors import SettingsError
from signoff.settings import Settings
from starter.addresses import open_notifier
from starter.checks.check import Check, ok, problem, warning

NAME: Final = "notices"


async def notices(settings: Settings) -> Check:
    """Read the addresses as the workers do."""
    if not settings.has_notices:
        return ok(NAME, "nobody is told to act; SIGNOFF_NOTIFY_URLS and SIGNOFF_NOTIFY_FILE would say whom")
    try:
        notifier = await asyncio.to_thread(open_notifier, settings)
    except SettingsError as error:
        return problem(NAME, str(error), "mend it; workers don't start with it")
    told = ", ".join(map(str, notifier.addresses))
    if not settings.public_url:
        advice = "set SIGNOFF_PUBLIC_URL to where people reach the gateway"
        return warning(NAME, f"read: {told}; they have no links", advice)
    return ok(NAME, f"read: {told}; `signoff notify test` sends a sample")
