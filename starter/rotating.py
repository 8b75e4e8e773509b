"""Going through the archive and the histories for the keys that they lie under."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner

from signoff.adapters.archive import ObjectArchive, require_usable
from signoff.adapters.encrypted import EncryptedArchive
from signoff.adapters.rotation import Rotation, Tally, Turn, inventory
from signoff.domain.errors import SettingsError, SignoffError
from signoff.encryption import KeyRing
from signoff.keeping import archive_of, ring_of
from signoff.settings import load_settings
from starter.connection import open_temporal
from starter.key_use import Histories, histories_of

_REDRAWN_PER_SECOND = 4


@dataclass
class Rotated:
    """What a rotation did, and what it found out about the keys.

    `silence` says why nothing is known of the histories, where that is so.
    """

    ring: KeyRing
    is_dry: bool
    tally: Tally = field(default_factory=Tally)
    histories: Histories = field(default_factory=Histories)
    silence: str = ""


def open_archive() -> tuple[EncryptedArchive, KeyRing]:
    """Open the archive and the keys that the environment names.

    Raises:
        SettingsError: One of them can't be used.
    """
    settings = load_settings()
    return archive_of(settings), ring_of(settings)


async def counted_archive(archive: EncryptedArchive) -> Tally:
    """Count the objects of the archive by the key that they lie under.

    Raises:
        SettingsError: The archive can't be used.
    """
    tally = Tally()
    await require_usable(archive.stored)
    await _shown(inventory(archive, tally), lambda: f"{tally.seen} objects read", is_quiet=False)
    return tally


async def rotated(*, is_dry: bool, is_quiet: bool) -> Rotated:
    """Re-encrypt the archive, then see which histories need which key.

    Raises:
        SettingsError: No key is set, or the archive can't be used.
    """
    archive, ring = open_archive()
    if not ring:
        raise SettingsError(
            "SIGNOFF_ENCRYPTION_KEYS is not set, so there is no key to encrypt with; `signoff keys new` makes one"
        )
    stored = archive.stored
    assert isinstance(stored, ObjectArchive)  # noqa: S101  as `archive_of` opens it
    await require_usable(stored)
    done = Rotated(ring, is_dry)
    await _shown(Rotation(archive, stored, is_dry=is_dry).run(done.tally), lambda: _progress(done), is_quiet=is_quiet)
    try:
        await _shown(_read(done.histories), lambda: f"{done.histories.read} histories read", is_quiet=is_quiet)
    except SignoffError as error:
        done.silence = str(error)
    return done


async def _read(histories: Histories) -> None:
    await histories_of(await open_temporal(), histories)


def _progress(done: Rotated) -> str:
    turns = done.tally.turns
    return f"{done.tally.seen} objects, {turns[Turn.REENCRYPTED]} re-encrypted, {turns[Turn.UNREADABLE]} unreadable"


async def _shown(work: Awaitable[None], told: Callable[[], str], *, is_quiet: bool) -> None:
    """Do something, and show on a terminal how far it is. How much there is in all nobody knows beforehand."""
    console = Console(stderr=True, highlight=False, markup=False)
    if is_quiet or not sys.stderr.isatty() or console.is_dumb_terminal:
        await work
        return
    spinner = Spinner("line")

    def moving() -> Spinner:
        spinner.update(text=told())
        return spinner

    with Live(console=console, get_renderable=moving, transient=True, refresh_per_second=_REDRAWN_PER_SECOND):
        await work
