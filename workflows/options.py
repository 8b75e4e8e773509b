"""How long each activity may take, and how often the server may repeat it."""

from datetime import timedelta
from typing import Final, Unpack

from temporalio import workflow
from temporalio.common import Priority, RetryPolicy
from temporalio.workflow import ActivityCancellationType, ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.heartbeat import HEARTBEAT_TIMEOUT
    from signoff.domain import names
    from signoff.domain.failures import FailureClass

_URGENT: Final = Priority(priority_key=1)
_BACKGROUND: Final = Priority(priority_key=5)

TOO_LARGE: Final = "PayloadsTooLarge"
_TOO_LARGE: Final = (TOO_LARGE,)
"""A result that is too large is too large every time; repeating it would only pay again."""

_REPEATED: Final = RetryPolicy(
    initial_interval=timedelta(seconds=5),
    backoff_coefficient=1,
    non_retryable_error_types=_TOO_LARGE,
)
"""Failures name their own delay. This one serves those that don't, as when a worker died: it does not grow, since
what is repeated for hours would wait for minutes after every such death."""

CREATE: Final = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=90),
    heartbeat_timeout=HEARTBEAT_TIMEOUT,
    retry_policy=RetryPolicy(maximum_attempts=1),
    cancellation_type=ActivityCancellationType.ABANDON,
    priority=_URGENT,
)
"""One activity execution is one paid create, so the server never repeats it."""

LOOK: Final = ActivityConfig(
    start_to_close_timeout=timedelta(minutes=5),
    heartbeat_timeout=HEARTBEAT_TIMEOUT,
    retry_policy=_REPEATED,
    cancellation_type=ActivityCancellationType.TRY_CANCEL,
    priority=_BACKGROUND,
)

ANNOUNCED_LOOK: Final = ActivityConfig(
    start_to_close_timeout=timedelta(minutes=5),
    heartbeat_timeout=HEARTBEAT_TIMEOUT,
    retry_policy=_REPEATED,
    cancellation_type=ActivityCancellationType.TRY_CANCEL,
    priority=_URGENT,
)
"""Whoever announced it waits for this, so it goes before the looks on schedule, whose task queue it shares."""

CANCEL: Final = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=90),
    schedule_to_close_timeout=timedelta(hours=24),
    heartbeat_timeout=HEARTBEAT_TIMEOUT,
    retry_policy=_REPEATED,
    priority=_URGENT,
)

FIND: Final = ActivityConfig(
    start_to_close_timeout=timedelta(minutes=5),
    schedule_to_close_timeout=timedelta(hours=24),
    heartbeat_timeout=HEARTBEAT_TIMEOUT,
    retry_policy=_REPEATED,
    priority=_URGENT,
)

STRAY: Final = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=90),
    schedule_to_close_timeout=timedelta(hours=24),
    heartbeat_timeout=HEARTBEAT_TIMEOUT,
    retry_policy=_REPEATED,
    cancellation_type=ActivityCancellationType.ABANDON,
    priority=_BACKGROUND,
)
"""What turned up besides is nobody's hurry, but it is settled even when the job is cancelled."""

EXAMINE: Final = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=30),
    schedule_to_close_timeout=timedelta(hours=1),
    retry_policy=_REPEATED,
    cancellation_type=ActivityCancellationType.ABANDON,
    priority=_URGENT,
)
"""A person waits for the answer; while the archive is down, the message waits rather than being lost."""

CHECK: Final = ActivityConfig(
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=1), maximum_attempts=20
    ),
    cancellation_type=ActivityCancellationType.ABANDON,
    priority=_URGENT,
)
"""Somebody else's worker makes it; its time is in the request, and holds for all of its executions together."""

DELIVER: Final = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=90),
    schedule_to_close_timeout=timedelta(days=31),
    heartbeat_timeout=HEARTBEAT_TIMEOUT,
    retry_policy=_REPEATED,
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    priority=_URGENT,
)
"""A cancel waits for a delivery that is under way, so that the record tells whether it arrived.

How long it is repeated is for the deployment's policy, up to thirty days; the limit is for a time without workers.
"""

PREPARE: Final = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=90),
    schedule_to_close_timeout=timedelta(days=31),
    heartbeat_timeout=HEARTBEAT_TIMEOUT,
    retry_policy=_REPEATED,
    cancellation_type=ActivityCancellationType.TRY_CANCEL,
    priority=_URGENT,
)
"""It reads and sends nothing, so a cancel need not wait for it."""

_REPEATABLE: Final = frozenset(
    {FailureClass.TRANSIENT, FailureClass.RATE_LIMITED, FailureClass.TIMEOUT, FailureClass.OUTCOME_UNKNOWN}
)

ACT: Final = ActivityConfig(
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=2),
        maximum_interval=timedelta(minutes=1),
        non_retryable_error_types=(
            *_TOO_LARGE,
            names.NO_ARCHIVE,
            *(one.value for one in FailureClass if one not in _REPEATABLE),
        ),
    ),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    priority=_URGENT,
)
"""Somebody else's worker delivers; the times are in the request. Classes that no repeat helps end it at once."""
DELIVER_ONCE: Final = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=90),
    schedule_to_close_timeout=timedelta(days=31),
    heartbeat_timeout=HEARTBEAT_TIMEOUT,
    retry_policy=RetryPolicy(maximum_attempts=1),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    priority=_URGENT,
)
"""For a destination that would take a repeat for another delivery: whatever ends an execution, the server begins no
second one. The job does, where it is known that nothing was sent."""

ARCHIVE: Final = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=60),
    schedule_to_close_timeout=timedelta(days=30),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=2),
        maximum_interval=timedelta(minutes=5),
        non_retryable_error_types=_TOO_LARGE,
    ),
    cancellation_type=ActivityCancellationType.ABANDON,
)

NOTIFY: Final = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=60),
    schedule_to_close_timeout=timedelta(minutes=15),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=5),
        maximum_interval=timedelta(minutes=2),
        non_retryable_error_types=_TOO_LARGE,
    ),
    cancellation_type=ActivityCancellationType.ABANDON,
    priority=_BACKGROUND,
)
"""News grows stale: what reached nobody in this time is a line in the record, and the job goes on."""


def extended(base: ActivityConfig, **more: Unpack[ActivityConfig]) -> ActivityConfig:
    """Add what differs from call to call, such as the summary that Temporal UI shows."""
    return {**base, **more}


def delivery(number: int, *, summary: str, is_repeatable: bool = True) -> ActivityConfig:
    """Name the activity of a delivery by its number, so that operators find it, but for the first one of a job.

    That one has always had Temporal's own id, which histories hold.
    """
    named = ActivityConfig(activity_id=f"{names.DELIVERY_ID}{number}") if number > 1 else ActivityConfig()
    return {**(DELIVER if is_repeatable else DELIVER_ONCE), **named, "summary": summary}
