"""The composition root of the commands: settings, Temporal and the archive make a `JobClient`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar

import typer
from temporalio.client import Client
from temporalio.service import RPCError

from signoff.adapters.archive import open_archive
from signoff.adapters.encrypted import EncryptedArchive
from signoff.adapters.guarded import guarded
from signoff.client import JobClient
from signoff.domain import names
from signoff.domain.attestation import Attestor
from signoff.domain.checks import Check
from signoff.domain.errors import RefusedError, SettingsError, UnreachableError
from signoff.domain.upkeep import UpkeepReport
from signoff.encryption import KeyRing
from signoff.settings import Settings, load_settings
from signoff.temporal import add_search_attributes, connect, is_silence
from signoff.upkeep import UpkeepStatus, run_upkeep, schedule_upkeep, upkeep_status

T = TypeVar("T")
UPKEEP_PATIENCE: Final = timedelta(minutes=5)
"""How long a command waits for the end of a run; the run goes on by itself."""


async def open_jobs(temporal: Client | None = None) -> JobClient:
    """Open what the environment names.

    Raises:
        SettingsError: A setting can't be used.
        UnreachableError: No Temporal server answers.
    """
    settings = load_settings()
    attestor, archive = _attestor(settings), guarded(archive_of(settings))
    temporal = temporal or await open_temporal()
    return JobClient(temporal, archive, check=_problems_in, check_review=_problems_with, attestor=attestor)


async def open_temporal(address: str | None = None) -> Client:
    """Connect to Temporal as its own variables and profiles say, or to an address.

    Raises:
        SettingsError: They can't be used.
        UnreachableError: No server answers.
    """
    try:
        return await connect(address, encryption=ring_of(load_settings()))
    except (RuntimeError, ValueError) as error:
        raise SettingsError(f"Temporal's own settings (TEMPORAL_*, its profiles) can't be used: {error}") from error


async def upkeep_scheduled() -> str:
    """Have the archive kept up daily, and say so; a server that has no schedules is no reason to fail.

    Raises:
        UnreachableError: No server answers, or it did not in time.
    """
    try:
        is_new = await schedule_upkeep(await open_temporal())
    except RefusedError as error:
        return str(error)
    return "the archive is kept up daily from now on" if is_new else "the archive is kept up daily already"


async def registered() -> tuple[str, list[str]]:
    """Register what the namespace lacks, and return its name and what was added.

    Raises:
        UnreachableError: No server answers, or it did not in time.
        RefusedError: The server does not let this be done here.
    """
    client = await open_temporal()
    try:
        return client.namespace, list(await add_search_attributes(client))
    except RPCError as error:
        if is_silence(error):
            raise UnreachableError(f"no answer from Temporal: {error.message}; this is safe to repeat") from error
        wanted = ", ".join(f"{name} ({kind})" for name, kind in names.SEARCH_ATTRIBUTES.items())
        told = f"Temporal refused: {error.message}; have these search attributes added to {client.namespace}: {wanted}"
        raise RefusedError(told) from error


async def upkept(*, is_dry_run: bool) -> UpkeepReport:
    """Have the archive kept up now.

    Raises:
        UnreachableError: No server or worker answers, or it goes on for longer.
        RefusedError: It failed.
    """
    return await run_upkeep(await open_temporal(), is_dry_run=is_dry_run, patience=UPKEEP_PATIENCE)


async def upkeep_standing() -> UpkeepStatus:
    """Say how the schedule of the upkeep stands.

    Raises:
        UnreachableError: No server answers.
    """
    return await upkeep_status(await open_temporal())


def with_jobs(context: typer.Context, act: Callable[[JobClient], Awaitable[T]]) -> T:
    """Do something with the jobs, from a command."""

    async def connected() -> T:
        return await act(await (context.obj or open_jobs)())

    return asyncio.run(connected())


def ring_of(settings: Settings) -> KeyRing:
    """Read the keys that histories and archive are encrypted with; without any the ring is empty.

    Raises:
        SettingsError: One of them can't be used.
    """
    try:
        return KeyRing.parse([entry.get_secret_value() for entry in settings.encryption_keys])
    except ValueError as error:
        raise SettingsError(f"SIGNOFF_ENCRYPTION_KEYS: {error}") from None


def archive_of(settings: Settings) -> EncryptedArchive:
    """Open the archive that the settings name.

    Raises:
        SettingsError: It can't be opened, or a key can't be used.
    """
    ring = ring_of(settings)
    try:
        return EncryptedArchive(open_archive(settings.archive), ring)
    except (ValueError, OSError) as error:
        told = f"the archive {settings.archive} can't be opened: {error}; see SIGNOFF_ARCHIVE_URL"
        raise SettingsError(told) from error


def _attestor(settings: Settings) -> Attestor:
    """Make what vouches for decisions; where this computer has no key, it vouches for none."""
    try:
        return Attestor([key.get_secret_value() for key in settings.attestation_keys])
    except ValueError as error:
        raise SettingsError(f"SIGNOFF_ATTESTATION_KEYS: {error}") from None


def _problems_in(parameters: Mapping[str, Any]) -> list[str]:
    from signoff.adapters.parameters import problems_in  # noqa: PLC0415  it brings OpenAI's client, which takes long

    return problems_in(parameters)


def _problems_with(checks: Sequence[Check]) -> list[str]:
    from signoff.adapters.checks import problems_with  # noqa: PLC0415  few requests have checks that need it

    return problems_with(checks)
