"""What the worker and the gateway share as processes: settings, logs, Temporal, the archive, and how they end."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Final, NoReturn

from temporalio.client import Client
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError

from signoff.adapters.archive import require_usable
from signoff.adapters.guarded import GuardedArchive, guarded
from signoff.domain.attestation import Attestor
from signoff.domain.errors import SettingsError, UnreachableError
from signoff.domain.measures import METERS
from signoff.external import external_storage
from signoff.keeping import archive_of, ring_of
from signoff.logs import configure_logs
from signoff.secret_files import take_secret_files
from signoff.settings import Settings, load_settings
from signoff.temporal import connect, missing_search_attributes

_FLUSH_MILLIS: Final = 5_000
"""How long a process that ends waits for its last spans to be taken."""


def run_process(name: str, run: Callable[[Settings], Awaitable[None]]) -> NoReturn:
    """Run until it is done, and end. Exit codes: 0 stopped, 2 unusable settings, 5 Temporal unreachable."""
    code = 0
    try:
        take_secret_files(os.environ)
        settings = load_settings()
        as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
        configure_logs(as_json=as_json, level=settings.log_level)
        asyncio.run(_awaited(name, run, settings))
    except (SettingsError, UnreachableError, RPCError) as error:
        sys.stderr.write(f"{name}: {error}\n")
        code = 2 if isinstance(error, SettingsError) else 5
    sys.stdout.flush()
    sys.stderr.flush()
    # The SDK's own threads may abort an interpreter that shuts down normally, which would falsify the exit code.
    os._exit(code)


def showing_metrics(settings: Settings) -> Runtime | None:
    """Show the SDK's counters and our own where the settings say; `None` where they say nothing.

    Raises:
        SettingsError: Nothing can listen there.
    """
    if not settings.metrics_address:
        return None
    exporter = PrometheusConfig(
        bind_address=settings.metrics_address,
        counters_total_suffix=True,
        durations_as_seconds=True,
        histogram_bucket_overrides={meter.name: meter.bounds for meter in METERS if meter.bounds},
    )
    try:
        return Runtime(telemetry=TelemetryConfig(metrics=exporter))
    except (ValueError, RuntimeError) as error:
        told = f"SIGNOFF_METRICS_ADDRESS: {error}; it takes a free HOST:PORT with the host as an IP address"
        raise SettingsError(told) from None


async def connect_to_jobs(settings: Settings, runtime: Runtime | None = None) -> Client:
    """Connect to a namespace that jobs can live in.

    Raises:
        SettingsError: It lacks what jobs need, or Temporal's own settings can't be used.
        UnreachableError: No server answers.
    """
    storage = external_storage(archive_of(settings).stored)
    client = await connect(runtime=runtime, encryption=ring_of(settings), storage=storage)
    if settings.tracing:
        client = _tracing().traced(client)
    if missing := await missing_search_attributes(client):
        msg = f"the namespace {client.namespace} lacks {', '.join(missing)}; run `signoff setup` once"
        raise SettingsError(msg)
    return client


async def usable_archive(settings: Settings) -> GuardedArchive:
    """Open the archive that the settings name, and see whether it lets itself be used.

    Raises:
        SettingsError: It does not, and won't before somebody acts.
    """
    archive = archive_of(settings)
    await require_usable(archive.stored)
    return guarded(archive)


def attestor_of(settings: Settings) -> Attestor:
    """Make what vouches for decisions, or checks that the gateway did.

    Raises:
        SettingsError: A key is too short to be worth anything.
    """
    try:
        return Attestor([key.get_secret_value() for key in settings.attestation_keys])
    except ValueError as error:
        raise SettingsError(f"SIGNOFF_ATTESTATION_KEYS: {error}") from None


async def _awaited(name: str, run: Callable[[Settings], Awaitable[None]], settings: Settings) -> None:
    if not settings.tracing:
        await run(settings)
        return
    spans = _tracing().open_provider(f"signoff-{name}")
    try:
        await run(settings)
    finally:
        await asyncio.to_thread(spans.force_flush, _FLUSH_MILLIS)


def _tracing() -> ModuleType:
    """Load what traces, which few deployments have.

    Raises:
        SettingsError: The extra is not installed.
    """
    try:
        from signoff import tracing  # noqa: PLC0415  it needs an extra
    except ImportError as error:
        raise SettingsError(f"SIGNOFF_TRACING: {error.name} is missing; install signoff[tracing]") from None
    return tracing
