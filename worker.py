"""The worker: wires settings, adapters, activities and the workflow together, and runs until it is told to stop."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NoReturn

import httpx2
import structlog
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.announcements import AnnouncementActivities
from activities.archive import ArchiveActivities
from activities.delivery import DeliveryActivities
from activities.erasing import ErasureActivities
from activities.handing import HandingActivities
from activities.notify import NotifyActivities
from activities.redirecting import RedirectActivities
from activities.responses import ResponseActivities
from activities.reviews import ReviewActivities
from activities.strays import StrayActivities
from activities.upkeep import UpkeepActivities
from signoff.adapters.activities import AllowedActivities
from signoff.adapters.apprise import AppriseNotifier
from signoff.adapters.chat import ChatChannel
from signoff.adapters.checks import DraftChecker
from signoff.adapters.egress import literal_addresses, open_guarded_client
from signoff.adapters.file import FileChannel
from signoff.adapters.guarded import guarded
from signoff.adapters.http import HttpChannel
from signoff.adapters.mail import EmailChannel
from signoff.adapters.object import ObjectChannel
from signoff.adapters.openai import OpenAIResponses, open_client
from signoff.adapters.outgoing import OutgoingAddresses
from signoff.adapters.receiving import BodyReader
from signoff.adapters.release import ReleaseChannel
from signoff.adapters.secrets import DeliverySecrets
from signoff.announcing import Announcer
from signoff.client import JobClient
from signoff.domain import names
from signoff.domain.deployment import DEFAULT, Decisions, DeploymentPolicy
from signoff.domain.errors import SettingsError
from signoff.forgetting import TemporalHistories
from signoff.health import answering_probes
from signoff.policy import load_policy
from signoff.ports import Allowance, Archive, DeliveryChannel, Notifier, ResponseProvider
from signoff.process import attestor_of, connect_to_jobs, run_process, showing_metrics, usable_archive
from signoff.readiness import Readiness
from signoff.settings import Settings
from workflows.job import BackgroundJob
from workflows.links import GatewayLinks
from workflows.upkeep import Upkeep

log = structlog.stdlib.get_logger("signoff.worker")


def make_workers(  # noqa: PLR0913  the parts that are wired together
    client: Client,
    settings: Settings,
    provider: ResponseProvider,
    archive: Archive,
    channels: dict[str, DeliveryChannel],
    *,
    policy: DeploymentPolicy = DEFAULT,
    notifier: Notifier | None = None,
) -> tuple[Worker, Worker]:
    """Make the two workers of one process: one for jobs and their deeds, one for looks.

    Looks have a task queue and slots of their own, so that a crowd of waiting jobs delays nothing else.
    """
    checker, archive = DraftChecker(), guarded(archive)
    acting = acting_of(settings)
    allowed: dict[str, Allowance] = {**channels, "activity": acting}
    responses = ResponseActivities(provider, archive, allowed, checker, policy=policy)
    strays = StrayActivities(provider, archive, policy)
    announcer = Announcer(client, JobClient(client, archive))
    kept, upkeep = ArchiveActivities(archive), UpkeepActivities(archive, policy)
    shutdown = timedelta(seconds=settings.shutdown_seconds)
    deployment = deployment_of(settings)
    jobs = Worker(
        client,
        task_queue=names.TASK_QUEUE,
        workflows=[BackgroundJob, Upkeep],
        activities=[
            responses.create_response,
            responses.cancel_response,
            strays.find_response,
            strays.identify_response,
            strays.settle_stray,
            strays.record_stray,
            AnnouncementActivities(provider, announcer, policy).route_announcement,
            DeliveryActivities(channels, archive, policy).deliver,
            HandingActivities(acting, archive, policy).prepare_delivery,
            RedirectActivities(allowed, policy).examine_redirect,
            kept.archive_record,
            kept.record_refusal,
            ErasureActivities(archive, provider, TemporalHistories(client)).erase_job,
            upkeep.sweep_archive,
            upkeep.compact_index,
            NotifyActivities(notifier, policy).notify,
            ReviewActivities(archive, attestor_of(settings), checker).examine,
        ],
        max_cached_workflows=settings.cached_jobs,
        max_concurrent_activities=settings.activity_slots,
        graceful_shutdown_timeout=shutdown,
        deployment_config=deployment,
        interceptors=[GatewayLinks(settings.public_url)],
    )
    looks = Worker(
        client,
        task_queue=names.LOOK_TASK_QUEUE,
        activities=[responses.look_at_response, responses.look_when_announced],
        max_concurrent_activities=settings.look_slots,
        graceful_shutdown_timeout=shutdown,
        deployment_config=deployment,
    )
    return jobs, looks


def deployment_of(settings: Settings) -> WorkerDeploymentConfig | None:
    """Say which version of which Worker Deployment this process is; `None` where it is unversioned.

    Jobs wait for weeks, so they move to the current version instead of keeping the worker alive that began them.

    Raises:
        SettingsError: One of the two settings is missing.
    """
    if not settings.deployment_name and not settings.build_id:
        return None
    if not settings.deployment_name or not settings.build_id:
        raise SettingsError("SIGNOFF_DEPLOYMENT_NAME and SIGNOFF_BUILD_ID: set both, or neither")
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.deployment_name, settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


def notifier_of(settings: Settings) -> Notifier | None:
    """Make what tells people of jobs; `None` where the settings name nobody.

    Raises:
        SettingsError: An address can't be used.
    """
    if not settings.has_notices:
        return None
    urls = [url.get_secret_value() for url in settings.notify_urls]
    return AppriseNotifier(urls, settings.notify_file, settings.public_url)


def channels_of(settings: Settings, http: httpx2.AsyncClient) -> dict[str, DeliveryChannel]:
    """Make the channels by which deliveries go.

    Raises:
        SettingsError: A secret, an address or a recipient can't be used.
    """
    with told_of("SIGNOFF_DELIVERY_SECRETS"):
        secrets = DeliverySecrets.parse(settings.delivery_secrets)
    with told_of("SIGNOFF_DELIVERY_ADDRESSES"):
        addresses = OutgoingAddresses.parse(settings.delivery_addresses)
    with told_of("SIGNOFF_DELIVERY_RECIPIENTS"):
        mail = EmailChannel(addresses, settings.delivery_recipients)
    return {
        "release": ReleaseChannel(),
        "file": FileChannel(settings.delivered),
        "http": HttpChannel(
            http, settings.delivery_hosts, secrets, timedelta(seconds=settings.delivery_timeout_seconds)
        ),
        "object": ObjectChannel(settings.delivery_stores),
        "email": mail,
        "chat": ChatChannel(addresses),
    }


def acting_of(settings: Settings) -> AllowedActivities:
    """Make the list of the activities that deliveries may go to.

    Raises:
        SettingsError: An entry can't be used.
    """
    with told_of("SIGNOFF_DELIVERY_ACTIVITIES"):
        return AllowedActivities.parse(settings.delivery_activities)


@contextmanager
def told_of(setting: str) -> Iterator[None]:
    """Say of which setting a value can't be used."""
    try:
        yield
    except ValueError as error:
        raise SettingsError(f"{setting}: {error}") from None


