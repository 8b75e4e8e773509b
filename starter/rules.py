"""The rules of a deployment, as a table and in sentences."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from signoff.domain.budget import Budget
from signoff.domain.deployment import DeploymentPolicy, JobPolicy, OnRedirect, OnUnknown
from signoff.domain.failures import FailureClass, Stage
from signoff.domain.model import in_words
from signoff.domain.policies import ClassPolicy
from signoff.domain.schedule import WaitMode
from starter.lines import fact, part
from starter.pricing import price_lines
from starter.table import columns

_UNKNOWN: Final = {
    OnUnknown.RECREATE: "another create is sent, up to the tries of outcome_unknown; the record then says that the work"
    " was possibly paid twice",
    OnUnknown.PARK: "the job stops for an operator",
}
_REDIRECTED: Final = {
    OnRedirect.REVIEW: "is approved anew first",
    OnRedirect.DELIVER: "is delivered there at once",
}


def policy_lines(policy: DeploymentPolicy, file: Path | None) -> Iterator[str]:
    """Show the rules in force."""
    origin = f"from {file} (SIGNOFF_POLICY_FILE)" if file else "the defaults; SIGNOFF_POLICY_FILE names no file"
    yield f"rules about failures, waiting and spending: {origin}"
    yield "  a worker reads them when it starts, so restart the workers after a change"
    yield from part("after a failure, by its class", columns(_HEADER, [_row(policy, one) for one in FailureClass]))
    if policy.classes:
        yield "  * changed by the file"
    yield "besides"
    yield from (fact(name, text) for name, text in _sentences(policy))
    yield from part("waiting for OpenAI, by the completion window that was asked for", columns(*_windows(policy)))
    yield from price_lines(policy.prices)


def policy_document(policy: DeploymentPolicy, file: Path | None) -> dict[str, Any]:
    """Give the rules in force as one JSON object; durations are in ISO 8601."""
    rules = {one: _rule(policy, one, Stage.LOOK).model_dump(mode="json") for one in FailureClass}
    delivery = _delivery(policy)
    settings = policy.model_dump(mode="json", exclude={"classes", "delivery"})
    return {
        "policy_file": str(file) if file else None,
        "classes": rules,
        "delivery": {**delivery.model_dump(mode="json"), "classes": _repeated(policy)},
        **settings,
    }


_HEADER: Final = ("CLASS", "RETRIED", "DELAYS", "AT MOST", "THEN", "WHO ACTS")


def _row(policy: DeploymentPolicy, failure_class: FailureClass) -> tuple[str, ...]:
    rule = _rule(policy, failure_class, Stage.LOOK)
    changed = " *" if failure_class in policy.classes else ""
    is_unknown = failure_class is FailureClass.OUTCOME_UNKNOWN
    may_recreate = is_unknown and policy.on_unknown is OnUnknown.RECREATE
    retried = "by on_unknown" if is_unknown else "yes" if rule.is_automatic else "no"
    bounds = (_delays(rule), _bounds(rule)) if rule.is_automatic or may_recreate else ("-", "-")
    return (f"{failure_class}{changed}", retried, *bounds, rule.next_action, rule.actor)


def _sentences(policy: DeploymentPolicy) -> Iterator[tuple[str, str]]:
    delivery = _delivery(policy)
    repeated = (
        f"{', '.join(_repeated(policy))} are repeated under the same key: {_delays(delivery)}, {_bounds(delivery)}"
    )
    yield "delivery", repeated if delivery.is_automatic else "every fault of a delivery stops the job for an operator"
    waited = (
        f"after a create whose reply was lost and {in_words(policy.adoption_window)} without a sign of its response"
    )
    yield "on_unknown", f"{policy.on_unknown}: {waited} (adoption_window), {_UNKNOWN[policy.on_unknown]}"
    yield (
        "on_redirect",
        f"{policy.on_redirect}: an approved result that is sent elsewhere {_REDIRECTED[policy.on_redirect]}",
    )
    yield "attention", f"a stopped job waits {in_words(policy.attention_window)} for a person, then it expires"
    yield (
        "budget",
        f"a job spends at most {_budget(policy.maximum)} by itself; a person may always allow one more attempt",
    )
    yield "wait: auto", _waiting(policy)
    yield "retention", _kept(policy)
    limits = policy.limits
    told = f"a job may ask for up to {limits.attempts} tries within {in_words(limits.window)} itself"
    yield "limits", f"{told}, and for attempts of up to {in_words(limits.deadline)}"


def _kept(policy: DeploymentPolicy) -> str:
    times = {name: kept for name, kept in dict(policy.retention).items() if kept is not None}
    if not times:
        return "the archive keeps everything for good"
    told = ", ".join(f"{name} for {in_words(kept)}" for name, kept in times.items())
    return f"after a job has closed, the archive keeps {told}; all else for good"


def _waiting(policy: DeploymentPolicy) -> str:
    schedule = policy.schedule(WaitMode.AUTO)
    spaced = (
        f"then every {schedule.share:.0%} of the age, {in_words(schedule.shortest)} to {in_words(schedule.longest)}"
    )
    looks = f"the first look after {in_words(schedule.first)}, {spaced}"
    return f"a webhook brings the look; as a net below, {looks}" if policy.webhooks else f"polls: {looks}"


def _windows(policy: DeploymentPolicy) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    header = ("COMPLETION WINDOW", "DEADLINE OF AN ATTEMPT", "STUCK IN THE QUEUE AFTER")
    known = sorted({*policy.deadlines, *policy.stuck_after}, key=lambda one: policy.deadline(one, None))
    return header, [(one, in_words(policy.deadline(one, None)), in_words(policy.stuck(one))) for one in known]


def _rule(policy: DeploymentPolicy, failure_class: FailureClass, stage: Stage) -> ClassPolicy:
    return policy.terms(failure_class, stage, JobPolicy()).rule


def _delivery(policy: DeploymentPolicy) -> ClassPolicy:
    """The rule of every fault that leaves open whether a delivery arrived, or that passes."""
    return _rule(policy, FailureClass.OUTCOME_UNKNOWN, Stage.DELIVER)


def _repeated(policy: DeploymentPolicy) -> list[FailureClass]:
    delivery = _delivery(policy)
    return [one for one in FailureClass if _rule(policy, one, Stage.DELIVER) == delivery]


def _delays(rule: ClassPolicy) -> str:
    first, longest = in_words(rule.first_delay), in_words(rule.longest_delay)
    return first if rule.first_delay >= rule.longest_delay else f"{first}, times {rule.growth:g}, up to {longest}"


def _bounds(rule: ClassPolicy) -> str:
    return f"{rule.attempts} tries within {in_words(rule.window)}"


def _budget(budget: Budget) -> str:
    parts = [f"{budget.attempts} paid attempts"] if budget.attempts else []
    parts += [in_words(budget.wall_time)] if budget.wall_time else []
    parts += [f"{budget.tokens:,} tokens"] if budget.tokens else []
    return " and ".join(parts)
