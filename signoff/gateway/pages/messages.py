"""Pages that say why something was not done, and what to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from signoff.domain.errors import (
    BadRequestError,
    ConflictError,
    GoneError,
    NoSuchJobError,
    RefusedError,
    SettingsError,
    SignoffError,
    UnreachableError,
    UnreadableError,
)
from signoff.domain.failures import TEXT_LIMIT_BYTES
from signoff.domain.model import clipped
from signoff.gateway.pages.csrf import FIELD, ForgedFormError, form_of, forms_of
from signoff.gateway.pages.sessions import SignedOutError, is_background
from signoff.gateway.pages.templating import page
from signoff.gateway.problems import RETRY_AFTER_SECONDS, ForbiddenError

UNTOLD_FIELDS: Final = frozenset({FIELD, "token"})
"""What a page never shows of a form."""

log: structlog.stdlib.BoundLogger = structlog.get_logger("signoff.gateway.pages")


@dataclass(frozen=True)
class Message:
    """What a page says, what to do about it, and where that is."""

    title: str
    text: str
    advice: str = "The list of jobs shows what can be done now."
    link: str = "/review"
    link_text: str = "To the jobs"


class MessageError(Exception):
    """Something is not done; the page says why."""

    def __init__(self, status: HTTPStatus, message: Message, headers: dict[str, str] | None = None) -> None:
        super().__init__(message.title)
        self.status = status
        self.message = message
        self.headers = headers


_SIGNED_OUT: Final = Message(
    title="You are signed out",
    text="Nothing was sent: the session was over before the form arrived.",
    advice="Sign in, open the page again, and send the form once more.",
    link="/signin",
    link_text="Sign in",
)
_FORGED: Final = Message(
    title="The form was not accepted",
    text="Nothing was sent. The page that it came from was made for another session, or by another site.",
    advice="Go back, reload the page, and send the form again.",
)
_FORBIDDEN: Final = "Ask whoever runs the deployment for the role."
_UNREACHABLE: Final = "Something behind the gateway does not answer"
_MESSAGES: Final[Mapping[type[Exception], tuple[HTTPStatus, str]]] = {
    BadRequestError: (HTTPStatus.BAD_REQUEST, "That breaks a rule"),
    NoSuchJobError: (HTTPStatus.NOT_FOUND, "There is no such job"),
    ConflictError: (HTTPStatus.CONFLICT, "The job id belongs to another request"),
    GoneError: (HTTPStatus.GONE, "It was there, and was removed for good"),
    RefusedError: (HTTPStatus.CONFLICT, "The job does not allow this now"),
    UnreachableError: (HTTPStatus.SERVICE_UNAVAILABLE, _UNREACHABLE),
}
_BROKEN: Final = Message(
    title="Something went wrong in the gateway",
    text="What you did may have taken effect or not; the job's page tells.",
    advice="The gateway's log says what happened; whoever runs it can help.",
)
_UNREADABLE_SETTINGS: Final = Message(
    title=_UNREACHABLE,
    text="The gateway can't check who you are now; its log says why.",
    advice="Try again in a minute, or tell whoever runs the deployment.",
)


def message_page(
    request: Request,
    status: int,
    message: Message,
    *,
    headers: Mapping[str, str] | None = None,
    typed: Iterable[tuple[str, str]] = (),
) -> Response:
    """Answer with a message, and with what somebody typed that would be lost otherwise."""
    told = dict(headers or {})
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        told.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))
    return page(request, "message.html", status=status, headers=told, message=message, typed=list(typed))


async def tell_message(request: Request, error: Exception) -> Response:
    """Answer with the page that an error brings along."""
    assert isinstance(error, MessageError)  # noqa: S101  registered for nothing else
    return message_page(request, error.status, error.message, headers=error.headers)


async def tell_signed_out(request: Request, _error: Exception) -> Response:
    """Send somebody to sign in, and back to the page; a form is not lost on the way."""
    if is_background(request):
        # htmx then loads the page anew, which leads to the sign-in.
        return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Refresh": "true"})
    if request.method not in ("GET", "HEAD"):
        return message_page(request, HTTPStatus.UNAUTHORIZED, _SIGNED_OUT, typed=await _typed(request))
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/signin?next={quote(asked, safe='')}", HTTPStatus.SEE_OTHER)


async def tell_forged(request: Request, _error: Exception) -> Response:
    """Answer that a form was not accepted."""
    log.warning("pages.form_refused", path=clipped(request.url.path, limit_bytes=200))
    return message_page(request, HTTPStatus.FORBIDDEN, _FORGED, typed=await _typed(request))


async def tell_forbidden(request: Request, error: Exception) -> Response:
    """Answer that somebody's roles do not suffice."""
    return message_page(request, HTTPStatus.FORBIDDEN, Message("You may not do this", str(error), _FORBIDDEN))


