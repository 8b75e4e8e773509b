"""One stack and one browser for all tests here. In every test no page may complain, and no request may leave."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, StorageState

from tests.browser.people import GET_ONE, NEEDED, People, chromium, chromium_path
from tests.browser.stack import PagesWorld, pages_world


def pytest_runtest_setup() -> None:
    """Skip without a browser; where one is needed that is a failure."""
    if chromium_path() is None:
        (pytest.fail if os.environ.get(NEEDED) else pytest.skip)(GET_ONE)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PagesWorld]:
    async with pages_world(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def signed_in() -> dict[str, StorageState]:
    """The sessions of those who have signed in, by name."""
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def people(browser: Browser, world: PagesWorld, signed_in: dict[str, StorageState]) -> AsyncIterator[People]:
    present = People(browser, world.url, world.secrets, signed_in)
    yield present
    await present.leave()
    assert present.complaints == []
