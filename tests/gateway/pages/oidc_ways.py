"""The way of a browser through a provider and back."""

from typing import Any, Final

import httpx2

from signoff.gateway.pages.identity import IdentityRules, read_roles
from signoff.gateway.pages.options import ProviderOptions
from tests.gateway.pages.a_provider import CLIENT_ID, CLIENT_SECRET, AProvider
from tests.gateway.pages.browsing import Browser

RULES: Final = IdentityRules("email", "roles", read_roles(["editors=reviewer", "duty=operator"]))
NOT_NOW: Final = "The provider can't sign you in now"
NOT_BEGUN: Final = "The sign-in could not be finished"
DISCOVERY: Final = "/.well-known/openid-configuration"


def options_of(provider: AProvider, **changes: Any) -> ProviderOptions:
    given = {"issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "rules": RULES}
    return ProviderOptions(**{**given, **changes})


async def way_back(browser: Browser, provider: AProvider, destination: str = "/review") -> str:
    """Go to the provider, sign in there, and give the address that leads back."""
    there = await browser.open(f"/signin/oidc?next={destination}")
    assert there.status_code == 303, there.text
    return provider.sign_in(there.headers["location"])


async def signed_in(browser: Browser, provider: AProvider) -> httpx2.Response:
    return await browser.open(await way_back(browser, provider))
