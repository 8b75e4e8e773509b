"""OpenAI's webhooks: verified, made durable, and only then answered."""

import asyncio
import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from typing import Final, Protocol

import structlog
from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from signoff.domain.announcement import Announcement
from signoff.domain.errors import SignoffError
from signoff.domain.webhooks import PATH, RESPONSE_EVENTS
from signoff.gateway.gauges import Gauges
from signoff.gateway.metrics import MEDIA_TYPE, Metrics
from signoff.ports import WebhookVerifier

BODY_LIMIT_BYTES: Final = 65_536
PATIENCE_SECONDS: Final = 4
"""OpenAI takes an answer that comes later for none, and sends the webhook again."""

AT_ONCE: Final = 200
"""How many webhooks are made durable at the same time; the others wait, within the same patience."""

REMEMBERED: Final = 10_000

log: structlog.stdlib.BoundLogger = structlog.get_logger("signoff.gateway.webhooks")


class Outcome(StrEnum):
    """What became of a webhook, as it is counted."""

    ANNOUNCED = "announced"
    """A job was told."""

    ROUTED = "routed"
    """No job is known to hold the response yet; a durable step finds out."""

    REPEATED = "repeated"
    """It had been taken before."""

    FOREIGN = "foreign"
    """It is about something else than the end of a response."""

    REFUSED = "refused"
    """It is no webhook of OpenAI's, or can't be shown to be one."""

    UNREACHABLE = "unreachable"
    """It could not be made durable, so OpenAI is to send it again."""

    UNCONFIGURED = "unconfigured"
    """There is no secret to verify it with, so OpenAI is to send it again."""


_STATUSES: Final = {
    Outcome.REFUSED: HTTPStatus.BAD_REQUEST,
    Outcome.UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Outcome.UNCONFIGURED: HTTPStatus.SERVICE_UNAVAILABLE,
}


class Announcing(Protocol):
    """What makes an announcement durable."""

    async def tell_holder(self, announcement: Announcement) -> bool:
        """Tell the job that is known to hold the response; false where there is none."""

    async def route(self, announcement: Announcement) -> bool:
        """Begin the durable step that finds the job; false where it was begun before."""


class WebhookReceiver:
    """Takes webhooks. An answer of 200 means that Temporal has it, or that there is nothing to be had.

    Args:
        verifier: Tells OpenAI's webhooks from forgeries; without one, none is taken.
        announcer: Makes them durable.
        metrics: Counts what became of each.
    """

    def __init__(self, verifier: WebhookVerifier | None, announcer: Announcing, metrics: Metrics) -> None:
        self._verifier = verifier
        self._announcer = announcer
        self._metrics = metrics
        metrics.expect(Outcome)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._taken: OrderedDict[str, None] = OrderedDict()

    async def receive(self, request: Request) -> Response:
        """Take one webhook, and answer with no detail whatever it is."""
        outcome = await self._outcome(request)
        self._metrics.count(outcome)
        if outcome in _STATUSES:
            log.warning("webhook.not_taken", outcome=str(outcome))
        return Response(status_code=_STATUSES.get(outcome, HTTPStatus.OK))

    async def _outcome(self, request: Request) -> Outcome:
        if self._verifier is None:
            return Outcome.UNCONFIGURED
        body = await _read(request)
        if body is None or not await self._verifier.is_genuine(body, request.headers):
            return Outcome.REFUSED
        try:
            announcement = read_announcement(body, request.headers["webhook-id"])
        except ValueError:
            return Outcome.REFUSED
        if announcement is None:
            return Outcome.FOREIGN
        return await self._announced(announcement)

    async def _announced(self, announcement: Announcement) -> Outcome:
        if announcement.announcement_id in self._taken:
            return Outcome.REPEATED
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._slots:
                outcome = await self._made_durable(announcement)
        except (SignoffError, TimeoutError) as error:
            told = str(error) or "it took too long"
            log.warning("webhook.not_durable", response_id=announcement.response_id, reason=told)
            return Outcome.UNREACHABLE
        self._taken[announcement.announcement_id] = None
        if len(self._taken) > REMEMBERED:
            self._taken.popitem(last=False)
        return outcome

    async def _made_durable(self, announcement: Announcement) -> Outcome:
        if await self._announcer.tell_holder(announcement):
            return Outcome.ANNOUNCED
        return Outcome.ROUTED if await self._announcer.route(announcement) else Outcome.REPEATED


def webhook_routes(receiver: WebhookReceiver, facts: Callable[[], dict[str, object]]) -> list[Route]:
    """Make the two routes that answer without a token: webhooks, and whether the gateway lives."""

    async def health(_request: Request) -> Response:
        return Response(json.dumps({"status": "ok", **facts()}), media_type="application/json")

    return [Route(PATH, receiver.receive, methods=["POST"]), Route("/health", health, methods=["GET"])]


def metrics_route(metrics: Metrics, gauges: Gauges) -> Route:
    """Make the route that shows counters and gauges to whoever has a token, in Prometheus' text form."""
    metrics.registry.register(gauges)

    async def show(_request: Request) -> Response:
        await gauges.refresh()
        return Response(metrics.as_text(), media_type=MEDIA_TYPE)

    return Route("/metrics", show, methods=["GET"])


def read_announcement(body: bytes, webhook_id: str) -> Announcement | None:
    """Read a verified webhook; `None` for one that is about anything but the end of a response.

    Raises:
        ValueError: It is not what OpenAI sends.
    """
    try:
        event = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise ValueError("no event")  # noqa: TRY004  to the sender it is all the same
    if event["type"] not in RESPONSE_EVENTS:
        return None
    data = event.get("data")
    try:
        named = data["id"] if isinstance(data, dict) and "id" in data else None
        return Announcement.model_validate({"response_id": named, "announcement_id": _identified(webhook_id)})
    except ValidationError as error:
        raise ValueError("no response is named") from error


def _identified(webhook_id: str) -> str:
    """Make an id of what the header says, which might hold anything."""
    if re.fullmatch(r"[A-Za-z0-9._-]{1,128}", webhook_id):
        return webhook_id
    return hashlib.sha256(webhook_id.encode(errors="replace")).hexdigest()


async def _read(request: Request) -> bytes | None:
    """Read the body as it was sent; `None` for one that is too large or was cut off."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > BODY_LIMIT_BYTES:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)
