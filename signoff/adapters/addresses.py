"""Reading the addresses that notices go to, without repeating any of their secrets."""

import contextlib
import logging
import re
import threading
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Final

from apprise import Apprise, AppriseAsset, NotifyBase
from apprise.config.base import ConfigBase

from signoff.domain.errors import SettingsError
from signoff.domain.model import identity

FILE_LIMIT_BYTES: Final = 131_072
ADDRESS_LIMIT: Final = 200
PACE_SECONDS: Final = 1.0
"""The longest pause between two notices to one address; by default apprise makes one of 5.5 s, for mail too."""
URLS: Final = "SIGNOFF_NOTIFY_URLS"
FILE: Final = "SIGNOFF_NOTIFY_FILE"
ADVICE: Final = "write it as docs/notifications.md shows; each kind of address has a form of its own"

_TALKATIVE: Final = ("apprise", "requests", "urllib3")
"""Who logs addresses: apprise itself, and below it those who name the path of each request."""

_PLACE: Final = re.compile(r"(?:on (line \d+)|(entry #\d+)(?:, item #\d+)?\)?)(?:[;.].*)?$", re.DOTALL)
"""Where apprise puts the place of an entry in its messages; everything else in them may be secret."""

_PRAISE: Final = ("Detected ", "Loaded ")

_DEPRECATED: Final = logging.ERROR + 1
"""Apprise's own level for what still works."""


@dataclass(frozen=True)
class Address:
    """One address: its number, its kind (such as `Slack`), and whom it is for; without tags, for everybody.

    `source` is the setting that names it.
    """

    number: int
    kind: str
    source: str
    tags: frozenset[str]
    service: NotifyBase = field(repr=False)

    def __str__(self) -> str:
        """Name it without its secrets."""
        return f"{self.number} ({self.kind})"

    def hears_of(self, recipients: Collection[str]) -> bool:
        """Whether a notice for these people and groups is for this address; one for nobody in particular is."""
        return not recipients or not self.tags or not self.tags.isdisjoint(map(tag_of, recipients))


def tag_of(name: str) -> str:
    """Write the name of a person or a group as a tag: small letters and digits, anything else as single dashes.

    Accents are dropped: `Zoë Lima` is `zoe-lima`, `group:legal` is `group-legal`.
    """
    letters = unicodedata.normalize("NFKD", identity(name))
    bare = "".join(character for character in letters if not unicodedata.combining(character))
    return re.sub(r"[\W_]+", "-", bare).strip("-")


def make_asset() -> AppriseAsset:
    """Make the settings under which apprise works here: nothing on disk, nothing fetched, nothing of its own shown."""
    return AppriseAsset(
        storage_mode="memory",
        secure_logging=True,
        allow_templates=False,
        # Notices have threads and a time limit of our own: with apprise's, a silent address would delay the others.
        async_mode=False,
        service_timeout=0,
        timezone=UTC,
        language="en",
        image_path_mask=False,
        app_id="Signoff",
        app_desc="Signoff",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        pgp_autogen=False,
        pem_autogen=False,
        # A redirect would take the notice, and what authorizes it, to where nobody sent it.
        http_redirects=False,
    )


def read_addresses(urls: Sequence[str], config: Path | None, asset: AppriseAsset) -> tuple[Address, ...]:
    """Read the URLs, then the entries of the file, numbered through.

    Raises:
        SettingsError: One of them can't be used; it is named by its place.
    """
    services = [(URLS, _service(url, place, asset)) for place, url in enumerate(urls, 1)]
    if config is not None:
        services += [(FILE, service) for service in _entries(config, asset)]
    if len(services) > ADDRESS_LIMIT:
        raise SettingsError(f"{URLS} and {FILE} name {len(services)} addresses; {ADDRESS_LIMIT} are the most")
    for _, service in services:
        service.request_rate_per_sec = min(service.request_rate_per_sec, PACE_SECONDS)
    return tuple(
        Address(
            number=number,
            kind=str(service.service_name),
            source=source,
            tags=frozenset(tag for given in service.tags if (tag := tag_of(str(given)))),
            service=service,
        )
        for number, (source, service) in enumerate(services, 1)
    )


def service_at(url: str, asset: AppriseAsset) -> NotifyBase | None:
    """Read one URL; `None` where apprise can't use it, or complains of a part of it."""
    service = None
    with _complaints() as complaints:
        service = Apprise.instantiate(url, asset=asset)
    return None if complaints.count else service


def without_logs() -> None:
    """Drop what apprise and the libraries below it log: their lines hold addresses, whatever level is asked for."""
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.handlers = [logging.NullHandler()]
        logger.setLevel(logging.CRITICAL + 1)


def _service(url: str, place: int, asset: AppriseAsset) -> NotifyBase:
    service = service_at(url, asset)
    if service is None:
        raise SettingsError(f"{URLS}: address {place} can't be used; {ADVICE}")
    return service


def _entries(config: Path, asset: AppriseAsset) -> list[NotifyBase]:
    text = _read(config)
    services, includes = list[object](), list[str]()
    with _complaints() as complaints:
        services, includes = ConfigBase.config_parse(text, asset=asset)
    if includes:
        raise SettingsError(f"{FILE}: {config} includes another file; put its entries into this one")
    if complaints.count or not services:
        where = ", ".join(dict.fromkeys(complaints.places)) or ("all of it" if complaints.count else "no entry in it")
        raise SettingsError(f"{FILE}: {config} can't be used: {where}; {ADVICE}")
    return [service for service in services if isinstance(service, NotifyBase)]


def _read(config: Path) -> str:
    try:
        with config.open("rb") as file:
            data = file.read(FILE_LIMIT_BYTES + 1)
        if len(data) > FILE_LIMIT_BYTES:
            raise SettingsError(f"{FILE}: {config} is larger than {FILE_LIMIT_BYTES} bytes")
        return data.decode()
    except OSError as error:
        raise SettingsError(f"{FILE}: {config} can't be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise SettingsError(f"{FILE}: {config} can't be read: it is not UTF-8") from None


class _Complaints(logging.Handler):
    """Counts what apprise complains of while this thread reads addresses, and keeps the places alone."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.count = 0
        self.places: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Take one line of apprise's log."""
        if record.thread != self._thread:
            return
        self.count += record.levelno >= logging.WARNING and record.levelno != _DEPRECATED
        text = record.getMessage()
        if not text.startswith(_PRAISE) and (found := _PLACE.search(text)):
            self.places.append((found[1] or found[2]).replace("#", ""))


@contextlib.contextmanager
def _complaints() -> Iterator[_Complaints]:
    """Listen to apprise's log, which is the only place where it says that it skipped an entry."""
    logger, complaints = logging.getLogger("apprise"), _Complaints()
    level = logger.level
    logger.addHandler(complaints)
    logger.setLevel(logging.DEBUG)
    try:
        yield complaints
    except Exception:
        # Whatever a library raises here may quote an address.
        complaints.count += 1
    finally:
        logger.removeHandler(complaints)
        logger.setLevel(level)
