"""Which activities of the user's own a deployment lets deliveries go to."""

from collections.abc import Iterable
from typing import Final, Self

from pydantic import ValidationError

from signoff.domain.delivery import Activity, DeliverySpec
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation

ANY: Final = "*"
"""What stands in place of a name for every activity of a task queue."""


class AllowedActivities:
    """The `Allowance` of the `activity` channel: `QUEUE/NAME`, or `QUEUE/*` for all of a task queue."""

    def __init__(self, places: Iterable[str] = ()) -> None:
        self._places = frozenset(places)

    @classmethod
    def parse(cls, places: Iterable[str]) -> Self:
        """Read the list of a deployment.

        Raises:
            ValueError: An entry names no activity, or a task queue of the product itself.
        """
        given = tuple(places)
        for place in given:
            _check_place(place)
        return cls(given)

    def check(self, destination: DeliverySpec) -> None:
        """Refuse an activity that the deployment does not allow."""
        if not isinstance(destination, Activity):
            msg = f"an activity can't deliver to {destination.channel}"
            raise TypeError(msg)
        if not self._places & {destination.place, f"{destination.task_queue}/{ANY}"}:
            message = (
                f"{destination.told} is not allowed here; name it in SIGNOFF_DELIVERY_ACTIVITIES as {destination.place}"
            )
            raise FaultError(Observation(stage=Stage.DELIVER, http_status=403, message=message))


def _check_place(place: str) -> None:
    # A name holds no slash, while a task queue may.
    queue, _, name = place.rpartition("/")
    try:
        Activity(task_queue=queue, name="any" if name == ANY else name)
    except ValidationError as error:
        told = error.errors()[0]
        msg = f"{place}: {told['loc'][0]}: {told['msg']}; an entry is QUEUE/NAME, or QUEUE/* for a whole task queue"
        raise ValueError(msg) from None
