"""Where an approved deliverable goes, and the proof that it arrived."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from signoff.domain.checks import check_queue
from signoff.domain.destination import Destination
from signoff.domain.mail import Chat, Email
from signoff.domain.model import Value


def _check_http_url(url: str) -> str:
    parts = urlsplit(url)
    if not url.startswith(("http://", "https://")) or not parts.hostname or "\\" in parts.netloc:
        msg = "must be an http:// or https:// address with a host"
        raise ValueError(msg)
    if "@" in parts.netloc:
        msg = "must not carry a user name or password; credentials belong to the deployment"
        raise ValueError(msg)
    return url


SecretName = Annotated[str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9._-]{0,63})?$")]
"""What a deployment calls a secret; empty for none."""

HttpUrl = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^[!-~]+$"), AfterValidator(_check_http_url)]


StoreUrl = Annotated[
    str,
    StringConstraints(
        max_length=1_000,
        pattern=r"^(file:(//)?/|s3://|gs://|az://)[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$",
    ),
]
"""A folder (`file:/srv/results`) or a bucket with a prefix (`s3://bucket/results`), without a way up or aside."""


class Release(Destination):
    """Send nothing: approval opens the result to the requester, who could not fetch it before."""

    channel: Literal["release"] = "release"

    @property
    def told(self) -> str:
        """Say in words where it goes."""
        return "nowhere: approval opens the result to the requester"


class File(Destination):
    """Write the deliverable as `<job id>.json` into a folder below the deployment's delivery folder."""

    channel: Literal["file"] = "file"
    folder: Annotated[
        str,
        StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$"),
    ] = "approved"

    @property
    def told(self) -> str:
        """Say in words where it goes."""
        return f"a file in the folder {self.folder} of the deployment"


class HttpContent(StrEnum):
    """What a POST carries."""

    DELIVERABLE = "deliverable"
    """The approved bytes: canonical JSON, whose sha256 is the digest that was approved."""

    TEXT = "text"
    """The text of the deliverable alone, as UTF-8."""


class Http(Destination):
    """POST the deliverable to an address whose host the deployment allows.

    `signing_secret` and `bearer_token` name secrets of the deployment, whose values no history ever holds: with the
    first one the POST is signed as Standard Webhooks are, the second one goes into its `Authorization`.
    """

    channel: Literal["http"] = "http"
    url: HttpUrl
    content: HttpContent = HttpContent.DELIVERABLE
    signing_secret: SecretName = ""
    bearer_token: SecretName = ""

    @property
    def told(self) -> str:
        """Say in words where it goes."""
        return f"POST to {self.url}"


class Object(Destination):
    """Put the deliverable as `<job id>.json` into object storage, below a URL that the deployment allows."""

    channel: Literal["object"] = "object"
    url: StoreUrl

    @property
    def told(self) -> str:
        """Say in words where it goes."""
        return f"an object below {self.url}"


class ActivityContent(StrEnum):
    """What an activity is given."""

    DELIVERABLE = "deliverable"
    """The deliverable itself where it is small, else where it lies in the archive."""

    REFERENCE = "reference"
    """Only where it lies in the archive, so that no history holds it."""


class Activity(Destination):
    """Have an activity of yours act on the deliverable, by its name and on your task queue, if the deployment allows.

    `timeout` is for all of its executions together. `execution_timeout` is for one of them, and `heartbeat_timeout`
    for the time between its heartbeats: after either the execution counts as lost, and is repeated.
    """

    channel: Literal["activity"] = "activity"
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:$@-]{1,128}$")]
    task_queue: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:$@/-]{1,128}$"), AfterValidator(check_queue)]
    content: ActivityContent = ActivityContent.DELIVERABLE
    timeout: timedelta = Field(default=timedelta(hours=1), ge=timedelta(seconds=1), le=timedelta(days=30))
    execution_timeout: timedelta = Field(default=timedelta(minutes=5), ge=timedelta(seconds=1), le=timedelta(days=30))
    heartbeat_timeout: timedelta | None = Field(default=None, ge=timedelta(seconds=1), le=timedelta(days=1))

    @property
    def place(self) -> str:
        """Name it in one word, as the deployment allows it and the receipt says it."""
        return f"{self.task_queue}/{self.name}"

    @property
    def told(self) -> str:
        """Say in words where it goes."""
        return f"the activity {self.name} on the task queue {self.task_queue}"


DeliverySpec = Annotated[Release | File | Http | Object | Activity | Email | Chat, Field(discriminator="channel")]


class Receipt(Value):
    """The proof that a destination took the deliverable.

    `reference` is the destination's own word for it: a path, or an id that it answered with.
    """

    channel: str
    destination: str
    reference: str
    digest: str
    at: AwareDatetime
