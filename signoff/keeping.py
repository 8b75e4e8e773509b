"""The keys and the archive that the settings name, for every composition root."""

from signoff.adapters.archive import open_archive
from signoff.adapters.encrypted import EncryptedArchive
from signoff.domain.errors import SettingsError
from signoff.encryption import KeyRing
from signoff.settings import Settings


def ring_of(settings: Settings) -> KeyRing:
    """Read the keys that histories and archive are encrypted with; without any the ring is empty.

    Raises:
        SettingsError: One of them can't be used.
    """
    try:
        return KeyRing.parse([entry.get_secret_value() for entry in settings.encryption_keys])
    except ValueError as error:
        raise SettingsError(f"SIGNOFF_ENCRYPTION_KEYS: {error}") from None


def archive_of(settings: Settings) -> EncryptedArchive:
    """Open the archive that the settings name; what is written is encrypted where they name keys.

    Raises:
        SettingsError: It can't be opened, or a key can't be used.
    """
    ring = ring_of(settings)
    try:
        return EncryptedArchive(open_archive(settings.archive), ring)
    except (ValueError, OSError) as error:
        # Never the URL itself, which may hold credentials where it is wrong.
        raise SettingsError(f"SIGNOFF_ARCHIVE_URL: {error}") from error
