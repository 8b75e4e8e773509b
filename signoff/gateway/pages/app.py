"""The pages as an application of their own beside the job API: with other errors, and another way to sign in."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from signoff.gateway.pages import oidc, routes, signin
from signoff.gateway.pages.cookies import CookieWriter
from signoff.gateway.pages.destinations import HOME
from signoff.gateway.pages.headers import SecurityHeaders
from signoff.gateway.pages.messages import HANDLERS
from signoff.gateway.pages.parts import PageParts
from signoff.gateway.pages.templating import STATIC, version_of

OURS: Final = frozenset({"review", "signin", "signout", "static"})
"""The first parts of the paths that the pages answer, beside `/`. The job API answers all others."""

_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_CHECKED: Final = "no-cache"


def pages_app(parts: PageParts, review: APIRouter = routes.router) -> ASGIApp:
    """Make the pages: those of the review, and around them signing in, static files, headers and errors."""
    app = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, exception_handlers=dict(HANDLERS)
    )
    app.state.parts = parts
    app.add_api_route("/", _go_home, methods=["GET"])
    app.include_router(signin.router)
    app.include_router(oidc.router)
    app.include_router(review)
    app.mount("/static", _Static(directory=STATIC))
    # Around the whole application, so that the page about an error in it has them too.
    return SecurityHeaders(CookieWriter(app))


class Pages:
    """Hands the paths of the pages to them, and everything else on."""

    def __init__(self, app: ASGIApp, pages: ASGIApp) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose by the first part of the path."""
        chosen = self._pages if scope["type"] == "http" and _is_ours(scope["path"]) else self._app
        await chosen(scope, receive, send)


class _Static(StaticFiles):
    """Static files. One that is asked for by its version never changes; another one is checked by its ETag."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with the file, and say how long it may be kept."""
        answer = await super().get_response(path, scope)
        asked = Request(scope).query_params.get("v")
        answer.headers["Cache-Control"] = _FOR_GOOD if asked and asked == version_of(path) else _CHECKED
        return answer


def _is_ours(path: str) -> bool:
    return path == "/" or path.removeprefix("/").partition("/")[0] in OURS


async def _go_home() -> Response:
    return RedirectResponse(HOME, HTTPStatus.SEE_OTHER)
