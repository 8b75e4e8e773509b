"""The webhook endpoints that are registered."""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Final

from signoff.simulator.errors import ApiError, invalid
from signoff.simulator.script import Json
from signoff.simulator.webhook import PREFIX, Webhook, new_secret

# As many as keep the connections that all may have open at once below the usual limit of a process.
MOST_ENDPOINTS: Final = 20
MOST_AT_ONCE: Final = 32
OLD_SECRET_SECONDS: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """What the owner of an endpoint chooses."""

    name: str
    url: str
    event_types: tuple[str, ...]


@dataclass(slots=True)
class RegisteredEndpoint:
    """One endpoint; its times are seconds since the epoch.

    Attributes:
        old_secret: Signs too until `old_until`: the one before the last rotation, where that kept it.
        turns: How many webhooks may be on their way to it, so that a slow one takes no turn from another.
    """

    settings: EndpointSettings
    created_at: float
    updated_at: float
    id: str = field(default_factory=lambda: f"we_{secrets.token_hex(24)}")
    secret: str = field(default_factory=new_secret)
    old_secret: str | None = None
    old_until: float = 0.0
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_AT_ONCE))

    def webhook(self, now: float) -> Webhook:
        """Return where and with which secrets it is sent to at this time."""
        return Webhook(self.settings.url, self.secret, self.old_secret if now < self.old_until else None)

    def update(self, settings: EndpointSettings, now: float) -> None:
        """Take these settings; the same ones are no change."""
        if settings != self.settings:
            self.settings, self.updated_at = settings, now

    def rotate(self, now: float, *, keeps_old: bool) -> None:
        """Sign with a new secret from now on; one that an earlier rotation kept ends here."""
        self.old_secret, self.old_until = (self.secret, now + OLD_SECRET_SECONDS) if keeps_old else (None, 0.0)
        self.secret, self.updated_at = new_secret(), now

    def to_json(self, *, with_secret: bool = False) -> Json:
        """Return the endpoint as the API shows it."""
        shown = {
            "id": self.id,
            "object": "webhook_endpoint",
            "created_at": int(self.created_at),
            "updated_at": int(self.updated_at),
            "name": self.settings.name,
            "url": self.settings.url,
            "event_types": list(self.settings.event_types),
            "signing_secret_hint": f"{PREFIX}...{self.secret[-4:]}",
        }
        return shown | ({"signing_secret": self.secret} if with_secret else {})


class Registry:
    """All endpoints, in the order of their creates."""

    def __init__(self) -> None:
        self._endpoints: dict[str, RegisteredEndpoint] = {}

    def add(self, settings: EndpointSettings, now: float) -> RegisteredEndpoint:
        """Register an endpoint.

        Raises:
            ApiError: 400, when there are as many as there may be.
        """
        if len(self._endpoints) >= MOST_ENDPOINTS:
            message = f"This project has {MOST_ENDPOINTS} webhook endpoints, which is the limit. Delete one first."
            raise invalid(message, code="webhook_endpoint_limit_exceeded")
        endpoint = RegisteredEndpoint(settings, now, now)
        self._endpoints[endpoint.id] = endpoint
        return endpoint

    def get(self, endpoint_id: str) -> RegisteredEndpoint:
        """Return an endpoint.

        Raises:
            ApiError: 404, when there is none with this id or no longer.
        """
        if endpoint_id not in self._endpoints:
            raise ApiError(404, f"Webhook endpoint with id '{endpoint_id}' not found.")
        return self._endpoints[endpoint_id]

    def remove(self, endpoint_id: str) -> None:
        """Forget an endpoint, or answer as `get` does."""
        del self._endpoints[self.get(endpoint_id).id]

    def has(self, endpoint_id: str) -> bool:
        """Tell whether an endpoint is still registered."""
        return endpoint_id in self._endpoints

    def all(self) -> list[RegisteredEndpoint]:
        """Return every endpoint, the oldest first."""
        return list(self._endpoints.values())
