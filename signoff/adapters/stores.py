"""Opening the store that a URL names: a folder, memory, or a bucket of S3, Google or Azure.

Credentials and endpoints of buckets come from the variables of those clouds, which obstore reads itself.
"""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from signoff.domain.model import clipped

if TYPE_CHECKING:
    from obstore.store import RetryConfig  # it exists for type checkers only

FILE_PREFIX: Final = "file:"
MEMORY: Final = "memory:"
CREDENTIALS: Final = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_SERVICE_ACCOUNT",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
"""The kinds of buckets, and the variables that most often make the difference; docs/archive.md has all of them."""

RETRIES: Final["RetryConfig"] = {
    "max_retries": 3,
    "retry_timeout": timedelta(seconds=20),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2), "base": 2},
}
"""Short hiccups alone: whatever lasts longer is for Temporal's retries, which people can see."""

_TOLD_BYTES: Final = 500


def open_store(url: str) -> ObjectStore:
    """Open a store; whether a bucket is there, and may be used, is seen at the first call.

    Raises:
        ValueError: The URL names no such store, its folder can't be made, or credentials are given by half.
    """
    if url == MEMORY:
        return MemoryStore()
    try:
        return _folder(url) if url.startswith(FILE_PREFIX) else _bucket(url)
    except (BaseError, OSError) as error:
        advice = advice_for(url)
        raise ValueError(f"{first_line(error)}{f'; {advice}' if advice else ''}") from error


def advice_for(url: str) -> str:
    """Name the variables that a bucket is reached by; empty for a folder and for memory."""
    variables = CREDENTIALS.get(url.partition("://")[0])
    return f"see {variables}, and docs/archive.md" if variables else ""


def first_line(error: Exception) -> str:
    """Leave out the store's internals, which follow on further lines."""
    return clipped(str(error).partition("\n")[0], limit_bytes=_TOLD_BYTES)


def _folder(url: str) -> LocalStore:
    folder = url.removeprefix(FILE_PREFIX).removeprefix("//")
    if not folder:
        raise ValueError("name a folder after file:, as in file:/var/lib/signoff")
    # Folders of days whose entries were compacted go with them, or lists would look into each.
    return LocalStore(Path(folder).expanduser().absolute(), mkdir=True, automatic_cleanup=True)


def _bucket(url: str) -> ObjectStore:
    parts = urlsplit(url)
    if parts.scheme not in CREDENTIALS:
        taken = ", ".join(f"{scheme}://" for scheme in CREDENTIALS)
        raise ValueError(
            f"{parts.scheme or 'nothing'} is no kind of archive; it takes file:<folder>, {MEMORY}, {taken}"
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        # The URL stands in messages and logs.
        raise ValueError("the URL holds a bucket and a prefix alone; credentials and options go into variables")
    if not parts.hostname:
        raise ValueError(f"name a bucket, as in {parts.scheme}://bucket/prefix")
    return from_url(url, retry_config=RETRIES)
