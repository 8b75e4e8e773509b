"""OpenAI's Responses API, and any server that speaks it, behind the `ResponseProvider` port."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

import httpx2
import openai
from openai import AsyncOpenAI

from signoff.adapters.parameters import problems_in
from signoff.domain.errors import FaultError, SettingsError
from signoff.domain.failures import Stage
from signoff.domain.hints import retry_after, retry_after_in_text
from signoff.domain.observation import NetworkFault, Observation
from signoff.ports import RawResponse

TIMEOUT: Final = httpx2.Timeout(60.0, connect=10.0)
CODE_LIMIT: Final = 128
_NOTHING_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


def open_client() -> AsyncOpenAI:
    """Make a client from `OPENAI_API_KEY`, `OPENAI_BASE_URL` and the client's other variables.

    Its own retries are off: a create must never be repeated blindly, and everything else is repeated by Temporal.
    """
    try:
        return AsyncOpenAI(max_retries=0, timeout=TIMEOUT)
    except openai.OpenAIError as error:
        raise SettingsError(f"the OpenAI client can't be made; set OPENAI_API_KEY: {error}") from error


class OpenAIResponses:
    """Background responses at OpenAI. Bodies are returned as received, so that nothing is lost in a type.

    The client's own retries are turned off, whatever it was made with: they would pay for a lost create again.
    """

    def __init__(self, client: AsyncOpenAI) -> None:
        self._client = client.with_options(max_retries=0)

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Refuse parameters that the client's own types don't know; sends nothing.

        Raises:
            FaultError: Seen as a 400, with every problem named.
        """
        if problems := problems_in(parameters):
            raise FaultError(Observation(stage=Stage.CREATE, http_status=400, message="; ".join(problems)))

    async def create(self, parameters: Mapping[str, Any]) -> RawResponse:
        """Send one create, once."""
        call = self._client.responses.with_raw_response.create
        return await _observed(Stage.CREATE, lambda: call(**parameters))

    async def retrieve(self, response_id: str, include: Sequence[str] = ()) -> RawResponse:
        """Fetch a response as it is now."""
        call = self._client.responses.with_raw_response.retrieve
        return await _observed(Stage.LOOK, lambda: call(response_id, include=cast("Any", list(include))))

    async def cancel(self, response_id: str) -> RawResponse:
        """Ask to stop working on a response."""
        call = self._client.responses.with_raw_response.cancel
        return await _observed(Stage.CANCEL, lambda: call(response_id))


async def _observed(stage: Stage, call: Callable[[], Awaitable[Any]]) -> RawResponse:
    try:
        answer = await call()
    except openai.APIStatusError as error:
        raise FaultError(_seen_in_answer(stage, error)) from error
    except openai.APIConnectionError as error:
        seen = Observation(stage=stage, network=_network_fault(error), message=f"OpenAI could not be reached: {error}")
        raise FaultError(seen) from error
    return _parsed(stage, answer.http_response)


def _parsed(stage: Stage, answer: httpx2.Response) -> RawResponse:
    try:
        body = json.loads(answer.content)
    except ValueError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not body["id"]:
        seen = Observation(
            stage=stage,
            http_status=answer.status_code,
            network=NetworkFault.LOST,
            message=f"HTTP {answer.status_code} with a body that is no response",
            evidence=answer.text,
        )
        raise FaultError(seen)
    return RawResponse(data=answer.content, body=body)


def _seen_in_answer(stage: Stage, error: openai.APIStatusError) -> Observation:
    body = error.body if isinstance(error.body, Mapping) else {}
    message = _text(body.get("message") or error.message)
    may_retry = error.response.headers.get("x-should-retry")
    return Observation(
        stage=stage,
        http_status=error.status_code,
        error_type=_text(body.get("type"))[:CODE_LIMIT],
        error_code=_text(body.get("code"))[:CODE_LIMIT],
        message=message,
        evidence=error.response.text,
        retry_after=retry_after(error.response.headers, datetime.now(UTC)) or retry_after_in_text(message),
        may_retry=None if may_retry is None else may_retry == "true",
    )


def _text(value: object) -> str:
    """Read a text; half a surrogate pair, which JSON can carry but UTF-8 can't, becomes a question mark."""
    return str(value or "").encode(errors="replace").decode()


def _network_fault(error: openai.APIConnectionError) -> NetworkFault:
    if isinstance(error.__cause__, _NOTHING_SENT):
        return NetworkFault.REFUSED
    return NetworkFault.TIMEOUT if isinstance(error, openai.APITimeoutError) else NetworkFault.LOST
