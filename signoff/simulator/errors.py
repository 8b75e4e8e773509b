"""OpenAI's error answers."""

from collections.abc import Mapping

from starlette.responses import JSONResponse

INVALID_REQUEST = "invalid_request_error"

MESSAGES = {
    "server_error": "The server had an error while processing your request. Sorry about that!",
    "rate_limit_exceeded": "Rate limit reached for requests.",
    "insufficient_quota": "You exceeded your current quota, please check your plan and billing details.",
    "invalid_api_key": "Incorrect API key provided.",
    "invalid_prompt": (
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy. "
        "Please try again with a different prompt."
    ),
    "misalignment_policy_violation": "This request was stopped because the model's next step needs a person's review.",
}
MISALIGNMENT: dict[str, dict[str, object]] = {
    "misalignment_policy_violation": {
        "type": "invalid_request_error",
        "param": None,
        "misalignment": {
            "error_type": "potentially_unintended_data_transfer",
            "detailed_explanation": "The model was about to send data to a place that nobody had named.",
            "review_target": "mrt_simulated",
            "steer": {"message": "Continue without sending the data."},
        },
    }
}
_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded", 500: "server_error"}


class ApiError(Exception):
    """A call that is refused with an answer in OpenAI's error format."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param

    def answer(self, headers: Mapping[str, str] | None = None) -> JSONResponse:
        """Return the HTTP answer, with these headers added."""
        error: dict[str, object] = {
            "message": self.message,
            "type": _type_of(self.status, self.code),
            "param": self.param,
            "code": self.code,
        }
        error |= MISALIGNMENT.get(self.code or "", {})
        return JSONResponse({"error": error}, self.status, headers=dict(headers or {}))


def _type_of(status: int, code: str | None) -> str:
    if status == 429:  # noqa: PLR2004 -- HTTP's number for too many requests
        return "insufficient_quota" if code == "insufficient_quota" else "requests"
    return INVALID_REQUEST if status < 500 else "server_error"  # noqa: PLR2004 -- HTTP's border of server errors


def played(status: int, code: str = "") -> ApiError:
    """Return the error that OpenAI gives with this status; its code follows the status unless it is given."""
    code = code or _CODES.get(status, "server_error" if status >= 500 else "invalid_request")  # noqa: PLR2004 -- HTTP's border of server errors
    return ApiError(status, MESSAGES.get(code, f"The simulator refused this call with {code}."), code=code)


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> ApiError:
    """Return the 400 for a request that OpenAI would refuse."""
    return ApiError(400, message, code=code, param=param)


def not_found(response_id: str) -> ApiError:
    """Return the 404 for a response that was never created, was deleted or was forgotten."""
    return ApiError(404, f"Response with id '{response_id}' not found.")
