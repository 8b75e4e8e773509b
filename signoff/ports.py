"""What the activities need of the world, as protocols that adapters fulfil."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Protocol, runtime_checkable

from signoff.domain.announcement import Announcement, StrayHint
from signoff.domain.checks import Check
from signoff.domain.deliverable import Deliverable
from signoff.domain.delivery import DeliverySpec, Receipt
from signoff.domain.notice import Notice
from signoff.domain.observation import Finding


@dataclass(frozen=True)
class RawResponse:
    """A response body as it was received, and the same parsed."""

    data: bytes
    body: Mapping[str, Any]


class ResponseProvider(Protocol):
    """OpenAI, or a server that speaks its Responses API. Faults are raised as `FaultError`."""

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Refuse parameters that the API does not take, naming each; costs nothing and sends nothing."""

    async def create(self, parameters: Mapping[str, Any]) -> RawResponse:
        """Send one create. Never repeats it: whoever calls decides whether a second one may be paid."""

    async def retrieve(self, response_id: str, include: Sequence[str] = ()) -> RawResponse:
        """Fetch a response as it is now. Safe to repeat."""

    async def cancel(self, response_id: str) -> RawResponse:
        """Ask to stop working on a response. Safe to repeat."""

    async def remove(self, response_id: str) -> None:
        """Have what the provider keeps of a response deleted; one that is not there is fine. Safe to repeat."""

    async def find(self, job_id: str, since: datetime) -> tuple[RawResponse, ...] | None:
        """List the responses of a job that were created since then, oldest first. Safe to repeat.

        They are told by the `signoff_job_id` of their metadata, and may be behind what `retrieve` shows. `None`
        says that the provider can't tell: it has no list, or too long a one.
        """


class Histories(Protocol):
    """What Temporal keeps of jobs.

    Every method raises `UnreachableError` where nobody answered.
    """

    async def is_open(self, job_id: str) -> bool:
        """Whether Temporal still runs the job."""

    async def forget(self, job_id: str) -> bool:
        """Have Temporal delete what it keeps of a closed job; false while some of it is still there. Safe to repeat.

        Raises:
            RefusedError: It may not be deleted from here; the message says why.
        """


class Checker(Protocol):
    """Makes the checks that a job asks for, but for those that are somebody else's activities."""

    async def check(self, checks: Sequence[Check]) -> None:
        """Refuse checks that could never be made, before anything is paid.

        Raises:
            FaultError: Names each problem.
        """

    async def findings(
        self, checks: Sequence[Check], deliverable: Deliverable, sources: AbstractSet[str]
    ) -> tuple[Finding, ...]:
        """Say what the checks find in a draft whose response met these sources. Never raises, and ends soon."""


class WebhookVerifier(Protocol):
    """Tells the webhooks that OpenAI sent from those that anybody else made up."""

    async def is_genuine(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether this very body was signed with one of the known secrets, lately. Never raises."""


class JobAnnouncer(Protocol):
    """A way to tell jobs of their responses."""

    async def tell_holder(self, announcement: Announcement) -> bool:
        """Tell the job whose response this is; false where no job is known to hold it, or not yet.

        Raises:
            UnreachableError: Nobody answered; telling it again does no harm.
        """

    async def tell(self, hint: StrayHint) -> bool:
        """Tell the job that the response itself names; false where there is no such job here.

        Raises:
            UnreachableError: Nobody answered; telling it again does no harm.
        """


class Archive(Protocol):
    """Objects by path, kept longer than OpenAI and Temporal keep anything.

    Paths use `/` and hold letters, digits, dots, dashes and underscores. Faults are raised as `FaultError`.
    """

    async def put(self, path: str, data: bytes) -> None:
        """Write an object whole or not at all; the same path again replaces it."""

    async def get(self, path: str) -> bytes | None:
        """Read an object; `None` where there is none."""

    async def delete(self, path: str) -> None:
        """Remove an object; one that is not there is fine."""

    def paths(self, folder: str, *, after: str = "") -> AsyncIterator[str]:
        """List the paths of the objects below a folder, in no order that holds everywhere.

        `after` leaves out the paths up to and including this one.
        """
        ...

    async def folders(self, folder: str) -> list[str]:
        """Name the folders right below a folder, in order. One that has nothing in it any more may be among them."""
        ...


@runtime_checkable
class PiecesArchive(Protocol):
    """An archive that takes large objects in pieces, so that none of them lies in memory a second time."""

    async def put_pieces(self, path: str, pieces: Iterator[bytes], size_bytes: int) -> None:
        """Write an object whole or not at all. The pieces are asked for beside the event loop."""


@runtime_checkable
class BufferArchive(Protocol):
    """An archive that lets what reads from it work in the one buffer that an object was read into."""

    async def get_buffer(self, path: str) -> BytesIO | None:
        """Read an object into a buffer that the caller may write to; `None` where there is none."""


@dataclass(frozen=True)
class Parcel:
    """One delivery: the approved bytes, where they go, and the key that makes a repeat harmless.

    `number` says which one of the job's deliveries it is, from 1.
    """

    job_id: str
    digest: str
    data: bytes
    destination: DeliverySpec
    number: int = 1

    @property
    def idempotency_key(self) -> str:
        """The same for every repeat of this delivery, and for no other, such as another one of the same job."""
        key = f"{self.job_id}:{self.digest}"
        return key if self.number == 1 else f"{key}:{self.number}"


class Allowance(Protocol):
    """What a deployment allows of one kind of destination."""

    def check(self, destination: DeliverySpec) -> None:
        """Refuse a destination that no delivery could reach, before anything is paid; sends nothing.

        Raises:
            FaultError: Says what the deployment or the request would have to change.
        """


class DeliveryChannel(Allowance, Protocol):
    """A way to hand over a deliverable, at least once; a repeat under the same key has no second effect."""

    async def deliver(self, parcel: Parcel) -> Receipt:
        """Hand it over and return the proof.

        Raises:
            FaultError: It was refused, or the outcome is unknown.
        """


class Notifier(Protocol):
    """A way to tell people that they have to act, at least once; it decides nothing and moves no job."""

    async def notify(self, notice: Notice, told: set[str] | None = None) -> None:
        """Tell those whom it concerns, but for the addresses in `told`; each that was told is added to it.

        The names of addresses hold no secret, so `told` may be kept between repeats.

        Raises:
            FaultError: Not everybody could be told; it names the addresses by number.
        """
