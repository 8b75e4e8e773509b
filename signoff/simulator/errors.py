"""OpenAI's error answers."""

from collections.abc import Mapping

from starlette.responses import JSONResponse

INVALID_REQUEST = "invalid_request_error"


class ApiError(Exception):
    """A call that is refused with an answer in OpenAI's error format."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param

    def answer(self, headers: Mapping[str, str] | None = None) -> JSONResponse:
        """Return the HTTP answer, with these headers added."""
        error = {
            "message": self.message,
            "type": _type_of(self.status, self.code),
            "param": self.param,
            "code": self.code,
        }
        return JSONResponse({"error": error}, self.status, headers=dict(headers or {}))


def _type_of(status: int, code: str | None) -> str:
    if status == 429:  # noqa: PLR2004 -- HTTP's number for too many requests
        return "insufficient_quota" if code == "insufficient_quota" else "requests"
    return INVALID_REQUEST if status < 500 else "server_error"  # noqa: PLR2004 -- HTTP's border of server errors


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> ApiError:
    """Return the 400 for a request that OpenAI would refuse."""
    return ApiError(400, message, code=code, param=param)


def not_found(response_id: str) -> ApiError:
    """Return the 404 for a response that was never created, was deleted or was forgotten."""
    return ApiError(404, f"Response with id '{response_id}' not found.")
