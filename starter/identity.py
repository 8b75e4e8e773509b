"""Who acts, and what they decide or repair, read from options."""

import getpass
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from signoff.domain.announcement import Announcement
from signoff.domain.arrangement import Arrangement, ArrangementKind
from signoff.domain.decision import Decision, DecisionKind
from signoff.domain.delivery import DeliverySpec
from signoff.domain.errors import BadRequestError
from signoff.domain.repair import Repair, RepairKind, check_changes

_OPTIONS: Final = {
    "reviewer": "--as",
    "digest": "--digest",
    "comment": "--comment",
    "decision_id": "--decision-id",
    "arrangement_id": "--arrangement-id",
    "to": "--to",
    "due_at": "--until",
    "by": "--as",
    "reason": "--reason",
    "repair_id": "--repair-id",
    "response": "--response",
    "deadline": "--deadline",
    "delivery": "--delivery",
    "destination": "--to",
    "redirect": "--redirect",
    "response_id": "RESPONSE_ID",
}


def named(name: str | None) -> str:
    """Say who acts: the given name, or the user of this computer.

    Raises:
        BadRequestError: Neither is there.
    """
    try:
        return name if name is not None else getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise BadRequestError("this computer knows no user name; say who you are with --as") from None


def read_decision(  # noqa: PLR0913  one parameter per option
    kind: DecisionKind, *, reviewer: str, digest: str, comment: str, decision_id: str | None, redirect: int = 0
) -> Decision:
    """Make a decision, with an id of its own unless it repeats an earlier one.

    Raises:
        BadRequestError: Names each option and the rule that it breaks.
    """
    try:
        return Decision(
            decision_id=uuid.uuid4().hex if decision_id is None else decision_id,
            kind=kind,
            digest=digest,
            reviewer=reviewer,
            comment=comment,
            redirect=redirect,
        )
    except ValidationError as error:
        raise _named_after_options(error) from None


def read_arrangement(  # noqa: PLR0913  one parameter per option
    kind: ArrangementKind,
    *,
    by: str,
    reason: str,
    arrangement_id: str | None,
    to: str | None = None,
    due_at: datetime | None = None,
) -> Arrangement:
    """Make an arrangement, with an id of its own unless it repeats an earlier one.

    Raises:
        BadRequestError: Names each option and the rule that it breaks.
    """
    try:
        return Arrangement(
            arrangement_id=uuid.uuid4().hex if arrangement_id is None else arrangement_id,
            kind=kind,
            by=by,
            to=to,
            due_at=due_at,
            reason=reason,
        )
    except ValidationError as error:
        raise _named_after_options(error) from None


def read_repair(  # noqa: PLR0913  one parameter per option
    kind: RepairKind,
    *,
    by: str,
    reason: str,
    repair_id: str | None,
    is_anew: bool = False,
    response: Mapping[str, Any] | None = None,
    deadline: str | None = None,
    delivery: int | None = None,
    destination: DeliverySpec | None = None,
) -> Repair:
    """Make a repair, with an id of its own unless it repeats an earlier one.

    Raises:
        BadRequestError: Names each option and the rule that it breaks.
    """
    try:
        repair = Repair.model_validate(
            {
                "repair_id": uuid.uuid4().hex if repair_id is None else repair_id,
                "kind": kind,
                "by": by,
                "reason": reason,
                "is_anew": is_anew,
                "response": dict(response or {}),
                "deadline": deadline,
                "delivery": delivery,
                "destination": destination,
            }
        )
    except ValidationError as error:
        raise _named_after_options(error) from None
    except RecursionError:
        raise BadRequestError("the changed parameters can't be sent: they are nested too deeply") from None
    check_changes(repair)
    return repair


def check_response_id(response_id: str) -> None:
    """Refuse what can't be the id of a response.

    Raises:
        BadRequestError: It can't.
    """
    try:
        Announcement(response_id=response_id)
    except ValidationError as error:
        raise _named_after_options(error) from None


def _named_after_options(error: ValidationError) -> BadRequestError:
    told = (f"{_OPTIONS.get(str((*one['loc'], '')[0]), '')}: {one['msg']}" for one in error.errors(include_input=False))
    return BadRequestError("; ".join(told))
