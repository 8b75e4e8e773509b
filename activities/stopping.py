"""Stopping a response at the provider, and seeing what became of it."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from signoff.domain.errors import FaultError
from signoff.ports import RawResponse, ResponseProvider

_UNDECIDED: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
"""Answers to a cancel that call for another cancel; any other 4xx may mean that there is nothing to cancel."""


async def stop(provider: ResponseProvider, response_id: str, include: Sequence[str] = ()) -> RawResponse:
    """Cancel a response and retrieve it.

    Servers disagree about cancelling what has ended, so what they answer to the cancel does not count.

    Raises:
        FaultError: Whether it was stopped is not known.
    """
    try:
        await provider.cancel(response_id)
    except FaultError as fault:
        status = fault.seen.http_status
        if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _UNDECIDED:
            raise
    return await provider.retrieve(response_id, include)
