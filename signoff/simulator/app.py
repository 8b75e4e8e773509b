"""The web application of the simulator."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from signoff.simulator.announcer import Announcer
from signoff.simulator.control import Control
from signoff.simulator.endpoints import Endpoints
from signoff.simulator.errors import ApiError
from signoff.simulator.language import Scenario
from signoff.simulator.listing import Listing
from signoff.simulator.middleware import REQUEST_ID, RequestId, RequireKey, new_request_id
from signoff.simulator.operating import Operating
from signoff.simulator.receivers import Receivers
from signoff.simulator.registry import Registry
from signoff.simulator.scenarios import SCENARIOS
from signoff.simulator.script import Operation
from signoff.simulator.sending import Sending
from signoff.simulator.steered import Act, Outages, steered
from signoff.simulator.steering import Steering
from signoff.simulator.store import Store
from signoff.simulator.webhook_endpoints import WebhookEndpoints
from signoff.simulator.wire import Patience

RESPONSES_KEPT = 20_000


def create_app(
    clock: Callable[[], float] = time.time,
    *,
    scenarios: Mapping[str, Scenario] = SCENARIOS,
    limit: int = RESPONSES_KEPT,
    start: Steering | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Starlette:
    """Return a simulator with no responses yet.

    Args:
        clock: Seconds since the epoch; a test passes one that it can set.
        scenarios: What requests may choose from.
        limit: How many responses are kept; beyond it the oldest is forgotten.
        start: How it is steered until a control call says otherwise.
        sleep: Waits for so many seconds, for a late reply or a repeated webhook; a test passes one that does not.
    """
    store, control = Store(limit), Control(clock, start or Steering())
    patience, registry = Patience(sleep), Registry()
    receivers = Receivers(clock, control, registry)
    announcer = Announcer(clock, store, receivers, Sending(clock, store, patience))
    endpoints = Endpoints(clock, scenarios, store, control, announcer)
    responses = _responses(endpoints, Listing(clock, store, control))
    webhooks = _webhooks(WebhookEndpoints(clock, registry, announcer))
    app = Starlette(
        routes=[
            _api(control, [*responses, *webhooks]),
            *_operating(Operating(clock, scenarios, store, control, announcer)),
        ],
        middleware=[Middleware(RequestId)],
        exception_handlers={
            ApiError: _refused,
            HTTPException: _not_routed,
            ClientDisconnect: _nobody_there,
            Exception: _broken,
        },
    )
    app.state.control = control
    app.state.patience = patience
    app.state.announcer = announcer
    return app


def _api(control: Control, routes: list[Route]) -> Mount:
    return Mount("/v1", routes=routes, middleware=[Middleware(Outages, control), Middleware(RequireKey)])


def _responses(endpoints: Endpoints, listing: Listing) -> list[Route]:
    def route(path: str, method: str, operation: Operation, act: Act) -> Route:
        return Route(path, steered(operation, act, endpoints.control, endpoints.store), methods=[method])

    every, one = "/responses", "/responses/{response_id}"
    return [
        route(every, "POST", "create", endpoints.create),
        route(every, "GET", "list", listing.page),
        route(one, "GET", "retrieve", endpoints.retrieve),
        route(one, "DELETE", "delete", endpoints.delete),
        route(f"{one}/cancel", "POST", "cancel", endpoints.cancel),
    ]


def _webhooks(endpoints: WebhookEndpoints) -> list[Route]:
    every, one = "/webhook_endpoints", "/webhook_endpoints/{endpoint_id}"
    return [
        Route(every, endpoints.create, methods=["POST"]),
        Route(every, endpoints.page, methods=["GET"]),
        Route(one, endpoints.retrieve, methods=["GET"]),
        Route(one, endpoints.update, methods=["POST"]),
        Route(one, endpoints.delete, methods=["DELETE"]),
        Route(f"{one}/rotate_secret", endpoints.rotate, methods=["POST"]),
        Route(f"{one}/test", endpoints.test, methods=["POST"]),
        Route("/webhook_event_types", endpoints.event_types, methods=["GET"]),
    ]


def _operating(operating: Operating) -> list[Route]:
    ledger, control = "/simulator/ledger", "/simulator/control"
    return [
        Route(ledger, operating.ledger, methods=["GET"]),
        Route(ledger, operating.clear, methods=["DELETE"]),
        Route(control, operating.show, methods=["GET"]),
        Route(control, operating.steer, methods=["PUT"]),
        Route(control, operating.reset, methods=["DELETE"]),
        Route("/simulator/responses/{response_id}", operating.change, methods=["PUT"]),
    ]


async def _refused(_request: Request, error: Exception) -> Response:
    return cast("ApiError", error).answer()


async def _not_routed(request: Request, error: Exception) -> Response:
    refusal, path = cast("HTTPException", error), request.url.path
    messages = {
        404: f"Invalid URL ({request.method} {path})",
        405: f"Not allowed to {request.method} on {path}.",
    }
    codes = {404: "unknown_url", 405: "method_not_supported"}
    message = messages.get(refusal.status_code, refusal.detail)
    return ApiError(refusal.status_code, message, code=codes.get(refusal.status_code)).answer(refusal.headers)


async def _nobody_there(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)


async def _broken(_request: Request, _error: Exception) -> Response:
    # This handler stands outside of the middleware, so it brings the request id itself.
    message = "The simulator had an error while processing your request; its log has the traceback."
    return ApiError(500, message, code="server_error").answer({REQUEST_ID: new_request_id()})
