"""Delivery by HTTP: one POST of the approved bytes to a host that the deployment allows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import httpx2

from signoff.domain.delivery import DeliverySpec, Http, Receipt
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.hints import retry_after
from signoff.domain.observation import NetworkFault, Observation
from signoff.ports import Parcel

TIMEOUT: Final = httpx2.Timeout(30.0, connect=10.0)
HIGHEST_PORT: Final = 65_535
WORD_LIMIT: Final = 200
"""How many characters of an answer are kept as the destination's own word for the delivery."""
ANSWER_LIMIT_BYTES: Final = 4_096


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
    """POSTs the deliverable as JSON, with headers that let the receiver recognise a repeat.

    `hosts` are the allowed destinations as `host` or `host:port`; without any, nothing is sent anywhere.
    Redirects are not followed, since they would lead past that list.
    """

    def __init__(self, client: httpx2.AsyncClient, hosts: Collection[str]) -> None:
        self._client = client
        self._hosts = frozenset(host.lower() for host in hosts)

    def check(self, destination: DeliverySpec) -> None:
        """Refuse an address that can't be used, or whose host is not allowed."""
        self._check_host(_parsed(_address(destination)))

    async def deliver(self, parcel: Parcel) -> Receipt:
        """Send the bytes once; the caller repeats it under the same key where that is called for."""
        self.check(parcel.destination)
        url = _address(parcel.destination)
        answer = await self._post(url, parcel)
        if not answer.is_success:
            raise FaultError(_refused(answer, url))
        word = answer.headers.get("location") or answer.text or f"HTTP {answer.status}"
        return Receipt(
            channel="http",
            destination=url,
            reference=word[:WORD_LIMIT],
            digest=parcel.digest,
            at=datetime.now(UTC),
        )

    def _check_host(self, url: httpx2.URL) -> None:
        host = f"[{url.host}]" if ":" in url.host else url.host
        names = {host, f"{host}:{url.port or (443 if url.scheme == 'https' else 80)}"}
        if not names & self._hosts:
            message = f"{url.host} is not among the allowed destinations; name it in SIGNOFF_DELIVERY_HOSTS"
            raise FaultError(Observation(stage=Stage.DELIVER, http_status=403, message=message))

    async def _post(self, url: str, parcel: Parcel) -> Answer:
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": parcel.idempotency_key,
            "Signoff-Job-Id": parcel.job_id,
            "Signoff-Digest": parcel.digest,
        }
        try:
            sending = self._client.stream(
                "POST", url, content=parcel.data, headers=headers, timeout=TIMEOUT, follow_redirects=False
            )
            async with sending as answer:
                beginning = await _beginning(answer)
                return Answer(answer.status_code, answer.headers, beginning)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise FaultError(_unanswered(url, NetworkFault.REFUSED, error)) from error
        except httpx2.TimeoutException as error:
            raise FaultError(_unanswered(url, NetworkFault.TIMEOUT, error)) from error
        except httpx2.RequestError as error:
            raise FaultError(_unanswered(url, NetworkFault.LOST, error)) from error


def _address(destination: DeliverySpec) -> str:
    if not isinstance(destination, Http):
        msg = f"an HTTP channel can't deliver to {destination.channel}"
        raise TypeError(msg)
    return destination.url


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
    """Read as much of an answer as is of use; a destination may not fill the worker's memory."""
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
    return Observation(stage=Stage.DELIVER, network=fault, message=f"{url} did not answer ({type(error).__name__})")
