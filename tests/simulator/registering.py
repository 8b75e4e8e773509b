"""What the tests of webhook endpoints share."""

from collections.abc import Sequence
from typing import Any

import openai
from openai.types.webhooks import WebhookEndpointWithSecret
from standardwebhooks import Webhook, WebhookVerificationError

from tests.simulator.receiver import Received, Receiver

ENDS = ("response.completed", "response.failed", "response.cancelled", "response.incomplete")


async def register(
    client: openai.AsyncOpenAI, receiver: Receiver, event_types: Sequence[str] = ENDS
) -> WebhookEndpointWithSecret:
    asked: Any = list(event_types)
    return await client.webhooks.create(name="tests", url=receiver.url, event_types=asked)


def is_signed_by(received: Received, secret: str) -> bool:
    """Tell what OpenAI's client and an independent library say; they have to agree."""
    try:
        Webhook(secret).verify(received.body, received.headers)
        by_library = True
    except WebhookVerificationError:
        by_library = False
    try:
        openai.OpenAI(api_key="any").webhooks.verify_signature(received.body, received.headers, secret=secret)
        by_client = True
    except openai.InvalidWebhookSignatureError:
        by_client = False
    assert by_library == by_client
    return by_client
