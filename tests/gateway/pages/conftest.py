"""A browser at the gateway's pages, without Temporal: who is let in has nothing to do with jobs."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.gateway.pages.a_provider import AProvider, serving_providers
from tests.gateway.pages.at_desk import Office, an_office
from tests.gateway.pages.browsing import HTTPS, Browser, a_browser
from tests.gateway.pages.oidc_ways import options_of


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with a_browser(tmp_path) as opened:
        yield opened


@pytest.fixture
async def https_browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with a_browser(tmp_path, HTTPS, public_url=HTTPS) as opened:
        yield opened


@pytest.fixture(scope="module")
def new_provider() -> Iterator[Callable[[], AProvider]]:
    with serving_providers() as serving:
        yield serving


@pytest.fixture
def provider(new_provider: Callable[[], AProvider]) -> AProvider:
    return new_provider()


@pytest.fixture
async def provider_browser(provider: AProvider, tmp_path: Path) -> AsyncIterator[Browser]:
    async with a_browser(tmp_path, HTTPS, public_url=HTTPS, provider=options_of(provider)) as opened:
        yield opened


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with an_office(tmp_path) as opened:
        yield opened
