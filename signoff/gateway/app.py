"""The gateway's application: what it is made of, and how the parts are put around each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Match

from signoff.client import JobClient
from signoff.gateway import deliveries, jobs, jobs_acting, jobs_erasing, jobs_reviewing
from signoff.gateway.bodies import BodyLimit
from signoff.gateway.callers import Authentication, visible_job
from signoff.gateway.codec import Codec, CodecOptions
from signoff.gateway.documents import document_of
from signoff.gateway.events import events_router
from signoff.gateway.feeds import Feeds
from signoff.gateway.pages.app import Pages, pages_app
from signoff.gateway.pages.options import PageOptions
from signoff.gateway.pages.parts import PageParts, make_parts
from signoff.gateway.problems import HANDLERS, tell_http_error
from signoff.tokens import TokenStore

_DESCRIPTION: Final = "Background responses as durable jobs that a person signs off. Every call needs a bearer token."
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class GatewayParts:
    """What the gateway works with.

    Whoever gives `feeds` can close the open streams before the server stops. Without `pages` there are none, and the
    gateway is the job API alone; without `codec` it decrypts nothing for Temporal UI.
    """

    jobs: JobClient
    tokens: TokenStore
    feeds: Feeds | None = None
    pages: PageOptions | None = None
    codec: CodecOptions | None = None


def create_app(parts: GatewayParts, extra_routes: Sequence[BaseRoute] = ()) -> FastAPI:
    """Make the application. The extra routes answer without a token, and pages have sessions; no other path does."""
    pages = make_parts(parts.jobs, parts.tokens, parts.feeds, parts.pages) if parts.pages else None
    app = FastAPI(
        title="Signoff",
        version="1",
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[
            *_codec(parts, pages),
            Middleware(BodyLimit),
            *([Middleware(Pages, pages=pages_app(pages))] if pages else []),
            Middleware(Authentication, tokens=parts.tokens, open_routes=extra_routes),
        ],
        exception_handlers={**HANDLERS, 405: _tell_methods},
        routes=list(extra_routes),
    )
    app.state.parts = parts
    app.include_router(jobs.router)
    app.include_router(jobs_acting.router)
    app.include_router(jobs_reviewing.router)
    app.include_router(jobs_erasing.router)
    app.include_router(deliveries.router)
    app.include_router(events_router(parts.jobs, visible_job(parts.jobs), parts.feeds))
    app.openapi = document_of(app)  # type: ignore[method-assign] # as FastAPI documents it
    return app


def _codec(parts: GatewayParts, pages: PageParts | None) -> list[Middleware]:
    """Give the codec server, which bounds bodies by itself and takes tokens and the sessions of the pages alike."""
    if parts.codec is None:
        return []
    sessions = pages.sessions if pages else None
    return [Middleware(Codec, options=parts.codec, tokens=parts.tokens, sessions=sessions)]


async def _tell_methods(request: Request, error: Exception) -> Response:
    """Answer 405 with every method of the path: one path may have several routes, each with its own."""
    routes = request.app.router.routes
    allowed = [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    assert isinstance(error, HTTPException)  # noqa: S101  registered for nothing else
    told = HTTPException(error.status_code, f"this path takes {', '.join(allowed)}", {"Allow": ", ".join(allowed)})
    return await tell_http_error(request, told)
