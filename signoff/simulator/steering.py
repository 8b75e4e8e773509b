"""What the control endpoint can set: how the simulator as a whole behaves, whatever a request asks for."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final, get_args

from signoff.simulator.fields import Field, choice, flag, nullable, number, read_fields, refused, some_of, whole
from signoff.simulator.script import Json, Operation, Visit
from signoff.simulator.webhook import Webhook

OPERATIONS: Final[tuple[Operation, ...]] = get_args(Operation)
LONGEST_SECONDS: Final = 7 * 24 * 3600

_SECONDS = number(0, LONGEST_SECONDS, unit="seconds")
_EVERY = some_of(OPERATIONS, OPERATIONS)


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which the whole API fails.

    Attributes:
        seconds: How long from now; None until it is reset.
    """

    seconds: float | None
    status: int
    how: str

    @classmethod
    def read(cls, given: object) -> "Outage":
        """Return the outage that this JSON describes."""
        fields = {
            "seconds": nullable(_SECONDS),
            "status": nullable(whole(400, 599, unit="an HTTP status")),
            "how": choice("status", "refuse", "close", "html", default="status"),
        }
        found = read_fields(given, "outage", fields)
        if found["how"] == "refuse" and found["seconds"] is None:
            message = "Key 'outage.seconds' takes a number with how=refuse: nobody could reach the simulator to end it."
            raise refused("outage.seconds", message)
        found["status"] = found["status"] or (502 if found["how"] == "html" else 503)
        return cls(**found)


@dataclass(frozen=True, slots=True)
class Drop:
    """A share of calls that are carried out while their reply is lost."""

    percent: float
    seed: int
    operations: tuple[Operation, ...]

    @classmethod
    def read(cls, given: object) -> "Drop":
        """Return the drop that this JSON describes."""
        fields = {
            "percent": number(0, 100),
            "seed": whole(0, 2**53, default=0),
            "operations": some_of(OPERATIONS, ("create",)),
        }
        return cls(**read_fields(given, "drop", fields))

    def hits(self, visit: Visit) -> bool:
        """Decide from what the call is, so that the order in which calls arrive changes nothing."""
        if visit.operation not in self.operations:
            return False
        name = f"{self.seed}/{visit.operation}/{visit.job_id}/{visit.create}"
        if visit.operation != "create":
            name += f"/{visit.nth}"
        drawn = int.from_bytes(hashlib.sha256(name.encode()).digest()[:6])
        return drawn / 2**48 < self.percent / 100


@dataclass(frozen=True, slots=True)
class Slow:
    """Replies that come this late; the calls take effect at once."""

    seconds: float
    operations: tuple[Operation, ...]

    @classmethod
    def read(cls, given: object) -> "Slow":
        """Return the delay that this JSON describes."""
        return cls(**read_fields(given, "slow", {"seconds": _SECONDS, "operations": _EVERY}))


@dataclass(frozen=True, slots=True)
class Close:
    """Connections that are closed before, during or after the call.

    Attributes:
        when: `before` the call takes effect, `during` its reply, or `after` it took effect without a reply.
        times: How many calls; None until it is reset.
    """

    when: str
    operations: tuple[Operation, ...]
    times: int | None

    @classmethod
    def read(cls, given: object) -> "Close":
        """Return the closing that this JSON describes."""
        fields = {
            "when": choice("before", "during", "after"),
            "operations": _EVERY,
            "times": nullable(whole(1, 1_000_000)),
        }
        return cls(**read_fields(given, "close", fields))


@dataclass(frozen=True, slots=True)
class Steering:
    """All of it; what was left out has its starting value."""

    scenario: str = "completed"
    override: str | None = None
    outage: Outage | None = None
    drop: Drop | None = None
    slow: Slow | None = None
    close: Close | None = None
    listing: bool = False
    webhook: Webhook | None = None

    def to_json(self) -> Json:
        """Return it in the form that is taken."""
        return asdict(self)


def read_steering(given: object, start: Steering, check_scenario: Callable[[str, str], None]) -> Steering:
    """Return the steering that this JSON describes.

    Args:
        given: The body of a control call.
        start: What holds for keys that were left out.
        check_scenario: Refuses the text of a scenario that nobody knows; also takes the key it stands under.

    Raises:
        ApiError: 400 that names what would have been understood.
    """

    def text(key: str) -> Field:
        def read(value: Any) -> str:  # noqa: ANN401 -- any JSON value
            if not isinstance(value, str):
                raise ValueError(value)  # noqa: TRY004 -- one error for every value that is not taken
            check_scenario(value, key)
            return value

        return Field("the text of a scenario", read, start.scenario)

    fields = {
        "scenario": text("scenario"),
        "override": nullable(text("override"), start.override),
        "outage": nullable(Field("an object", Outage.read), start.outage),
        "drop": nullable(Field("an object", Drop.read), start.drop),
        "slow": nullable(Field("an object", Slow.read), start.slow),
        "close": nullable(Field("an object", Close.read), start.close),
        "listing": flag(default=start.listing),
        "webhook": nullable(Field("an object", Webhook.read), start.webhook),
    }
    return Steering(**read_fields(given, "", fields))
