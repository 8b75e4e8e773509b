"""OpenAI's Responses API, and any server that speaks it, behind the `ResponseProvider` port."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast

import httpx2
import openai
from openai import AsyncOpenAI

from signoff.adapters.parameters import problems_in
from signoff.adapters.receiving import BodyReader, object_in
from signoff.domain import names
from signoff.domain.errors import FaultError, SettingsError
from signoff.domain.failures import Stage
from signoff.domain.hints import rate_limit_reset, retry_after, retry_after_in_text
from signoff.domain.observation import NetworkFault, Observation
from signoff.domain.response import read_snapshot
from signoff.ports import RawResponse

TIMEOUT: Final = httpx2.Timeout(60.0, connect=10.0)
CODE_LIMIT: Final = 128
EVIDENCE_BYTES: Final = 8_192
_Answer = TypeVar("_Answer")
_MAY_RETRY: Final = {"true": True, "false": False}
PAGE_SIZE: Final = 100
PAGES: Final = 50
CLOCK_SKEW: Final = timedelta(minutes=2)
"""How far the provider's clock may be behind the one that says since when to look."""

_NO_LIST: Final = frozenset({400, 403, 404, 405, 501})
"""How a server without a list of responses answers when it is asked for one."""

_TOLD: Final = {
    NetworkFault.REFUSED: "no connection to OpenAI came about",
    NetworkFault.LOST: "the connection to OpenAI broke before the reply was there",
    NetworkFault.TIMEOUT: "OpenAI did not answer in time",
}
_NOTHING_SENT: Final = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


def open_client() -> AsyncOpenAI:
    """Make a client from `OPENAI_API_KEY`, `OPENAI_BASE_URL` and the client's other variables.

    Its own retries are off: a create must never be repeated blindly, and everything else is repeated by Temporal.
    """
    try:
        return AsyncOpenAI(max_retries=0, timeout=TIMEOUT)
    except openai.OpenAIError as error:
        raise SettingsError(f"the OpenAI client can't be made; set OPENAI_API_KEY: {error}") from error


@dataclass(frozen=True)
class Page:
    """One page of a list of responses, the newest first unless the server knows no order."""

    responses: Sequence[RawResponse]
    has_more: bool

    @property
    def last_id(self) -> str:
        """The id after which the next page begins."""
        return str(self.responses[-1].body["id"]) if self.responses else ""

    def goes_back_to(self, oldest: datetime) -> bool:
        """Whether everything that was created since then is on this page or on those before it."""
        times = [_created_at(response) for response in self.responses]
        is_newest_first = bool(times) and times[0] >= times[-1]
        return not self.has_more or (is_newest_first and times[-1] < oldest)


