"""Deliveries that have not arrived, as an operator sees them; and where one is to go instead."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from signoff.client import JobClient
from signoff.domain.delivery import DeliverySpec
from signoff.domain.errors import BadRequestError
from signoff.domain.handover import DeliveryState
from signoff.domain.job import explain
from signoff.domain.undelivered import DeliveryLine
from starter.advice import Step, typed
from starter.plain import duration, one_line
from starter.table import columns
from starter.view import step_lines

_SPEC: TypeAdapter[Any] = TypeAdapter(DeliverySpec)
_HEADER = ("JOB", "DELIVERY", "STATE", "FOR", "TRIES", "NEXT TRY", "GOES TO")


def print_deliveries(lines: Sequence[DeliveryLine]) -> None:
    """Print one line per delivery, and under it why it failed."""
    from starter.screen import say  # noqa: PLC0415  only where something is printed

    now = datetime.now(UTC)
    shown = list(columns(_HEADER, [_row(line, now) for line in lines]))
    say(shown[0])
    for row, line in zip(shown[1:], lines, strict=True):
        say(row, *([f"    {one_line(line.last_fault)}"] if line.last_fault else []))


def what_next(lines: Sequence[DeliveryLine]) -> Iterator[str]:
    """Say what can be typed about them; nothing where all go well."""
    stuck = next((line for line in lines if line.is_stuck), None)
    if stuck is None:
        return
    which = ("--delivery", str(stuck.number)) if stuck.of > 1 else ()
    yield from step_lines(
        [
            Step(typed("show", stuck.job_id), "what happened, and what can be done about it"),
            Step(typed("redeliver", stuck.job_id, *which), "try it again at once; nothing is generated or paid"),
            Step(typed("redeliver", stuck.job_id, *which, "--to", "DESTINATION"), "send it somewhere else"),
        ]
    )


def line_document(line: DeliveryLine) -> dict[str, Any]:
    """Give one delivery as a JSON object."""
    return {**line.model_dump(mode="json"), "is_stuck": line.is_stuck}


async def wanted(jobs: JobClient, job_id: str, number: int | None, to: str) -> DeliverySpec:
    """Read where a delivery is to go. With a URL, all else stays as the delivery had it.

    Raises:
        BadRequestError: It is no destination; the message says what is.
    """
    if to == "release":
        return _read({"channel": "release"})
    if to.startswith("{"):
        try:
            return _read(json.loads(to))
        except ValueError as error:
            raise BadRequestError(f"--to: this is no JSON: {error}") from None
    if ":" not in to:
        told = 'a URL, release, or JSON such as {"channel": "file", "folder": "approved"}'
        raise BadRequestError(f"--to: {to} is no destination; give {told}")
    channel = "http" if to.startswith(("http://", "https://")) else "object"
    record = await jobs.record(job_id)
    missing = [one for one in record.handovers if not one.is_delivered and number in {None, one.number}]
    same = next((one.destination for one in missing if one.destination.channel == channel), None)
    kept = same.model_dump(mode="json") if same else {}
    return _read({**kept, "channel": channel, "url": to})


def _read(data: Any) -> DeliverySpec:  # noqa: ANN401  whatever a person typed
    try:
        spec: DeliverySpec = _SPEC.validate_python(data)
    except ValidationError as error:
        raise BadRequestError(f"--to: {explain(error)}") from None
    return spec


def _row(line: DeliveryLine, now: datetime) -> tuple[str, ...]:
    following = line.next_try_at - now if line.next_try_at else None
    is_owed = line.state is DeliveryState.OWED
    return (
        line.job_id,
        f"{line.number} of {line.of}",
        line.state,
        duration(now - line.since),
        "-" if is_owed or not line.tries else str(line.tries),
        f"in {duration(following)}" if following else "-",
        one_line(line.destination.told),
    )
