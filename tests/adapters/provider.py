"""The OpenAI adapter as the worker opens it, pointed at a server of the test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from signoff.adapters.openai import OpenAIResponses, open_client
from signoff.adapters.receiving import LIMIT_BYTES, BodyReader

CREATE = {"model": "gpt-5.5", "input": "How do tides work?", "background": True, "store": True}


@asynccontextmanager
async def provider_at(
    url: str, *, timeout_seconds: float = 10.0, limit_bytes: int = LIMIT_BYTES
) -> AsyncIterator[OpenAIResponses]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "sk-a-key")
        patch.setenv("OPENAI_BASE_URL", f"{url}/v1")
        patch.setenv("NO_PROXY", "127.0.0.1")
        client = open_client()
    async with client:
        yield OpenAIResponses(client.with_options(timeout=timeout_seconds), BodyReader(limit_bytes))
