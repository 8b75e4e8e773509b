"""The `ResponseProvider` port in memory: for tests of whoever builds on it, without a server."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation
from signoff.ports import RawResponse

QUEUED: dict[str, Any] = {"status": "queued"}
IN_PROGRESS: dict[str, Any] = {"status": "in_progress"}


def completed(text: str = "A short answer.", **more: Any) -> dict[str, Any]:  # noqa: ANN401  any field of a body
    """Make what a completed response with one message holds."""
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"status": "completed", "output": [{"type": "message", "content": [part]}], **more}


@dataclass
class InMemoryResponses:
    """Plays one script to every response: each retrieve sees the next step, the last one for ever.

    A step is a part of a response body, or a `FaultError` to raise. `create_script` does the same for creates;
    its steps are `None` for an accepted one, or an error. What was called is kept for assertions.
    """

    script: Sequence[dict[str, Any] | FaultError] = (IN_PROGRESS, completed())
    create_script: Sequence[FaultError | None] = (None,)
    created: list[dict[str, Any]] = field(default_factory=list)
    retrieved: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    creates: int = 0

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Take any parameters that name a model or a stored prompt."""
        if not parameters.get("model") and not parameters.get("prompt"):
            raise FaultError(Observation(stage=Stage.CREATE, http_status=400, message="response.model: is missing"))

    async def create(self, parameters: Mapping[str, Any]) -> RawResponse:
        """Play the next step of the create script."""
        step = self.create_script[min(self.creates, len(self.create_script) - 1)]
        self.creates += 1
        if step is not None:
            raise step
        self.created.append(dict(parameters))
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

    def _known(self, response_id: str, stage: Stage) -> None:
        if response_id not in {f"resp_{number + 1}" for number in range(len(self.created))}:
            raise FaultError(Observation(stage=stage, http_status=404, message=f"no response {response_id}"))

    def _answer(self, response_id: str, step: Mapping[str, Any]) -> RawResponse:
        body = {"id": response_id, "object": "response", "model": "a-model", "created_at": 1_780_000_000, **step}
        return RawResponse(data=json.dumps(body).encode(), body=body)
