"""The responses that exist, and the ledger of what was asked of them."""

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict
from typing import TypeVar

from signoff.simulator.errors import not_found
from signoff.simulator.script import Json, Operation
from signoff.simulator.stored import JOB_KEY, SentEvent, StoredResponse

Key = TypeVar("Key")
Value = TypeVar("Value")


class Store:
    """Responses in the order of their creates; beyond `limit` the oldest is forgotten, ledger and all."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._responses: dict[str, StoredResponse] = {}
        self._creates: dict[str, int] = {}
        self._refused: deque[Json] = deque(maxlen=limit)
        self._lost: deque[str] = deque(maxlen=limit)
        self._webhooks: deque[SentEvent] = deque(maxlen=limit)

    def count_create(self, metadata: dict[str, str]) -> int:
        """Count a create and return how many its job has sent; those without a job id count as one job."""
        job_id = metadata.get(JOB_KEY, "")
        count = self._creates.pop(job_id, 0) + 1
        self._creates[job_id] = count
        _drop_oldest(self._creates, self._limit)
        return count

    def add(self, response: StoredResponse) -> None:
        """Keep a response that was accepted."""
        self._responses[response.id] = response
        _drop_oldest(self._responses, self._limit)

    def refuse(self, response: StoredResponse, status: int) -> None:
        """Note a create that a scenario refused, so that tests can tell it from one that never came."""
        self._refused.append(response.line() | {"id": None, "http_status": status})

    def lose(self, response_id: str) -> None:
        """Note that a create was accepted while its reply was lost."""
        self._lost.append(response_id)

    def note(self, sent: SentEvent) -> None:
        """Show a webhook in the ledger, as it is then."""
        self._webhooks.append(sent)

    def visit(self, response_id: str, operation: Operation) -> StoredResponse:
        """Return a response and count the visit, also the one that finds it deleted.

        Raises:
            ApiError: 404, when there is no such response or no longer.
        """
        response = self._responses.get(response_id)
        if response is not None:
            response.visits[operation] += 1
        return self.get(response_id)

    def get(self, response_id: str) -> StoredResponse:
        """Return a response.

        Raises:
            ApiError: 404, when there is no such response or no longer.
        """
        response = self._responses.get(response_id)
        if response is None or response.is_deleted:
            raise not_found(response_id)
        return response

    def has(self, response_id: str) -> bool:
        """Tell whether a response can still be retrieved."""
        response = self._responses.get(response_id)
        return response is not None and not response.is_deleted

    def kept(self) -> list[StoredResponse]:
        """Return the responses that can still be retrieved, in the order of their creates."""
        return [response for response in self._responses.values() if not response.is_deleted]

    def ledger(self) -> Json:
        """Return what was asked, in the order of the creates."""
        return {
            "creates": [response.line() for response in self._responses.values()],
            "refused": list(self._refused),
            "replies_lost": list(self._lost),
            "retrieves": dict(self._counts("retrieve")),
            "cancels": dict(self._counts("cancel")),
            "deletes": dict(self._counts("delete")),
            "webhooks": [asdict(sent) for sent in self._webhooks],
        }

    def clear(self) -> None:
        """Forget all responses and counts."""
        self._responses.clear()
        self._creates.clear()
        self._refused.clear()
        self._lost.clear()
        self._webhooks.clear()

    def _counts(self, operation: Operation) -> Iterator[tuple[str, int]]:
        for response in self._responses.values():
            if response.visits[operation]:
                yield response.id, response.visits[operation]


def _drop_oldest(entries: dict[Key, Value], limit: int) -> None:
    if len(entries) > limit:
        del entries[next(iter(entries))]
