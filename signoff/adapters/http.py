"""Delivery by HTTP: one POST of the approved bytes to a host that the deployment allows."""

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

import httpx2

from signoff.adapters.egress import ForbiddenAddressError, HostAllowance
from signoff.adapters.secrets import DeliverySecrets
from signoff.adapters.signing import require_strong, signature_headers
from signoff.domain.deliverable import Deliverable
from signoff.domain.delivery import DeliverySpec, Http, HttpContent, Receipt
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.hints import retry_after
from signoff.domain.observation import NetworkFault, Observation
from signoff.ports import Parcel

TIMEOUT: Final = timedelta(seconds=30)
HIGHEST_PORT: Final = 65_535
WORD_LIMIT: Final = 200
"""How many characters of an answer are kept as the destination's own word for the delivery."""
ANSWER_LIMIT_BYTES: Final = 4_096

_CONTENT_TYPES: Final = {
    HttpContent.DELIVERABLE: "application/json",
    HttpContent.TEXT: "text/plain; charset=utf-8",
}


@dataclass(frozen=True)
class Answer:
    """What counts of a destination's answer: `text` is the beginning of its body."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def is_success(self) -> bool:
        """Whether the delivery was taken."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


class HttpChannel:
    """POSTs the deliverable, with headers that let the receiver verify it and recognise a repeat.

    `hosts` are the allowed destinations as `host` or `host:port`; without any, nothing is sent anywhere.
    Redirects are not followed, since they would lead past that list. `timeout` bounds one delivery from the look-up
    of the host to the end of the answer, however slowly that drips.
    """

    def __init__(
        self,
        client: httpx2.AsyncClient,
        hosts: Collection[str],
        secrets: DeliverySecrets | None = None,
        timeout: timedelta = TIMEOUT,
    ) -> None:
        self._client = client
        self._hosts = HostAllowance(hosts)
        self._secrets = secrets or DeliverySecrets({})
        self._timeout = timeout.total_seconds()

    def check(self, destination: DeliverySpec) -> None:
        """Refuse an address that can't be used, a host that is not allowed, and a secret that is not there."""
        wanted = _destination(destination)
        url = _parsed(wanted.url)
        if not self._hosts.covers(url):
            message = f"{url.host} is not among the allowed destinations; name it in SIGNOFF_DELIVERY_HOSTS"
            raise FaultError(Observation(stage=Stage.DELIVER, http_status=403, message=message))
        if wanted.signing_secret:
            require_strong(wanted.signing_secret, self._secrets.named(wanted.signing_secret))
        if wanted.bearer_token:
            self._secrets.named(wanted.bearer_token)

    async def deliver(self, parcel: Parcel) -> Receipt:
        """Send the bytes once; the caller repeats it under the same key where that is called for."""
        self.check(parcel.destination)
        wanted = _destination(parcel.destination)
        answer = await self._post(wanted, parcel)
        if not answer.is_success:
            raise FaultError(_refused(answer, wanted.url))
        word = answer.headers.get("location") or answer.text or f"HTTP {answer.status}"
        return Receipt(
            channel="http",
            destination=wanted.url,
            reference=word[:WORD_LIMIT],
            digest=parcel.digest,
            at=datetime.now(UTC),
        )

    async def _post(self, wanted: Http, parcel: Parcel) -> Answer:
        url, body = wanted.url, _body(wanted, parcel)
        headers = self._headers(wanted, parcel, body)
        try:
            async with asyncio.timeout(self._timeout):
                return await self._exchange(url, body, headers)
        except ForbiddenAddressError as error:
            message = f"{error}; allow the host in SIGNOFF_DELIVERY_PRIVATE_HOSTS if it is meant"
            raise FaultError(Observation(stage=Stage.DELIVER, http_status=403, message=message)) from error
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise FaultError(_unanswered(url, NetworkFault.REFUSED, error)) from error
        except (httpx2.TimeoutException, TimeoutError) as error:
            raise FaultError(_unanswered(url, NetworkFault.TIMEOUT, error)) from error
        except httpx2.RequestError as error:
            raise FaultError(_unanswered(url, NetworkFault.LOST, error)) from error

    async def _exchange(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        # An address that swallows packets leaves time for the next one of the same host.
        timeout = httpx2.Timeout(self._timeout, connect=self._timeout / 3)
        sending = self._client.stream(
            "POST", url, content=body, headers=headers, timeout=timeout, follow_redirects=False
        )
        async with sending as answer:
            return Answer(answer.status_code, answer.headers, await _beginning(answer))

    def _headers(self, wanted: Http, parcel: Parcel, body: bytes) -> dict[str, str]:
        headers = {
            "Accept-Encoding": "identity",
            "Content-Type": _CONTENT_TYPES[wanted.content],
            "Content-Digest": f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:",  # RFC 9530
            "Idempotency-Key": parcel.idempotency_key,
            "Signoff-Job-Id": parcel.job_id,
            "Signoff-Digest": parcel.digest,
        }
        if wanted.bearer_token:
            headers["Authorization"] = f"Bearer {self._secrets.named(wanted.bearer_token)}"
        if wanted.signing_secret:
            secret = self._secrets.named(wanted.signing_secret)
            headers |= signature_headers(secret, parcel.idempotency_key, body, datetime.now(UTC))
        return headers


def _destination(destination: DeliverySpec) -> Http:
    if not isinstance(destination, Http):
        msg = f"an HTTP channel can't deliver to {destination.channel}"
        raise TypeError(msg)
    return destination


def _body(wanted: Http, parcel: Parcel) -> bytes:
    if wanted.content is HttpContent.TEXT:
        return Deliverable.model_validate_json(parcel.data).text.encode()
    return parcel.data


def _parsed(url: str) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise FaultError(_unusable(url, str(error))) from error
    if (parsed.port or 0) > HIGHEST_PORT:
        raise FaultError(_unusable(url, f"the highest port is {HIGHEST_PORT}"))
    return parsed


def _unusable(url: str, why: str) -> Observation:
    return Observation(stage=Stage.DELIVER, http_status=400, message=f"{url} is no usable address: {why}")


async def _beginning(answer: httpx2.Response) -> str:
    """Read as much of an answer as is of use; a destination may not fill the worker's memory.

    One that is compressed although nobody asked for that is not read: a few bytes can unfold to gigabytes.
    """
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        return ""
    data = b""
    async for chunk in answer.aiter_bytes():
        data += chunk
        if len(data) >= ANSWER_LIMIT_BYTES:
            break
    return data[:ANSWER_LIMIT_BYTES].decode(errors="replace")


def _refused(answer: Answer, url: str) -> Observation:
    return Observation(
        stage=Stage.DELIVER,
        http_status=answer.status,
        message=f"{url} answered HTTP {answer.status}",
        evidence=answer.text,
        retry_after=retry_after(answer.headers, datetime.now(UTC)),
    )


def _unanswered(url: str, fault: NetworkFault, error: Exception) -> Observation:
    why = f"{type(error).__name__}: {error}".removesuffix(": ")
    return Observation(stage=Stage.DELIVER, network=fault, message=f"{url} did not answer ({why})")
