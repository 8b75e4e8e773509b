"""For activities that check a deliverable before its review.

Such an activity runs in your own worker, on your own task queue. It is told which deliverable to read, and answers
with what it found; an empty list says that all is well:

    from signoff.adapters.archive import open_archive
    from signoff.checking import read_deliverable
    from signoff.domain.checks import CheckOrder
    from temporalio import activity

    archive = open_archive("file:.signoff/archive")


    @activity.defn(name="names_no_competitor")
    async def names_no_competitor(order: CheckOrder) -> list[str]:
        draft = await read_deliverable(archive, order)
        return ["Acme is named"] if "Acme" in draft.text else []

The client that the worker is made with needs the pydantic data converter, as `signoff.temporal.connect` sets it.
"""

from signoff.domain.acting import ApprovedDeliverable
from signoff.domain.checks import CheckOrder
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.layout import deliverable_path
from signoff.domain.observation import Observation
from signoff.ports import Archive


async def read_deliverable(archive: Archive, order: CheckOrder | ApprovedDeliverable) -> Deliverable:
    """Read the deliverable that an order names, and make sure that it is that one.

    Raises:
        FaultError: It is not there, it is another one, or the archive failed; Temporal's own retry may help.
    """
    path = deliverable_path(order.job_id, order.digest)
    data = await archive.get(path)
    if data is None:
        raise _fault(f"the archive holds no {path}; does the check read the same archive as the job?")
    if digest_of(data) != order.digest:
        raise _fault(f"{path} in the archive does not have the digest that its name says")
    return Deliverable.model_validate_json(data)


def _fault(message: str) -> FaultError:
    return FaultError(Observation(stage=Stage.ARCHIVE, message=message))
