"""The `ResponseProvider` port in memory: for tests of whoever builds on it, without a server."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from signoff.domain import names
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation
from signoff.ports import RawResponse

QUEUED: dict[str, Any] = {"status": "queued"}
IN_PROGRESS: dict[str, Any] = {"status": "in_progress"}
LONG_AGO: Final = datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC)


def completed(text: str = "A short answer.", **more: Any) -> dict[str, Any]:  # noqa: ANN401  any field of a body
    """Make what a completed response with one message holds."""
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"status": "completed", "output": [{"type": "message", "content": [part]}], **more}


@dataclass(frozen=True)
class Lost:
    """A step of a create script: the create is accepted and runs, but its reply is lost."""

    error: FaultError


@dataclass
class InMemoryResponses:
    """Plays one script to every response: each retrieve sees the next step, the last one for ever.

    A step is a part of a response body, or a `FaultError` to raise. `create_script` does the same for creates;
    its steps are `None` for an accepted one, an error for a refused one, or `Lost`. What was called is kept for
    assertions. It has no list unless it `is_listable`. `clock` tells when a response was created; without one,
    `find` leaves none out for its age.
    """

    script: Sequence[dict[str, Any] | FaultError] = (IN_PROGRESS, completed())
    create_script: Sequence[FaultError | Lost | None] = (None,)
    created: list[dict[str, Any]] = field(default_factory=list)
    retrieved: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    creates: int = 0
    is_listable: bool = False
    clock: Callable[[], datetime] | None = None
    created_at: list[datetime] = field(default_factory=list)

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Take any parameters that name a model or a stored prompt."""
        if not parameters.get("model") and not parameters.get("prompt"):
            raise FaultError(Observation(stage=Stage.CREATE, http_status=400, message="response.model: is missing"))

    async def create(self, parameters: Mapping[str, Any]) -> RawResponse:
        """Play the next step of the create script."""
        step = self.create_script[min(self.creates, len(self.create_script) - 1)]
        self.creates += 1
        if isinstance(step, FaultError):
            raise step
        self.created.append(dict(parameters))
        self.created_at.append(self.clock() if self.clock else LONG_AGO)
        if isinstance(step, Lost):
            raise step.error
        return self._answer(f"resp_{len(self.created)}", QUEUED)

    async def retrieve(self, response_id: str, include: Sequence[str] = ()) -> RawResponse:  # noqa: ARG002  the port's
        """Play the next step of this response, or show it cancelled."""
        self._known(response_id, Stage.LOOK)
        seen = self.retrieved.count(response_id)
        self.retrieved.append(response_id)
        step = self.script[min(seen, len(self.script) - 1)]
        if isinstance(step, FaultError):
            raise step
        is_stopped = response_id in self.cancelled and step.get("status") in {"queued", "in_progress"}
        return self._answer(response_id, {"status": "cancelled"} if is_stopped else step)

    async def cancel(self, response_id: str) -> RawResponse:
        """Stop a response; twice is fine."""
        self._known(response_id, Stage.CANCEL)
        self.cancelled.append(response_id)
        return self._answer(response_id, {"status": "cancelled"})

    async def remove(self, response_id: str) -> None:
        """Forget a response; one that is not there is fine."""
        self.removed.append(response_id)

    async def find(self, job_id: str, since: datetime) -> tuple[RawResponse, ...] | None:
        """List a job's responses as they were when they were created."""
        if not self.is_listable:
            return None
        found = (self._answer(f"resp_{number + 1}", QUEUED) for number in range(len(self.created)))
        made = zip(found, self.created_at, strict=True)
        return tuple(one for one, at in made if _is_of(one, job_id) and (self.clock is None or at >= since))

    def _known(self, response_id: str, stage: Stage) -> None:
        made = {f"resp_{number + 1}" for number in range(len(self.created))}
        if response_id not in made.difference(self.removed):
            raise FaultError(Observation(stage=stage, http_status=404, message=f"no response {response_id}"))

    def _answer(self, response_id: str, step: Mapping[str, Any]) -> RawResponse:
        number = int(response_id.removeprefix("resp_")) - 1
        body = {
            "id": response_id,
            "object": "response",
            "model": "a-model",
            "created_at": int(self.created_at[number].timestamp()),
            "metadata": dict(self.created[number].get("metadata") or {}),
            **step,
        }
        return RawResponse(data=json.dumps(body).encode(), body=body)


def _is_of(response: RawResponse, job_id: str) -> bool:
    return bool(response.body["metadata"].get(names.METADATA_JOB_ID) == job_id)
