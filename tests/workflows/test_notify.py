"""The step `notify` on the real server: what was told survives from one execution to the next."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.notify import NotifyActivities
from activities.orders import NotifyOrder
from signoff.adapters.apprise import AppriseNotifier
from signoff.domain.deployment import ClassOverride, DeploymentPolicy, Failed
from signoff.domain.failures import FailureClass
from tests.adapters.wire import answering, serving
from tests.domain.test_notice import a_notice
from tests.workflows.telling import Telling

# Apprise loads its parts when they are first needed, and one of them asks for a module that Python is to drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SOON = DeploymentPolicy(
    classes={FailureClass.TRANSIENT: ClassOverride.model_construct(first_delay=timedelta(milliseconds=100), jitter=0)}
)
ORDER = NotifyOrder(job_id="brief-1", notice=a_notice(recipients=("ana",)))


async def told(env: WorkflowEnvironment, notifier: AppriseNotifier) -> Failed | None:
    activities = [NotifyActivities(notifier, SOON).notify]
    async with asyncio.timeout(30), Worker(env.client, task_queue="t", workflows=[Telling], activities=activities):
        return await env.client.execute_workflow(Telling.run, ORDER, id="brief-1", task_queue="t")


async def test_a_repeat_at_the_server_tells_those_alone_who_were_not(real_env: WorkflowEnvironment) -> None:
    async with serving(answering(200)) as well, serving(answering(500), answering(200)) as ill:
        failed = await told(real_env, AppriseNotifier([f"json://{well.host}", f"json://{ill.host}"], None, ""))
    assert failed is None
    assert (len(well.requests), len(ill.requests)) == (1, 2)


async def test_what_could_not_be_told_is_a_failure_and_stops_nothing(
    real_env: WorkflowEnvironment, tmp_path: Path
) -> None:
    (tmp_path / "notify.conf").write_text("bob=json://127.0.0.1:9\n")
    failed = await told(real_env, AppriseNotifier([], tmp_path / "notify.conf", ""))
    assert failed is not None
    assert failed.failure.failure_class is FailureClass.CONFIGURATION
    assert "no address hears of ana" in failed.failure.message
