"""Making creates whose reply is lost."""

from typing import Any

from signoff.adapters.memory import Lost
from signoff.domain.deployment import DeploymentPolicy, OnUnknown
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import NetworkFault, Observation
from signoff.domain.record import JobRecord

PARKING = DeploymentPolicy(on_unknown=OnUnknown.PARK)
CREATES = "ACTIVITY_TASK_SCHEDULED:create_response"


def lost(**seen: Any) -> Lost:
    facts = seen or {"network": NetworkFault.LOST}
    return Lost(FaultError(Observation(stage=Stage.CREATE, message="no reply", **facts)))


def events_of(record: JobRecord) -> list[str]:
    return [entry.event for entry in record.timeline]
