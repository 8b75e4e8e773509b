"""What a deployment, and within its limits a job, may set about failures, waiting and spending."""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from signoff.domain.budget import Budget
from signoff.domain.failures import Failure, FailureClass, Stage
from signoff.domain.model import Input, Name, Value
from signoff.domain.panel import House
from signoff.domain.policies import DELIVERY, POLICIES, ClassPolicy, is_redeliverable
from signoff.domain.prices import PriceTable
from signoff.domain.retention import Retention
from signoff.domain.schedule import Looks, LookSchedule, WaitMode

_SECOND: Final = timedelta(seconds=1)
Delay = Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=7))]
Window = Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=30))]
AttemptLimit = Annotated[timedelta, Field(ge=_SECOND, le=timedelta(days=7))]
"""How long one attempt at a response may take, or a part of it."""

SOONEST: Final = "soonest"
DEADLINES: Final = {SOONEST: timedelta(hours=2), "2h": timedelta(hours=4), "8h": timedelta(hours=16)}
STUCK_AFTER: Final = {SOONEST: timedelta(hours=1), "2h": timedelta(hours=3), "8h": timedelta(hours=12)}
BUDGET: Final = Budget(attempts=10)
_RETRIABLE: Final = frozenset({FailureClass.TRANSIENT, FailureClass.RATE_LIMITED, FailureClass.TIMEOUT})


class OnUnknown(StrEnum):
    """What follows a create whose reply was lost, when no response turned up in the adoption window."""

    RECREATE = "recreate"
    """Another create. The record then says that the work was possibly paid twice."""

    PARK = "park"
    """Stop for a person."""


Groups = dict[Name, Annotated[tuple[Name, ...], Field(max_length=1_000)]]


class Decisions(StrEnum):
    """Which decisions count."""

    ANY = "any"
    """Those from Temporal UI and the `temporal` command too, under the name that was typed."""

    GATEWAY_ONLY = "gateway_only"
    """Only those for which the gateway vouches, after the person signed in there."""


class OnRedirect(StrEnum):
    """What follows when an operator has an approved result go to another destination than people saw."""

    REVIEW = "review"
    """People approve it anew, seeing where it is to go."""

    DELIVER = "deliver"
    """It is delivered there, since the deployment allows that destination."""


class ClassOverride(Input):
    """Changes to the rule of one failure class; what is absent stays."""

    automatic: bool | None = None
    first_delay: Delay | None = None
    growth: float | None = Field(default=None, ge=1, le=100)
    longest_delay: Delay | None = None
    jitter: float | None = Field(default=None, ge=0, le=1)
    attempts: int | None = Field(default=None, ge=1, le=1_000)
    window: Window | None = None

    def applied_to(self, policy: ClassPolicy) -> ClassPolicy:
        """Change a rule."""
        given = self.model_dump(exclude_none=True)
        if "automatic" in given:
            given["is_automatic"] = given.pop("automatic")
        return policy.model_copy(update=given)


Overrides = dict[FailureClass, ClassOverride]


def _only_retriable(overrides: Overrides) -> Overrides:
    if wrong := [one for one, override in overrides.items() if override.automatic and one not in _RETRIABLE]:
        msg = f"{', '.join(wrong)} can't be automatic: only {', '.join(sorted(_RETRIABLE))} are retried by themselves"
        raise ValueError(msg)
    return overrides


class JobPolicy(Input):
    """What one job sets, always within what its deployment permits.

    `classes` holds within the deployment's limits, `maximum` only lowers its budget, and `on_unknown` can only be
    the more careful answer.
    """

    classes: Overrides = Field(default_factory=dict)
    on_unknown: OnUnknown | None = None
    maximum: Budget = Budget()

    _check_classes = field_validator("classes")(_only_retriable)


class Limits(Input):
    """The most that a job may ask for, in `classes` and as its `deadline`; what goes beyond is held to it."""

    attempts: int = Field(default=100, ge=1, le=1_000)
    window: Window = timedelta(days=3)
    deadline: AttemptLimit = timedelta(days=7)


class Terms(Value):
    """What holds after one failure of one job: the deployment's rules with the job's own within them.

    The worker that met the failure sends them along with it, so they are in the history, and a deployment that
    changes its mind changes nothing that was decided already.
    """

    rule: ClassPolicy
    on_unknown: OnUnknown = OnUnknown.RECREATE
    adoption_window: timedelta = timedelta(minutes=2)
    attention_window: timedelta = timedelta(days=7)
    maximum: Budget = BUDGET
    is_noticed: bool = False

    def with_windows_of(self, other: "Terms") -> "Terms":
        """Keep the rule, and take everything else from other terms of the same job."""
        return other.model_copy(update={"rule": self.rule})


class Failed(Value):
    """A failure with the terms that hold after it."""

    failure: Failure
    terms: Terms

    @property
    def is_unknown_create(self) -> bool:
        """Whether a response may exist of which nobody knows."""
        failure = self.failure
        return failure.stage is Stage.CREATE and failure.failure_class is FailureClass.OUTCOME_UNKNOWN


def _bounded(budget: Budget) -> Budget:
    """Bound the paid attempts in any case."""
    return budget if budget.attempts else budget.model_copy(update={"attempts": BUDGET.attempts})


