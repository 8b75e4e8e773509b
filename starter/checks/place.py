"""What is on this computer: the policy file, the webhooks' secrets, the tokens, and the archive."""

import asyncio
import stat
from typing import Final

from signoff.adapters.archive import PROBE, ObjectArchive, open_archive
from signoff.domain.errors import FaultError, SettingsError
from signoff.domain.webhooks import weakness_of
from signoff.policy import load_policy
from signoff.settings import Settings
from starter.checks.check import Check, ok, problem, warning

_PROBED: Final = b"written by signoff doctor\n"
_MOST_SECRETS: Final = 2
_FOR_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


async def policy(settings: Settings) -> Check:
    """Read the policy file as the workers do."""
    try:
        await asyncio.to_thread(load_policy, settings.policy_file)
    except SettingsError as error:
        return problem(
            "policy", str(error), "mend the file that SIGNOFF_POLICY_FILE names; workers don't start with it"
        )
    return ok("policy", f"read from {settings.policy_file}" if settings.policy_file else "the defaults")


async def secrets(settings: Settings) -> Check:
    """See whether the signing secrets are strong, and fit the setting of webhooks."""
    name, given = "webhook secrets", [secret.get_secret_value() for secret in settings.webhook_secrets]
    for place, secret in enumerate(given, 1):
        if weakness := weakness_of(secret):
            advice = "set SIGNOFF_WEBHOOK_SECRETS to what `signoff webhooks register` or `rotate` printed"
            return problem(name, f"secret {place} of {len(given)}: {weakness}", advice)
    if len(given) > _MOST_SECRETS:
        advice = "keep the newest one, and the one before it during a change"
        return problem(name, f"SIGNOFF_WEBHOOK_SECRETS has {len(given)} secrets; two are the most", advice)
    if settings.webhooks and not given:
        advice = "set SIGNOFF_WEBHOOK_SECRETS where the gateway runs, or SIGNOFF_WEBHOOKS=false"
        return warning(name, "SIGNOFF_WEBHOOKS is on and there is no secret here", advice)
    if given and not settings.webhooks:
        advice = "set SIGNOFF_WEBHOOKS=true for the workers, so that jobs rely on webhooks instead of polling"
        return warning(name, "there are secrets, and SIGNOFF_WEBHOOKS is off", advice)
    return ok(name, f"{len(given)} in use" if given else "none, and webhooks are off")


async def tokens(settings: Settings) -> Check:
    """See whether the file of the tokens is the gateway's alone."""
    name, file = "tokens", settings.tokens
    try:
        mode = (await asyncio.to_thread(file.stat)).st_mode
        await asyncio.to_thread(file.read_bytes)
    except FileNotFoundError:
        return ok(name, f"no tokens yet in {file}; `signoff token create` makes one for a caller of the gateway")
    except OSError as error:
        return problem(
            name, f"{file} can't be read: {error}", "give the gateway's user the file; see SIGNOFF_TOKENS_FILE"
        )
    if mode & _FOR_OTHERS:
        return problem(name, f"others may use {file} (mode {stat.S_IMODE(mode):o})", f"chmod 600 {file}")
    return ok(name, f"{file} is readable, by its owner alone")


async def archive(settings: Settings) -> Check:
    """Write an object, read it back, and remove it again."""
    name, advice = "archive", "see SIGNOFF_ARCHIVE_URL, and the rights and credentials of this process"
    try:
        opened = await asyncio.to_thread(open_archive, settings.archive)
        await opened.put(PROBE, _PROBED)
        found = await opened.get(PROBE)
    except FaultError as error:
        return problem(name, error.seen.message, advice)
    except ValueError as error:
        return problem(name, f"{settings.archive} can't be opened: {error}", advice)
    if found != _PROBED:
        return problem(name, f"{settings.archive}: what was written to {PROBE} did not come back", advice)
    if settings.archive == "memory:":
        return warning(name, "memory: is lost with each process", "set SIGNOFF_ARCHIVE_URL to a folder or a store")
    return ok(name, f"written and read: {settings.archive}, {await _left(opened)}")


async def _left(opened: ObjectArchive) -> str:
    """Remove the probe. Jobs remove nothing, so the right to do so is no condition of health."""
    try:
        await opened.delete(PROBE)
    except FaultError:
        return f"where {PROBE} stays, as this process may not delete"
    return "and removed again"
