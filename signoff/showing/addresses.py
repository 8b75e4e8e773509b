"""Addresses that somebody else chose: where one leads, said plainly, and whether it may become a link."""

import unicodedata
from typing import Final, NamedTuple
from urllib.parse import urlsplit

LINKED_SCHEMES: Final = frozenset({"http", "https", "mailto"})
LONGEST_LINK: Final = 2_000


class Address(NamedTuple):
    """Where an address leads. `href` is empty where it must not become a link, and `host` where it names none."""

    href: str
    host: str


def read_address(url: str) -> Address:
    """Read an address as a browser would. A link has a known scheme and carries no user name and no oddities."""
    if len(url) > LONGEST_LINK or not url.isprintable() or any(map(_is_odd, url)):
        return Address("", "")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return Address("", "")
    if parts.scheme not in LINKED_SCHEMES:
        return Address("", "")
    if parts.scheme == "mailto":
        return Address(url, parts.path.rpartition("@")[2]) if "?" not in url else Address("", "")
    host = _ascii_host(parts.hostname or "")
    is_plain = bool(host) and "@" not in parts.netloc
    return Address(url if is_plain else "", f"{host}:{port}" if port and host else host)


def _is_odd(character: str) -> bool:
    return character in "\\<>\"'`{}|^" or character.isspace() or unicodedata.category(character) == "Cf"


def _ascii_host(host: str) -> str:
    """Write a host in the form that no look-alike can hide in; empty where it has none."""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return ""