class DeploymentPolicy(Input):
    """The rules of a deployment; each has a default.

    `delivery` changes how long a delivery is repeated by itself, which holds in place of its failure's class.
    `on_redirect` says whether people approve anew when an operator changes where an approved result goes.
    `deadlines` bound one attempt and `stuck_after` its time in OpenAI's queue, by the completion window that was
    asked for; a window that is not named here has the values of `soonest`. `webhooks` says that announcements arrive,
    so that jobs with `wait: auto` rely on them; `looks` changes the schedules. `groups` are the members of the groups
    that reviews name; `decisions` says through which door decisions count, `notices` that people are told of what they
    have to do. `prices` say what responses cost, unknown without them. `adoption_window` is how long a response is
    waited for whose create was not answered, `attention_window` how long a stopped job waits. `retention` is how long
    the archive keeps what closed jobs left there.
    """

    classes: Overrides = Field(default_factory=dict)
    delivery: ClassOverride = ClassOverride()
    on_redirect: OnRedirect = OnRedirect.REVIEW
    on_unknown: OnUnknown = OnUnknown.RECREATE
    adoption_window: AttemptLimit = timedelta(minutes=2)
    attention_window: Annotated[timedelta, Field(ge=_SECOND, le=timedelta(days=365))] = timedelta(days=7)
    maximum: Annotated[Budget, AfterValidator(_bounded)] = BUDGET
    limits: Limits = Limits()
    webhooks: bool = False
    looks: Looks = Looks()
    groups: Groups = Field(default_factory=dict, max_length=200)
    decisions: Decisions = Decisions.ANY
    notices: bool = False
    deadlines: Annotated[dict[str, AttemptLimit], AfterValidator(lambda given: DEADLINES | given)] = DEADLINES
    retention: Retention = Retention()
    stuck_after: Annotated[dict[str, AttemptLimit], AfterValidator(lambda given: STUCK_AFTER | given)] = STUCK_AFTER

    prices: PriceTable | None = None

    _check_classes = field_validator("classes")(_only_retriable)

    @model_validator(mode="after")
    def _check_discounts(self) -> Self:
        for window in self.prices.discounts if self.prices else ():
            if window not in self.deadlines:
                msg = f"prices.discounts.{window}: no such completion window; known are {', '.join(self.deadlines)}"
                raise ValueError(msg)
        return self

    def house(self, groups: Iterable[str]) -> House:
        """Say what holds for a review whose policy names these groups."""
        named = {group: self.groups.get(group, ()) for group in groups}
        is_attested = self.decisions is Decisions.GATEWAY_ONLY
        return House(groups=named, is_attested=is_attested, is_noticed=self.notices)

    def terms(self, failure_class: FailureClass, stage: Stage, job: JobPolicy, *, is_repeatable: bool = True) -> Terms:
        """Say what holds after a failure of this class; `is_repeatable` is that of the destination, if there is one."""
        rule = self._rule(failure_class, job)
        if is_redeliverable(rule, failure_class, stage, is_repeatable=is_repeatable):
            rule = self.delivery.applied_to(DELIVERY)
        return Terms(
            rule=rule,
            on_unknown=OnUnknown.PARK if OnUnknown.PARK in {job.on_unknown, self.on_unknown} else self.on_unknown,
            adoption_window=self.adoption_window,
            attention_window=self.attention_window,
            maximum=job.maximum.within(self.maximum),
            is_noticed=self.notices,
        )

    def deadline(self, completion_window: str, asked: timedelta | None) -> timedelta:
        """Say how long one attempt may take: as the job asked, else by its completion window."""
        default = self.deadlines.get(completion_window, self.deadlines[SOONEST])
        return min(asked, max(self.limits.deadline, default)) if asked else default

    def schedule(self, mode: WaitMode) -> LookSchedule:
        """Say when to look at a response whose job waits in this mode."""
        return self.looks.schedule(mode, has_webhooks=self.webhooks)

    def stuck(self, completion_window: str) -> timedelta:
        """Say how long a response may say that it is queued."""
        return self.stuck_after.get(completion_window, self.stuck_after[SOONEST])

    def _rule(self, failure_class: FailureClass, job: JobPolicy) -> ClassPolicy:
        rule = self.classes.get(failure_class, ClassOverride()).applied_to(POLICIES[failure_class])
        wish = job.classes.get(failure_class)
        if wish is None:
            return rule
        asked = wish.applied_to(rule)
        return asked.model_copy(
            update={
                "is_automatic": asked.is_automatic and rule.is_automatic,
                "attempts": min(asked.attempts, max(self.limits.attempts, rule.attempts)),
                "window": min(asked.window, max(self.limits.window, rule.window)),
            }
        )


DEFAULT: Final = DeploymentPolicy()


def default_terms(failure_class: FailureClass, stage: Stage, *, is_repeatable: bool = True) -> Terms:
    """Give the terms of a failure that no worker was there to send any with; nothing is paid on such a guess."""
    return DEFAULT.terms(failure_class, stage, JobPolicy(on_unknown=OnUnknown.PARK), is_repeatable=is_repeatable)
