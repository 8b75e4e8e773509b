"""What an attempt asks for: the request, or the next turn after a reviewer asked for changes."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from activities.orders import CreateOrder
from signoff.domain import layout
from signoff.domain.deliverable import Deliverable
from signoff.domain.deployment import DeploymentPolicy
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.integrity import UnsoundError, intact
from signoff.domain.observation import Observation
from signoff.domain.rework import with_turn
from signoff.ports import Archive

PEOPLE_LIMIT: Final = 2_000
"""How many members the groups of one review may have; they are kept in its record."""


async def asked_of(order: CreateOrder, archive: Archive) -> Mapping[str, Any]:
    """Give the parameters of the attempt, without what the product adds to every one.

    Raises:
        FaultError: The archive failed, or lacks the draft that changes were asked for, or holds another.
    """
    rework = order.rework
    if rework is None:
        return order.parameters
    if not rework.needs_text:
        return with_turn(order.parameters, rework)
    digest = rework.edited_digest or rework.digest
    data = await _draft(order.job_id, digest, archive)
    return with_turn(order.parameters, rework, Deliverable.model_validate_json(data).text)


async def _draft(job_id: str, digest: str, archive: Archive) -> bytes:
    path = layout.deliverable_path(job_id, digest)
    data = await archive.get(path)
    try:
        if data is not None:
            return intact(data, digest, path)
        told = f"the draft {digest} is not in the archive, so no turn can follow on it"
    except UnsoundError as error:
        told = str(error)
    raise FaultError(Observation(stage=Stage.CREATE, http_status=HTTPStatus.FORBIDDEN, message=told))


def check_groups(groups: Sequence[str], policy: DeploymentPolicy) -> None:
    """Refuse a review by people whom this deployment does not know, or by a crowd, before anything is paid.

    Raises:
        FaultError: Names the groups that are not in the settings, or says how many people are too many.
    """
    people = sum(len(policy.groups.get(group, ())) for group in groups)
    if people > PEOPLE_LIMIT:
        told = f"the groups of its review have {people:,} members, and a review has room for {PEOPLE_LIMIT:,}"
        raise FaultError(Observation(stage=Stage.CREATE, http_status=HTTPStatus.FORBIDDEN, message=told))
    if unknown := [group for group in groups if group not in policy.groups]:
        told = f"this deployment has no group {', '.join(unknown)}; give it members in the policy file, then retry"
        raise FaultError(Observation(stage=Stage.CREATE, http_status=HTTPStatus.FORBIDDEN, message=told))
