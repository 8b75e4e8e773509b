"""What somebody else's activity is given when it delivers, and what its answer says."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Self

from signoff.domain.deliverable import Deliverable, Digest
from signoff.domain.deployment import Terms
from signoff.domain.model import Value, clipped

INLINE_DELIVERABLE_BYTES: Final = 8_192
"""How large a deliverable is that travels to an activity. It is in the history twice; a larger one is named only."""

REFERENCE_LIMIT_BYTES: Final = 200

GRACE: Final = timedelta(minutes=1)
"""How long a cancelled job waits for the end of an execution that is under way, since only that tells what it did."""


class ApprovedDeliverable(Value):
    """What people approved, for an activity that acts on it.

    Attributes:
        idempotency_key: The same for every repeat of this delivery and for no other: keep it together with the effect,
            and do nothing a second time.
        digest: The sha256 that people approved, of the deliverable's canonical JSON.
        approvers: Who approved it.
        deliverable: What was approved; `None` where it is too large to travel, or was asked for by reference. It then
            lies in the archive under the digest, and `signoff.acting.deliverable_of` reads it.
    """

    job_id: str
    digest: Digest
    idempotency_key: str
    size_bytes: int
    approvers: tuple[str, ...] = ()
    deliverable: Deliverable | None = None

    def inline(self, data: bytes) -> Self:
        """Take the deliverable along, whose canonical bytes these are, if it is small enough to travel."""
        if len(data) > INLINE_DELIVERABLE_BYTES:
            return self
        return self.model_copy(update={"deliverable": Deliverable.model_validate_json(data)})


class Prepared(Value):
    """What was made ready for an activity, and the terms that hold should it fail: no worker of ours will see that."""

    approved: ApprovedDeliverable
    terms: Terms


def reference_in(answer: Any) -> str:  # noqa: ANN401  a stranger wrote it
    """Read an activity's own word for what it did: a text, a number, or an object's `reference`; else nothing."""
    told = answer.get("reference") if isinstance(answer, Mapping) else answer
    if isinstance(told, bool) or not isinstance(told, str | int):
        return ""
    return clipped(" ".join(str(told).split()), limit_bytes=REFERENCE_LIMIT_BYTES)
