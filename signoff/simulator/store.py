"""The responses that exist, and the ledger of what was asked of them."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from signoff.simulator.errors import not_found
from signoff.simulator.request import CreateRequest
from signoff.simulator.script import Json, Moment, Operation, Script, State

JOB_KEY = "signoff_job_id"

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(slots=True)
class StoredResponse:
    """One response: what it was created from and what happened to it since; bodies are built on demand."""

    id: str
    request: CreateRequest
    scenario: str
    script: Script
    created_at: float
    cancelled_at: float | None = None
    is_deleted: bool = False
    visits: Counter[Operation] = field(default_factory=Counter)

    def moment(self, now: float) -> Moment:
        """Return where in its life the response is; a clock that was set back counts as no time passed."""
        return Moment(max(0.0, now - self.created_at), self.cancelled_at)

    def state(self, now: float) -> State:
        """Return the state at this time."""
        return self.script.state_at(self.moment(now))

    def line(self) -> Json:
        """Return the response's line in the ledger."""
        return {
            "id": self.id,
            "metadata": self.request.metadata,
            "created_at": self.created_at,
            "scenario": self.scenario,
        }


class Store:
    """Responses in the order of their creates; beyond `limit` the oldest is forgotten, ledger and all."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._responses: dict[str, StoredResponse] = {}
        self._creates: dict[str, int] = {}
        self._refused: deque[Json] = deque(maxlen=limit)

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

    def visit(self, response_id: str, operation: Operation) -> StoredResponse:
        """Return a response and count the visit, also the one that finds it deleted.

        Raises:
            ApiError: 404, when there is no such response or no longer.
        """
        response = self._responses.get(response_id)
        if response is None:
            raise not_found(response_id)
        response.visits[operation] += 1
        if response.is_deleted:
            raise not_found(response_id)
        return response

    def has(self, response_id: str) -> bool:
        """Tell whether a response can still be retrieved."""
        response = self._responses.get(response_id)
        return response is not None and not response.is_deleted

    def ledger(self) -> Json:
        """Return what was asked, in the order of the creates."""
        return {
            "creates": [response.line() for response in self._responses.values()],
            "refused": list(self._refused),
            "retrieves": dict(self._counts("retrieve")),
            "cancels": dict(self._counts("cancel")),
            "deletes": dict(self._counts("delete")),
        }

    def clear(self) -> None:
        """Forget all responses and counts."""
        self._responses.clear()
        self._creates.clear()
        self._refused.clear()

    def _counts(self, operation: Operation) -> Iterator[tuple[str, int]]:
        for response in self._responses.values():
            if response.visits[operation]:
                yield response.id, response.visits[operation]


def _drop_oldest(entries: dict[Key, Value], limit: int) -> None:
    if len(entries) > limit:
        del entries[next(iter(entries))]
