"""What a deployment can set about the pages, checked once at the start."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import SplitResult, urlsplit

import structlog

from signoff.domain.errors import SettingsError
from signoff.gateway.pages.cookies import Signing, utc_now
from signoff.gateway.pages.identity import IdentityRules

SECRET_MIN_BYTES: Final = 32
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

log: structlog.stdlib.BoundLogger = structlog.get_logger("signoff.gateway.pages")


@dataclass(frozen=True)
class ProviderOptions:
    """The OpenID Connect provider that people sign in with.

    Raises:
        SettingsError: A part is missing, or the issuer can't be relied on.
    """

    issuer: str
    client_id: str
    client_secret: str
    rules: IdentityRules

    def __post_init__(self) -> None:
        """Check what can be checked without asking the provider."""
        parts = _split(self.issuer)
        is_local = parts.scheme == "http" and parts.hostname in LOOPBACK
        if not parts.hostname or (parts.scheme != "https" and not is_local):
            raise SettingsError("SIGNOFF_OIDC_ISSUER: it begins with https://, as in https://login.example.com")
        if not self.client_id:
            raise SettingsError("SIGNOFF_OIDC_CLIENT_ID: the provider of SIGNOFF_OIDC_ISSUER gives one")
        if not (self.client_id + self.client_secret).isascii():
            raise SettingsError("SIGNOFF_OIDC_CLIENT_ID, SIGNOFF_OIDC_CLIENT_SECRET: they have ASCII characters alone")

    @property
    def host(self) -> str:
        """How people know it."""
        return urlsplit(self.issuer).netloc


@dataclass(frozen=True)
class PageOptions:
    """What a deployment can set about the pages.

    Args:
        session_secrets: What cookies are signed with. The first one signs, the others are still taken.
        public_url: Where people reach the gateway; empty while it is only reached on this machine.
        provider: Who signs people in beside the tokens.
        clock: Tells the time.

    Raises:
        SettingsError: A setting can't be used.
    """

    session_secrets: tuple[str, ...]
    public_url: str = ""
    provider: ProviderOptions | None = None
    clock: Callable[[], datetime] = utc_now

    def __post_init__(self) -> None:
        """Check what the pages rest on."""
        parts = _split(self.public_url.rstrip("/"))
        if self.public_url and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query):
            raise SettingsError("SIGNOFF_PUBLIC_URL: it is a scheme and a host, as in https://signoff.example.com")
        if self.provider and not self.public_url:
            raise SettingsError("SIGNOFF_PUBLIC_URL: the provider of SIGNOFF_OIDC_ISSUER sends people back there")

    @property
    def signing(self) -> Signing:
        """How cookies are signed and sent."""
        return Signing(self.session_secrets, is_https=self.public_url.startswith("https://"), clock=self.clock)

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends people back to."""
        return f"{self.public_url.rstrip('/')}/signin/oidc/callback"


def usable_secrets(given: Sequence[str]) -> tuple[str, ...]:
    """Give what cookies are signed with; a deployment that sets nothing gets a secret that ends with the process.

    Raises:
        SettingsError: A secret is so short that it could be guessed.
    """
    if not given:
        log.warning("pages.sessions_end_with_process", advice="set SIGNOFF_SESSION_SECRETS to keep people signed in")
        return (secrets.token_urlsafe(SECRET_MIN_BYTES),)
    for number, secret in enumerate(given, 1):
        if (size := len(secret.encode())) < SECRET_MIN_BYTES:
            told = f"SIGNOFF_SESSION_SECRETS: secret {number} has {size} bytes; it needs {SECRET_MIN_BYTES} or more"
            raise SettingsError(f"{told}, as `openssl rand -hex 32` makes them")
    return tuple(given)


def _split(address: str) -> SplitResult:
    """Split an address; one that can't be split has no parts."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
