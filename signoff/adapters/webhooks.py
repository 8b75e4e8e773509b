"""OpenAI's webhooks, told from forgeries by the verifier of its own client."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from signoff.domain.webhooks import weakness_of

_SIGNATURES: Final = re.compile(r"v[0-9]+[a-z]?,[A-Za-z0-9+/=]+( v[0-9]+[a-z]?,[A-Za-z0-9+/=]+)*")
"""The form that Standard Webhooks gives the header; the client's verifier takes a bare signature too."""

Verify = Callable[[bytes, Mapping[str, str], str], None]


class OpenAIWebhooks:
    """The `WebhookVerifier` port on OpenAI's client, which is loaded beside everything else as it takes a while.

    Args:
        secrets: The signing secrets that count, each as good as the other; two of them during a rotation.

    Raises:
        ValueError: A secret is so weak that forgeries would pass.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        for number, secret in enumerate(secrets, start=1):
            if weakness := weakness_of(secret):
                msg = f"signing secret {number}: {weakness}"
                raise ValueError(msg)
        self._secrets = tuple(secrets)
        self._verify: Verify | None = None

    async def load(self) -> None:
        """Load the client's verifier, so that the first webhook need not wait for it."""
        self._verify = self._verify or await asyncio.to_thread(_load_verifier)

    async def is_genuine(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether one of the secrets signed this body within the last five minutes."""
        if not _SIGNATURES.fullmatch(headers.get("webhook-signature", "")):
            return False
        await self.load()
        return any(self._is_signed(body, headers, secret) for secret in self._secrets)

    def _is_signed(self, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        if self._verify is None:
            return False
        try:
            self._verify(body, headers, secret)
        except Exception:
            return False
        return True


def _load_verifier() -> Verify:
    from openai import OpenAI  # noqa: PLC0415  it takes a second or two, during which the gateway already answers

    # Verifying needs no key, but the client wants one to be made.
    webhooks = OpenAI(api_key="none, as nothing is called").webhooks

    def verify(body: bytes, headers: Mapping[str, str], secret: str) -> None:
        webhooks.verify_signature(body, headers, secret=secret)

    return verify
