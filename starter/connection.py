"""The composition root of the commands: settings, Temporal and the archive make a `JobClient`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NoReturn, TypeVar

import typer
from temporalio.client import Client
from temporalio.service import RPCError

from signoff.adapters.guarded import guarded
from signoff.client import JobClient
from signoff.domain import names
from signoff.domain.attestation import Attestor
from signoff.domain.checks import Check
from signoff.domain.errors import RefusedError, SettingsError, UnreachableError
from signoff.domain.upkeep import UpkeepReport
from signoff.external import external_storage
from signoff.keeping import archive_of, ring_of
from signoff.settings import Settings, load_settings
from signoff.temporal import add_search_attributes, connect, is_silence
from signoff.upkeep import UpkeepStatus, run_upkeep, schedule_upkeep, upkeep_status
from starter.screen import complain

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


async def open_reading() -> JobClient:
    """Open what the environment names, to read jobs. Where no Temporal server answers, the archive alone is read.

    Raises:
        SettingsError: A setting can't be used.
    """
    try:
        return await open_jobs()
    except UnreachableError as error:
        complain(f"{error}. Temporal was not asked: closed jobs are read from the archive")
        return ArchivedJobs(await open_temporal(is_lazy=True), archive_of(load_settings()))


class ArchivedJobs(JobClient):
    """Reads the jobs that the archive holds, where Temporal does not answer; it is not asked again for each."""

    def _handle(self, job_id: str) -> NoReturn:
        told = f"the archive holds no closed job {job_id}, and Temporal, which knows the open ones, did not answer"
        raise UnreachableError(told)


async def open_temporal(address: str | None = None, *, is_lazy: bool = False) -> Client:
    """Connect to Temporal as its own variables and profiles say, or to an address; a lazy connection waits for a call.

    Raises:
        SettingsError: They can't be used.
        UnreachableError: No server answers.
    """
    try:
        settings = load_settings()
        storage = external_storage(archive_of(settings).stored)
        return await connect(address, encryption=ring_of(settings), storage=storage, is_lazy=is_lazy)
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


def with_jobs(
    context: typer.Context,
    act: Callable[[JobClient], Awaitable[T]],
    otherwise: Callable[[], Awaitable[T]] | None = None,
) -> T:
    """Do something with the jobs, from a command; `otherwise` is what can be done without a Temporal server."""

    async def connected() -> T:
        try:
            jobs = await (context.obj or open_jobs)()
        except UnreachableError:
            if otherwise is None:
                raise
            return await otherwise()
        return await act(jobs)

    return asyncio.run(connected())


def with_archive(context: typer.Context, act: Callable[[JobClient], Awaitable[T]]) -> T:
    """Do something with the jobs that only reads them, from a command: closed ones need no Temporal server."""

    async def opened() -> T:
        return await act(await (context.obj or open_reading)())

    return asyncio.run(opened())


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
