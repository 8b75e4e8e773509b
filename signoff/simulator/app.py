"""The web application of the simulator."""

import time
from collections.abc import Callable, Mapping
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from signoff.simulator.endpoints import Endpoints
from signoff.simulator.errors import ApiError
from signoff.simulator.language import Scenario
from signoff.simulator.middleware import REQUEST_ID, RequestId, RequireKey, new_request_id
from signoff.simulator.scenarios import SCENARIOS
from signoff.simulator.store import Store

RESPONSES_KEPT = 20_000


def create_app(
    clock: Callable[[], float] = time.time,
    *,
    scenarios: Mapping[str, Scenario] = SCENARIOS,
    limit: int = RESPONSES_KEPT,
) -> Starlette:
    """Return a simulator with no responses yet.

    Args:
        clock: Seconds since the epoch; a test passes one that it can set.
        scenarios: What requests may choose from.
        limit: How many responses are kept; beyond it the oldest is forgotten.
    """
    endpoints = Endpoints(clock, scenarios, Store(limit))
    return Starlette(
        routes=[
            Mount("/v1", routes=_responses(endpoints), middleware=[Middleware(RequireKey)]),
            Route("/simulator/ledger", endpoints.ledger, methods=["GET"]),
            Route("/simulator/ledger", endpoints.clear, methods=["DELETE"]),
        ],
        middleware=[Middleware(RequestId)],
        exception_handlers={
            ApiError: _refused,
            HTTPException: _not_routed,
            ClientDisconnect: _nobody_there,
            Exception: _broken,
        },
    )


def _responses(endpoints: Endpoints) -> list[Route]:
    one = "/responses/{response_id}"
    return [
        Route("/responses", endpoints.create, methods=["POST"]),
        Route(one, endpoints.retrieve, methods=["GET"]),
        Route(one, endpoints.delete, methods=["DELETE"]),
        Route(f"{one}/cancel", endpoints.cancel, methods=["POST"]),
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