async def run(settings: Settings) -> None:
    """Work until SIGINT or SIGTERM, then let running activities finish."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    deployment_of(settings)  # what can't be used is told before anything is connected
    archive = await usable_archive(settings)
    policy = load_policy(settings.policy_file, webhooks=settings.webhooks, notices=settings.has_notices)
    notifier = notifier_of(settings)
    if not attestor_of(settings) and policy.decisions is Decisions.GATEWAY_ONLY:
        raise SettingsError("SIGNOFF_ATTESTATION_KEYS: without one no decision could count under `gateway_only`")
    openai = open_client()
    client = await connect_to_jobs(settings, showing_metrics(settings))
    private_hosts = (*settings.delivery_private_hosts, *literal_addresses(settings.delivery_hosts))
    async with open_guarded_client(private_hosts) as http, openai:
        channels = channels_of(settings, http)
        provider = OpenAIResponses(openai, BodyReader(settings.response_limit_bytes))
        jobs, looks = make_workers(client, settings, provider, archive, channels, policy=policy, notifier=notifier)
        readiness = Readiness(client, archive, (jobs, looks))
        async with answering_probes(settings.health_address, readiness.problems), jobs, looks:
            log.info("worker.started", namespace=client.namespace, provider=str(openai.base_url))
            await stop.wait()
            readiness.drain()
            log.info("worker.stopping")
    log.info("worker.stopped")


def main() -> NoReturn:
    """Run the worker as a process. Exit codes: 0 stopped, 2 unusable settings, 5 Temporal unreachable."""
    run_process("worker", run)


if __name__ == "__main__":
    main()