class OpenAIResponses:
    """Background responses at OpenAI. Bodies are returned as received, so that nothing is lost in a type.

    The client's own retries are turned off, whatever it was made with: they would pay for a lost create again.
    """

    def __init__(self, client: AsyncOpenAI, reader: BodyReader | None = None) -> None:
        self._client = client.with_options(max_retries=0)
        self._reader = reader or BodyReader()

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Refuse parameters that the client's own types don't know; sends nothing.

        Raises:
            FaultError: Seen as a 400, with every problem named.
        """
        if problems := problems_in(parameters):
            raise FaultError(Observation(stage=Stage.CREATE, http_status=400, message="; ".join(problems)))

    async def create(self, parameters: Mapping[str, Any]) -> RawResponse:
        """Send one create, once."""
        call = self._client.responses.with_streaming_response.create
        return await self._observed(Stage.CREATE, lambda: call(**parameters))

    async def retrieve(self, response_id: str, include: Sequence[str] = ()) -> RawResponse:
        """Fetch a response as it is now."""
        call = self._client.responses.with_streaming_response.retrieve
        return await self._observed(Stage.LOOK, lambda: call(response_id, include=cast("Any", list(include))))

    async def cancel(self, response_id: str) -> RawResponse:
        """Ask to stop working on a response."""
        call = self._client.responses.with_streaming_response.cancel
        return await self._observed(Stage.CANCEL, lambda: call(response_id))

    async def remove(self, response_id: str) -> None:
        """Have the provider delete a response; one that is not there is fine."""
        try:
            await _answered(Stage.CANCEL, lambda: self._client.responses.with_raw_response.delete(response_id))
        except FaultError as fault:
            if fault.seen.http_status not in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                raise

    async def find(self, job_id: str, since: datetime) -> tuple[RawResponse, ...] | None:
        """Look for a job's responses in the provider's list; OpenAI has none, but Azure and others do.

        What is found is a part of the list's body, written anew.
        """
        oldest, after = since - CLOCK_SKEW, ""
        found: dict[str, RawResponse] = {}
        for _ in range(PAGES):
            page = await self._page(after)
            if page is None:
                return None
            found |= {one.body["id"]: one for one in page.responses if _is_of(one, job_id, oldest)}
            if page.goes_back_to(oldest):
                return _oldest_first(found)
            if page.last_id in {"", after}:
                break
            after = page.last_id
        # The list has no end within reach: what was not found may still be there.
        return _oldest_first(found) or None

    async def _observed(self, stage: Stage, call: Callable[[], AbstractAsyncContextManager[Any]]) -> RawResponse:
        answer, data = await _answered(stage, partial(self._received, stage, call))
        body = await self._reader.parsed(data)
        if not isinstance(body.get("id"), str) or not body["id"]:
            raise FaultError(_unreadable(stage, answer.status_code, data, "no response"))
        return RawResponse(data=data, body=body)

    async def _received(
        self, stage: Stage, call: Callable[[], AbstractAsyncContextManager[Any]]
    ) -> tuple[httpx2.Response, bytes]:
        async with call() as streamed:
            answer: httpx2.Response = streamed.http_response
            return answer, await self._reader.read(stage, answer)

    async def _page(self, after: str) -> Page | None:
        params = {"limit": PAGE_SIZE, "order": "desc"} | ({"after": after} if after else {})
        try:
            answer = await _answered(
                Stage.FIND,
                lambda: self._client.get("/responses", cast_to=httpx2.Response, options={"params": params}),
            )
        except FaultError as fault:
            if not after and _has_no_list(fault.seen):
                return None
            raise
        return _read_page(answer)


async def _answered(stage: Stage, call: Callable[[], Awaitable[_Answer]]) -> _Answer:
    try:
        return await call()
    except openai.APIStatusError as error:
        raise FaultError(_seen_in_answer(stage, error)) from error
    except (openai.APIConnectionError, httpx2.HTTPError) as error:
        fault = _network_fault(error)
        told = f"{_TOLD[fault]} ({error.__cause__ or error})"
        raise FaultError(Observation(stage=stage, network=fault, message=told)) from error


def _read_page(answer: httpx2.Response) -> Page:
    body = object_in(answer.content)
    listed = body.get("data")
    if not isinstance(listed, list):
        raise FaultError(_unreadable(Stage.FIND, answer.status_code, answer.content, "no list"))
    # Each has to have an id, which is both what is looked for and how the next page is asked for.
    named = [one for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str)]
    responses = [RawResponse(data=json.dumps(one).encode(), body=one) for one in named]
    return Page(responses, has_more=bool(body.get("has_more", len(listed) >= PAGE_SIZE)))


def _unreadable(stage: Stage, status: int, data: bytes, what: str) -> Observation:
    return Observation(
        stage=stage,
        http_status=status,
        network=NetworkFault.LOST,
        message=f"HTTP {status} with a body that is {what}",
        evidence=data[:EVIDENCE_BYTES].decode(errors="replace"),
    )


def _has_no_list(seen: Observation) -> bool:
    # OpenAI keeps the list for its own pages: "must be made with a session key", with a type and without a code.
    is_for_pages = seen.http_status == HTTPStatus.UNAUTHORIZED and seen.error_type == "server_error"
    return is_for_pages or seen.http_status in _NO_LIST


def _is_of(response: RawResponse, job_id: str, oldest: datetime) -> bool:
    metadata = response.body.get("metadata")
    is_of_job = isinstance(metadata, dict) and metadata.get(names.METADATA_JOB_ID) == job_id
    return is_of_job and _created_at(response) >= oldest


def _oldest_first(found: Mapping[str, RawResponse]) -> tuple[RawResponse, ...]:
    return tuple(sorted(found.values(), key=_created_at))


def _created_at(response: RawResponse) -> datetime:
    """Read when a response was created; one that does not tell counts as new."""
    return read_snapshot(response.body).created_at or datetime.max.replace(tzinfo=UTC)


def _seen_in_answer(stage: Stage, error: openai.APIStatusError) -> Observation:
    body = error.body if isinstance(error.body, Mapping) else {}
    message = _text(body.get("message") or error.message)
    headers = error.response.headers
    hint = retry_after(headers, datetime.now(UTC)) or retry_after_in_text(message)
    if hint is None and error.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        hint = rate_limit_reset(headers)
    return Observation(
        stage=stage,
        http_status=error.status_code,
        error_type=_text(body.get("type"))[:CODE_LIMIT],
        error_code=_text(body.get("code"))[:CODE_LIMIT],
        message=message,
        evidence=error.response.text,
        retry_after=hint,
        may_retry=_MAY_RETRY.get(headers.get("x-should-retry", "").lower()),
    )


def _text(value: object) -> str:
    """Read a text; half a surrogate pair, which JSON can carry but UTF-8 can't, becomes a question mark."""
    return str(value or "").encode(errors="replace").decode()


def _network_fault(error: Exception) -> NetworkFault:
    if isinstance(error.__cause__, _NOTHING_SENT):
        return NetworkFault.REFUSED
    is_timeout = isinstance(error, openai.APITimeoutError | httpx2.TimeoutException)
    return NetworkFault.TIMEOUT if is_timeout else NetworkFault.LOST
