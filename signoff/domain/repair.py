"""What an operator can say to a job that stopped, and what the record keeps of it."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import AwareDatetime, Field, JsonValue, StringConstraints, model_validator

from signoff.domain.deliverable import canonical_json, digest_of
from signoff.domain.delivery import DeliverySpec
from signoff.domain.deployment import AttemptLimit
from signoff.domain.destinations import MOST
from signoff.domain.errors import BadRequestError
from signoff.domain.failures import BoundedText
from signoff.domain.model import Input, Name, Value
from signoff.domain.parameters import INLINE_LIMIT_BYTES
from signoff.domain.status import JobStatus


class RepairKind(StrEnum):
    """The verbs."""

    RETRY = "retry"
    """Go on from where it stopped."""

    AMEND = "amend"
    """Make a new attempt with changed response parameters."""

    ABANDON = "abandon"
    """Give the job up for good."""

    REDELIVER = "redeliver"
    """Hand an approved result over again, or to another destination."""


class Repair(Input):
    """A person's word on a stopped job.

    `repair_id` makes it safe to send again: the first answer is returned, and nothing happens twice. `is_anew`
    asks a retry for a new, paid attempt also where the known response could be gone on with. `response` holds an
    amendment's changes to the response parameters, as a JSON merge patch (RFC 7396): a null removes. `deadline` is
    how long an attempt may take from now on, which only an amendment changes. `delivery` is the number of the delivery
    that is begun again, by default of every one that has not arrived, and `destination` where it goes from now on.
    """

    repair_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,128}$")]
    kind: RepairKind
    by: Name
    reason: str = Field(default="", max_length=1_000)
    is_anew: bool = False
    response: dict[str, JsonValue] = Field(default_factory=dict)
    deadline: AttemptLimit | None = None
    delivery: Annotated[int, Field(ge=1, le=MOST)] | None = None
    destination: DeliverySpec | None = None

    @property
    def digest(self) -> str:
        """Identify what is asked for, whatever JSON it holds."""
        asked: list[Any] = [self.is_anew, self.response, str(self.deadline)]
        if self.kind is RepairKind.REDELIVER:
            goes_to = self.destination.model_dump(mode="json") if self.destination else None
            asked += [self.delivery, goes_to]
        return digest_of(json.dumps(asked, sort_keys=True).encode())

    @model_validator(mode="after")
    def _fits(self) -> Self:
        changes = [name for name in ("response", "deadline") if getattr(self, name)]
        if changes and self.kind is not RepairKind.AMEND:
            msg = f"{changes[0]}: only amend changes parameters, {self.kind} does not"
            raise ValueError(msg)
        if self.kind is RepairKind.AMEND and not changes:
            msg = 'response: say what changes, for example {"max_output_tokens": 8000}'
            raise ValueError(msg)
        moves = [name for name in ("delivery", "destination") if getattr(self, name)]
        if moves and self.kind is not RepairKind.REDELIVER:
            msg = f"{moves[0]}: only redeliver takes it"
            raise ValueError(msg)
        if self.is_anew and self.kind is not RepairKind.RETRY:
            msg = "is_anew: only retry takes it"
            raise ValueError(msg)
        return self


class Redirect(Value):
    """What the deployment says about another destination.

    `objection` is why nothing may go there; `is_reviewed` says that people have to approve it first.
    """

    objection: str = ""
    is_reviewed: bool = True


UNASKED: Final = Redirect()


class Change(Value):
    """What was changed: a parameter, with the start of its JSON before and after; or a delivery, with where it goes."""

    parameter: str
    before: BoundedText = ""
    after: BoundedText = ""


class RepairLine(Value):
    """A repair as the record keeps it: taken, or refused with the reason. `attempt` is the one before it.

    A refused one lists no changes, since none was made, and anybody can send many.
    """

    repair_id: str
    kind: str
    by: str
    digest: str = ""
    reason: str = ""
    at: AwareDatetime
    attempt: int = 0
    changes: tuple[Change, ...] = ()
    is_accepted: bool
    refusal: str = ""

    def is_of(self, repair: Repair) -> bool:
        """Whether it is about this repair, rather than about another one under the same id."""
        mine = (self.repair_id, self.kind, self.by, self.digest)
        return mine == (repair.repair_id, repair.kind, repair.by, repair.digest)


class RepairAnswer(Value):
    """What an operator is told: whether the repair is under way, else why not, and where the job stands now."""

    is_accepted: bool
    reason: str = ""
    status: JobStatus
    at: AwareDatetime


def check_changes(repair: Repair) -> None:
    """Refuse, before it is sent, what is too large for a message or what JSON can hold but no canonical form of it.

    Raises:
        BadRequestError: Says which.
    """
    try:
        size = len(canonical_json(repair.response))
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"response: can't be sent: {error}") from None
    if size > INLINE_LIMIT_BYTES:
        raise BadRequestError(f"response: has {size:,} bytes, at most {INLINE_LIMIT_BYTES:,} are taken")


def merged(current: JsonValue, patch: JsonValue) -> JsonValue:
    """Apply a JSON merge patch (RFC 7396)."""
    if not isinstance(patch, Mapping):
        return patch
    result: dict[str, Any] = dict(current) if isinstance(current, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
