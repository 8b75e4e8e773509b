"""A browser at the gateway's pages, without Temporal: who is let in has nothing to do with jobs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.pages.browsing import HTTPS, Browser, a_browser


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with a_browser(tmp_path) as opened:
        yield opened


@pytest.fixture
async def https_browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with a_browser(tmp_path, HTTPS, public_url=HTTPS) as opened:
        yield opened
