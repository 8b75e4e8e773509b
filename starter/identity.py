"""Who acts, and what they decide, read from options."""

import getpass
import uuid
from typing import Final

from pydantic import ValidationError

from signoff.domain.errors import BadRequestError
from signoff.domain.review import Decision, DecisionKind

_OPTIONS: Final = {"reviewer": "--as", "digest": "--digest", "comment": "--comment", "decision_id": "--decision-id"}


def named(name: str | None) -> str:
    """Say who acts: the given name, or the user of this computer.

    Raises:
        BadRequestError: Neither is there.
    """
    try:
        return name if name is not None else getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise BadRequestError("this computer knows no user name; say who you are with --as") from None


def read_decision(kind: DecisionKind, *, reviewer: str, digest: str, comment: str, decision_id: str | None) -> Decision:
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
        )
    except ValidationError as error:
        told = (f"{_OPTIONS[str(one['loc'][0])]}: {one['msg']}" for one in error.errors(include_input=False))
        raise BadRequestError("; ".join(told)) from None