async def tell_signoff_error(request: Request, error: Exception) -> Response:
    """Answer with what an error of the product means."""
    known = next((_MESSAGES[one] for one in type(error).__mro__ if one in _MESSAGES), None)
    if known is None:
        return await tell_bug(request, error)
    status, title = known
    return message_page(request, status, Message(title, clipped(str(error), limit_bytes=TEXT_LIMIT_BYTES)))


async def tell_missing_key(request: Request, error: Exception) -> Response:
    """Answer which key is missing here; people stay signed in."""
    log.error("pages.call_failed", reason=str(error))
    advice = "Tell whoever runs the deployment."
    return message_page(request, HTTPStatus.SERVICE_UNAVAILABLE, Message(_UNREACHABLE, str(error), advice))


async def tell_unusable_settings(request: Request, error: Exception) -> Response:
    """Answer that nobody can be let in now; the reason is for the log alone."""
    log.error("pages.call_failed", reason=str(error))
    request.state.session = None
    return message_page(request, HTTPStatus.SERVICE_UNAVAILABLE, _UNREADABLE_SETTINGS)


async def tell_http_error(request: Request, error: Exception) -> Response:
    """Answer with a page where the framework would answer with a text of its own."""
    assert isinstance(error, HTTPException)  # noqa: S101  registered for nothing else
    status = HTTPStatus(error.status_code)
    text = _HTTP_ERRORS.get(status, "The gateway can't answer this.")
    return message_page(request, status, Message(status.phrase, text), headers=error.headers)


async def tell_invalid(request: Request, _error: Exception) -> Response:
    """Answer that an address or a form has not the form that it should have."""
    text = "The address or the form holds something that does not belong there."
    return message_page(request, HTTPStatus.BAD_REQUEST, Message("That can't be read", text))


async def tell_bug(request: Request, _error: Exception) -> Response:
    """Answer without internals; the server logs the error itself."""
    return message_page(request, HTTPStatus.INTERNAL_SERVER_ERROR, _BROKEN)


async def _typed(request: Request) -> list[tuple[str, str]]:
    """Give what somebody typed; another site's words are not shown as ours."""
    if not forms_of(request).is_from_here(request):
        return []
    try:
        form: FormData = await form_of(request)
    except HTTPException:
        return []
    fields = form.multi_items()
    return [(name, value) for name, value in fields if name not in UNTOLD_FIELDS and isinstance(value, str) and value]


_HTTP_ERRORS: Final = {
    HTTPStatus.NOT_FOUND: "There is no such page.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This page can't be used in this way.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "What was sent is too large.",
}

HANDLERS: Final[Mapping[Any, Any]] = {
    MessageError: tell_message,
    SignedOutError: tell_signed_out,
    ForgedFormError: tell_forged,
    ForbiddenError: tell_forbidden,
    SignoffError: tell_signoff_error,
    UnreadableError: tell_missing_key,
    SettingsError: tell_unusable_settings,
    HTTPException: tell_http_error,
    RequestValidationError: tell_invalid,
    Exception: tell_bug,
}
"""Who answers for which error."""
