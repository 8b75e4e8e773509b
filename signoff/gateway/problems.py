"""Every answer that is no success: a problem document (RFC 9457), from one table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from signoff.domain.destinations import FORMS
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
from signoff.domain.model import Value, clipped
from signoff.domain.status import JobStatus
from signoff.gateway.forms import is_beyond_schema

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 5
_FIELDS_LIMIT: Final = 50

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class FieldProblem(Value):
    """One field of the call, and the rule that it breaks. `field` is empty for the body as a whole."""

    field: str
    message: str


class Problem(Value):
    """Why a call was not carried out, and what to do (RFC 9457).

    `errors` names the fields of a bad call. `job_status` and `at` say where the job stood when it refused.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: tuple[FieldProblem, ...] | None = None
    job_status: JobStatus | None = None
    at: AwareDatetime | None = None


@dataclass(frozen=True)
class Kind:
    """One kind of problem: the last word of its `type`, its HTTP status, its title."""

    name: str
    status: HTTPStatus
    title: str


BAD_REQUEST: Final = Kind("bad-request", HTTPStatus.BAD_REQUEST, "The call breaks a rule")
INVALID: Final = Kind("invalid-fields", HTTPStatus.UNPROCESSABLE_ENTITY, "The call does not have the documented form")
NO_TOKEN: Final = Kind("no-valid-token", HTTPStatus.UNAUTHORIZED, "A valid bearer token is needed")
FORBIDDEN: Final = Kind("forbidden", HTTPStatus.FORBIDDEN, "The token does not allow this")
NO_SUCH_JOB: Final = Kind("no-such-job", HTTPStatus.NOT_FOUND, "There is no such job")
CONFLICT: Final = Kind("conflict", HTTPStatus.CONFLICT, "The job id belongs to another request")
REFUSED: Final = Kind("refused", HTTPStatus.CONFLICT, "The job does not allow this now")
GONE: Final = Kind("gone", HTTPStatus.GONE, "It was there, and was removed for good")
UNREACHABLE: Final = Kind("unreachable", HTTPStatus.SERVICE_UNAVAILABLE, "Something behind the gateway does not answer")
INTERNAL: Final = Kind("internal-error", HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong in the gateway")

_KINDS: Final[dict[type[Exception], Kind]] = {
    BadRequestError: BAD_REQUEST,
    NoSuchJobError: NO_SUCH_JOB,
    ConflictError: CONFLICT,
    RefusedError: REFUSED,
    GoneError: GONE,
    UnreachableError: UNREACHABLE,
    SettingsError: UNREACHABLE,
}
"""What the errors of the product mean to a caller; any other one is internal."""

_DETAILS: Final = {
    # The same for a job that is not there and for one that is somebody else's, to the letter.
    NO_SUCH_JOB: "there is no job of this id that this token may see",
    INTERNAL: "the gateway's log says what happened; whoever runs it can help",
}
"""What is said in place of an error's own words, where those would tell too much."""

_SAID_BY_SETTINGS: Final = "the gateway can't check tokens now; its log says why"


class ForbiddenError(Exception):
    """The caller is known, but may not do this. The message says who may."""


class NotDoneError(Exception):
    """A job answered that it does not do what it was asked."""

    def __init__(self, reason: str, status: JobStatus, at: AwareDatetime) -> None:
        super().__init__(reason)
        self.status = status
        self.at = at


def problem(request: Request, kind: Kind, detail: str, **more: Any) -> Response:  # noqa: ANN401  a Problem's fields
    """Answer with a problem. `headers` are added to the answer, everything else is a field of it."""
    headers = dict(more.pop("headers", None) or {})
    if kind.status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    content = Problem(
        type=f"urn:signoff:problem:{kind.name}",
        title=kind.title,
        status=kind.status,
        detail=clipped(detail, limit_bytes=TEXT_LIMIT_BYTES),
        instance=request.url.path,
        **more,
    )
    body = content.model_dump(mode="json", exclude_none=True)
    return JSONResponse(body, status_code=kind.status, headers=headers, media_type=MEDIA_TYPE)


async def tell_signoff_error(request: Request, error: Exception) -> Response:
    """Answer with what an error of the product means."""
    kind = next((_KINDS[one] for one in type(error).__mro__ if one in _KINDS), INTERNAL)
    if kind is INTERNAL or isinstance(error, SettingsError):
        log.error("gateway.call_failed", reason=str(error))
    is_of_tokens = isinstance(error, SettingsError) and not isinstance(error, UnreadableError)
    detail = _SAID_BY_SETTINGS if is_of_tokens else _DETAILS.get(kind, str(error))
    return problem(request, kind, detail)


async def tell_not_done(request: Request, error: Exception) -> Response:
    """Answer with the reason of a job, and where it stands."""
    assert isinstance(error, NotDoneError)  # noqa: S101  registered for nothing else
    return problem(request, REFUSED, str(error), job_status=error.status, at=error.at)


async def tell_forbidden(request: Request, error: Exception) -> Response:
    """Answer that the token does not suffice."""
    return problem(request, FORBIDDEN, str(error))


async def tell_bug(request: Request, _error: Exception) -> Response:
    """Answer without internals; the server logs the error itself."""
    return problem(request, INTERNAL, _DETAILS[INTERNAL])


async def tell_http_error(request: Request, error: Exception) -> Response:
    """Answer with a problem where the framework would answer with a text of its own."""
    assert isinstance(error, HTTPException)  # noqa: S101  registered for nothing else
    status = HTTPStatus(error.status_code)
    kind = Kind(status.phrase.lower().replace(" ", "-"), status, status.phrase)
    return problem(request, kind, str(error.detail), headers=error.headers)


async def tell_invalid(request: Request, error: Exception) -> Response:
    """Answer with each field that breaks a rule.

    422 says that the call has not the form that the OpenAPI document describes, 400 that it has, and breaks a
    rule beyond it.
    """
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for nothing else
    errors: Sequence[ErrorDetails] = error.errors()
    fields = tuple(FieldProblem(field=_place(one), message=_said(one)) for one in errors[:_FIELDS_LIMIT])
    detail = "; ".join(f"{one.field}: {one.message}" if one.field else one.message for one in fields)
    return problem(request, BAD_REQUEST if all(map(is_beyond_schema, errors)) else INVALID, detail, errors=fields)


def _place(error: ErrorDetails) -> str:
    """Name a field without repeating more than a name of what was sent."""
    return clipped(".".join(str(part) for part in error["loc"] if part not in FORMS), limit_bytes=200)


def _said(error: ErrorDetails) -> str:
    told = {"missing": "is required", "extra_forbidden": "there is no such field"}
    return told.get(error["type"]) or clipped(error["msg"].removeprefix("Value error, "), limit_bytes=500)


HANDLERS: Final[Mapping[Any, Any]] = {
    SignoffError: tell_signoff_error,
    SettingsError: tell_signoff_error,
    NotDoneError: tell_not_done,
    ForbiddenError: tell_forbidden,
    HTTPException: tell_http_error,
    RequestValidationError: tell_invalid,
    Exception: tell_bug,
}
"""Who answers for which error."""
