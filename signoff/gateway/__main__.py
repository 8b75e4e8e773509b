"""`python -m signoff.gateway`: webhooks and the HTTP job API as a process of its own."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NoReturn

import structlog
import uvicorn
from fastapi import FastAPI

from signoff.adapters.webhooks import OpenAIWebhooks
from signoff.announcing import Announcer
from signoff.census import CensusTaker
from signoff.client import JobClient
from signoff.domain.checks import Check
from signoff.domain.errors import SettingsError
from signoff.gateway.app import GatewayParts, create_app
from signoff.gateway.codec import CodecOptions, origin_of
from signoff.gateway.feeds import Feeds
from signoff.gateway.gauges import Gauges
from signoff.gateway.metrics import Metrics
from signoff.gateway.pages.identity import IdentityRules, read_roles
from signoff.gateway.pages.options import PageOptions, ProviderOptions, usable_secrets
from signoff.gateway.webhooks import WebhookReceiver, metrics_route, webhook_routes
from signoff.keeping import ring_of
from signoff.process import attestor_of, connect_to_jobs, run_process, usable_archive
from signoff.settings import Settings
from signoff.tokens import TokenStore

CONNECTIONS: Final = 2_000
SHUTDOWN_SECONDS: Final = 10

log = structlog.stdlib.get_logger("signoff.gateway")


async def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, then let open calls finish.

    Raises:
        SettingsError: A setting can't be used, or the namespace is not set up.
        UnreachableError: Temporal does not answer.
    """
    verifier, pages, ui_origin = open_verifier(settings), page_options(settings), origin_of(settings.temporal_ui_url)
    client = await connect_to_jobs(settings)
    jobs = JobClient(
        client,
        await usable_archive(settings),
        check=_problems_in,
        check_review=_problems_with,
        attestor=attestor_of(settings),
    )
    feeds, metrics = Feeds(jobs), Metrics()
    receiver = WebhookReceiver(verifier, Announcer(client, jobs), metrics)
    codec = CodecOptions(ring_of(settings), client.namespace, ui_origin)
    app = create_app(
        GatewayParts(jobs=jobs, tokens=TokenStore(settings.tokens), feeds=feeds, pages=pages, codec=codec),
        webhook_routes(receiver, lambda: {"webhooks": verifier is not None, "namespace": client.namespace}),
    )
    app.router.routes.append(metrics_route(metrics, Gauges(CensusTaker(client).take)))
    async with _loading(verifier):
        try:
            await _Server(_config(app, settings), feeds).serve()
        except SystemExit:
            where = f"{settings.gateway_host}:{settings.gateway_port}"
            raise SettingsError(f"nothing can listen at {where} (SIGNOFF_GATEWAY_HOST, SIGNOFF_GATEWAY_PORT)") from None


class _Server(uvicorn.Server):
    """Ends the streams of changes before it waits for open calls to finish."""

    def __init__(self, config: uvicorn.Config, feeds: Feeds) -> None:
        super().__init__(config)
        self._feeds = feeds

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop when told; uvicorn itself would then die of the signal, and its exit code would say so."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and let open calls finish."""
        await self._feeds.close()
        await super().shutdown(sockets)


def open_verifier(settings: Settings) -> OpenAIWebhooks | None:
    """Make the verifier; `None` where the deployment takes no webhooks.

    Raises:
        SettingsError: A secret is so weak that forgeries would pass.
    """
    if not settings.webhook_secrets:
        return None
    try:
        return OpenAIWebhooks([secret.get_secret_value() for secret in settings.webhook_secrets])
    except ValueError as error:
        raise SettingsError(f"SIGNOFF_WEBHOOK_SECRETS: {error}") from None


def page_options(settings: Settings) -> PageOptions:
    """Read what the settings say about the pages.

    Raises:
        SettingsError: One of them can't be used.
    """
    return PageOptions(
        session_secrets=usable_secrets([secret.get_secret_value() for secret in settings.session_secrets]),
        public_url=settings.public_url,
        provider=_provider_options(settings) if settings.oidc_issuer else None,
    )


def _provider_options(settings: Settings) -> ProviderOptions:
    rules = IdentityRules(settings.oidc_name_claim, settings.oidc_roles_claim, read_roles(settings.oidc_roles))
    return ProviderOptions(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        rules=rules,
    )


def _config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.gateway_host,
        port=settings.gateway_port,
        lifespan="off",
        access_log=False,
        log_config=None,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


@asynccontextmanager
async def _loading(verifier: OpenAIWebhooks | None) -> AsyncIterator[None]:
    """Load what the first webhook needs while the gateway already answers."""
    loading = asyncio.ensure_future(verifier.load()) if verifier else None
    try:
        yield
    finally:
        if loading:
            loading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await loading


def _problems_in(parameters: Mapping[str, Any]) -> list[str]:
    from signoff.adapters.parameters import problems_in  # noqa: PLC0415  it brings OpenAI's client, which takes long

    return problems_in(parameters)


def _problems_with(checks: Sequence[Check]) -> list[str]:
    from signoff.adapters.checks import problems_with  # noqa: PLC0415  few requests have checks that need it

    return problems_with(checks)


def main() -> NoReturn:
    """Run the gateway as a process. Exit codes: 0 stopped, 2 unusable settings, 5 Temporal unreachable."""
    run_process("gateway", run)


if __name__ == "__main__":
    main()
