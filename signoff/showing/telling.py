"""How the pages say things: times, statuses, findings and steps in the words of people."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from markupsafe import Markup

from signoff.domain.attempt import Attempt
from signoff.domain.decision import DecisionKind
from signoff.domain.delivery import DeliverySpec
from signoff.domain.handover import Delivery, DeliveryState
from signoff.domain.model import counted
from signoff.domain.record import JobRecord
from signoff.domain.spending import attempt_in_words
from signoff.domain.status import JobStatus
from signoff.domain.steps import StepKind
from signoff.showing.characters import is_hidden, marked

SOON: Final = timedelta(hours=24)
MOMENT: Final = timedelta(seconds=5)
_S, _D, _K = JobStatus, DecisionKind, StepKind

_TONES: Final = {
    _S.QUEUED: "wait",
    _S.RUNNING: "go",
    _S.AWAITING_REVIEW: "act",
    _S.DELIVERING: "go",
    _S.NEEDS_ATTENTION: "bad",
    _S.COMPLETED: "good",
    _S.REJECTED: "bad",
    _S.FAILED: "bad",
}
_ARRIVALS: Final = {
    DeliveryState.UNDER_WAY: "go",
    DeliveryState.STOPPED: "bad",
    DeliveryState.DELIVERED: "good",
}
_DECISIONS: Final[dict[str, str]] = {
    _D.APPROVE: "approved",
    _D.REJECT: "rejected",
    _D.REQUEST_CHANGES: "asked for changes",
    _D.APPROVE_EDITED: "edited and approved",
}
_STEPS: Final = {
    _K.SEARCH: "Web search",
    _K.FILES: "File search",
    _K.CODE: "Code",
    _K.CALL: "Tool call",
    _K.ANSWER: "Tool answer",
    _K.APPROVAL: "Asked for leave",
    _K.REASONING: "Reasoning",
    _K.IMAGE: "Image",
    _K.COMPUTER: "Computer use",
    _K.SHELL: "Shell",
    _K.PATCH: "Patch",
    _K.COMMENTARY: "Commentary",
    _K.OTHER: "Other",
}


_ROUGH: Final = 10
"""From so many of a unit on, the next smaller one says nothing."""

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


class Due(NamedTuple):
    """When something is due. `tone` is `late`, `soon` or empty."""

    at: datetime
    text: str
    tone: str


class Arrival(NamedTuple):
    """How a delivery goes. `tone` is the kind of its badge; both are empty while nothing is approved."""

    text: str = ""
    tone: str = ""


class Telling:
    """Says things as of one moment."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def moment(self, at: datetime) -> Markup:
        """Give a time in UTC, as everywhere in the product."""
        return Markup('<time datetime="{}">{:%Y-%m-%d %H:%M} UTC</time>').format(at.isoformat(), at)

    def ago(self, at: datetime) -> str:
        """Say how long ago something was."""
        return "just now" if self.now - at < MOMENT else f"{span(self.now - at)} ago"

    def due(self, at: datetime) -> Due:
        """Say how long there is until something."""
        left = at - self.now
        if left <= timedelta(0):
            return Due(at, f"over for {span(-left)}", "late")
        return Due(at, f"in {span(left)}", "soon" if left < SOON else "")

    def counted(self, number: int, noun: str) -> str:
        """Say how many there are of something."""
        return counted(number, noun)

    def tone(self, status: JobStatus) -> str:
        """Give the kind of badge that a status has."""
        return _TONES.get(status, "")

    def words(self, word: StrEnum | str) -> str:
        """Write one of the product's words as text."""
        return str(word).replace("_", " ")

    def decision(self, kind: str) -> str:
        """Say what somebody did."""
        return _DECISIONS.get(kind, self.words(kind))

    def step(self, kind: StepKind) -> str:
        """Name a step of the work."""
        return _STEPS[kind]

    def marked(self, text: str) -> Markup:
        """Show other people's words with their hidden characters."""
        return marked(text)

    def plain(self, text: str) -> str:
        """Give other people's words where no symbol can stand, as in the title of a window."""
        return "".join("\ufffd" if is_hidden(character) else character for character in text)

    def cost(self, attempt: Attempt) -> str:
        """Say what an attempt cost, and what of that is unknown."""
        return attempt_in_words(attempt)

    def destination(self, spec: DeliverySpec) -> str:
        """Say where an approved result goes."""
        return spec.told

    def delivery(self, delivery: Delivery, record: JobRecord) -> Arrival:
        """Say how one delivery of a job goes, or went."""
        if record.is_closed and not delivery.is_delivered:
            return Arrival("not delivered")
        is_owed = record.review is not None and record.review.has_approved_bytes
        if not is_owed and not delivery.is_delivered:
            return Arrival()
        return Arrival(self.words(delivery.state), _ARRIVALS.get(delivery.state, ""))


def span(duration: timedelta) -> str:
    """Say how long something is, as exactly as people need it: "45 s", "2 min", "3 h 5 min", "4 d 2 h"."""
    left = max(int(duration.total_seconds()), 0)
    place = next((place for place, (size, _) in enumerate(_UNITS) if left >= size), len(_UNITS) - 1)
    size, unit = _UNITS[place]
    told = f"{left // size} {unit}"
    if place >= len(_UNITS) - 2 or left // size >= _ROUGH:
        return told
    finer, finer_unit = _UNITS[place + 1]
    rest = left % size // finer
    return f"{told} {rest} {finer_unit}" if rest else told
