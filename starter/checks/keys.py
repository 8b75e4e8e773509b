"""Encryption: whether the keys can be used, and open what lies in the archive."""

from typing import Final

from signoff.adapters.encrypted import EncryptedArchive
from signoff.adapters.rotation import objects_of
from signoff.domain.errors import FaultError, SettingsError
from signoff.domain.model import counted
from signoff.encryption import KeyRing
from signoff.keeping import archive_of, ring_of
from signoff.settings import Settings
from starter.checks.check import Check, ok, problem, warning

SAMPLE: Final = 50
"""So many objects of the archive are read: the first ones that it lists."""

_NAME: Final = "encryption"


async def encryption(settings: Settings) -> Check:
    """Read the keys, and a sample of the archive with them."""
    try:
        ring = ring_of(settings)
    except SettingsError as error:
        return problem(_NAME, str(error), "mend the entry; no worker, gateway or command starts with it")
    try:
        archive = archive_of(settings)
        seen, plain, faults = await _sampled(archive)
    except (FaultError, SettingsError) as error:
        return warning(_NAME, f"{_keys(ring)}; the archive can't be looked at: {error}", "mend the archive first")
    if faults:
        told = f"{len(faults)} of {counted(seen, 'object')} can't be read: {faults[0]}"
        return problem(
            _NAME, told, "add the entry of that key to SIGNOFF_ENCRYPTION_KEYS; `signoff keys list --archive`"
        )
    return _judged(ring, seen, plain)


async def _sampled(archive: EncryptedArchive) -> tuple[int, int, list[str]]:
    """Read a few objects: how many there were, how many of them are plain, and what was wrong with which."""
    seen, plain, faults = 0, 0, list[str]()
    async for path in objects_of(archive.stored):
        found = await archive.stored.get(path)
        if found is not None:
            seen += 1
            plain += not archive.protection(found).key_id
            try:
                await archive.opened(path, found)
            except FaultError as fault:
                faults.append(str(fault))
        if seen >= SAMPLE:
            break
    return seen, plain, faults


def _judged(ring: KeyRing, seen: int, plain: int) -> Check:
    if not ring:
        advice = "set SIGNOFF_ENCRYPTION_KEYS where that matters: docs/encryption.md"
        return warning(_NAME, "no key is set, so histories and archive hold everything in the clear", advice)
    if plain:
        told = f"{_keys(ring)}; {plain} of {counted(seen, 'object')} of the archive are not encrypted"
        return warning(_NAME, told, "signoff keys rotate")
    return ok(_NAME, f"{_keys(ring)}; {counted(seen, 'object')} of the archive read with them")


def _keys(ring: KeyRing) -> str:
    if not ring:
        return "no key is set"
    others = ring.ids[1:]
    return f"{ring.ids[0]} encrypts" + (f", {', '.join(others)} only decrypt" if others else "")
