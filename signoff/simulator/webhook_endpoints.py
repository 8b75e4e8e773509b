"""The calls about webhook endpoints, as OpenAI's projects have them."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from signoff.simulator.announcer import Announcer
from signoff.simulator.endpoint_fields import check_event_type, check_rotation, check_settings
from signoff.simulator.errors import invalid
from signoff.simulator.event_types import EVENT_TYPES
from signoff.simulator.events import sample_of
from signoff.simulator.listing import read_limit
from signoff.simulator.payload import parse_object, read_body
from signoff.simulator.posting import PATIENCE_SECONDS, post
from signoff.simulator.registry import RegisteredEndpoint, Registry


@dataclass(frozen=True, slots=True)
class WebhookEndpoints:
    """Registers endpoints, and answers about them."""

    clock: Callable[[], float]
    registry: Registry
    announcer: Announcer

    async def create(self, request: Request) -> Response:
        """Answer `POST /webhook_endpoints`; the only answer but `rotate_secret` that shows the secret."""
        settings = check_settings(parse_object(await read_body(request)))
        had_receiver = self.announcer.receivers.exist()
        endpoint = self.registry.add(settings, self.clock())
        if not had_receiver:
            self.announcer.watch_all()
        return JSONResponse(endpoint.to_json(with_secret=True))

    async def page(self, request: Request) -> Response:
        """Answer `GET /webhook_endpoints`, newest first."""
        limit, found = read_limit(request), self.registry.all()[::-1]
        after = request.query_params.get("after")
        if after is not None:
            found = found[found.index(self.registry.get(after)) + 1 :]
        page = [endpoint.to_json() for endpoint in islice(found, limit)]
        body = {
            "object": "list",
            "data": page,
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
            "has_more": len(found) > limit,
        }
        return JSONResponse(body)

    async def retrieve(self, request: Request) -> Response:
        """Answer `GET /webhook_endpoints/{id}`."""
        return JSONResponse(self._asked(request).to_json())

    async def update(self, request: Request) -> Response:
        """Answer `POST /webhook_endpoints/{id}`: change what is given."""
        body = parse_object(await read_body(request))
        endpoint = self._asked(request)
        endpoint.update(check_settings(body, endpoint.settings), self.clock())
        return JSONResponse(endpoint.to_json())

    async def delete(self, request: Request) -> Response:
        """Answer `DELETE /webhook_endpoints/{id}`; nothing is sent to it any more, not even again."""
        endpoint = self._asked(request)
        self.registry.remove(endpoint.id)
        return JSONResponse({"id": endpoint.id, "object": "webhook_endpoint.deleted", "deleted": True})

    async def rotate(self, request: Request) -> Response:
        """Answer `POST /webhook_endpoints/{id}/rotate_secret`, which needs no body."""
        keeps_old = check_rotation(parse_object(await read_body(request) or b"{}"))
        endpoint = self._asked(request)
        endpoint.rotate(self.clock(), keeps_old=keeps_old)
        return JSONResponse(endpoint.to_json(with_secret=True))

    async def test(self, request: Request) -> Response:
        """Answer `POST /webhook_endpoints/{id}/test`: send a sample once, whatever the endpoint asks for.

        Raises:
            ApiError: 400, when the endpoint gave no answer.
        """
        event_type = check_event_type(parse_object(await read_body(request)))
        endpoint, now = self._asked(request), self.clock()
        event, webhook = sample_of(event_type, now), endpoint.webhook(now)
        status = await post(webhook.url, event.headers(webhook, now), event.body())
        if status is None:
            message = f"The webhook endpoint gave no HTTP answer within {PATIENCE_SECONDS} seconds."
            raise invalid(message, code="webhook_endpoint_unreachable")
        result = {"object": "webhook_endpoint.test", "webhook_endpoint_id": endpoint.id, "event_type": event_type}
        return JSONResponse(result | {"status_code": status, "success": True})

    async def event_types(self, _request: Request) -> Response:
        """Answer `GET /webhook_event_types`."""
        return JSONResponse({"object": "list", "data": list(EVENT_TYPES)})

    def _asked(self, request: Request) -> RegisteredEndpoint:
        return self.registry.get(request.path_params["endpoint_id"])
