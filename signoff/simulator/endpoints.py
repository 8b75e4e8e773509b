"""The calls of the Responses API in background mode."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from signoff.simulator.announcer import Announcer
from signoff.simulator.body import response_body
from signoff.simulator.control import Control
from signoff.simulator.errors import ApiError, invalid
from signoff.simulator.language import PARAM, Scenario, choose
from signoff.simulator.payload import parse_object, read_body
from signoff.simulator.request import CreateRequest, check_create
from signoff.simulator.script import OPEN_STATUSES, Operation, Reply
from signoff.simulator.store import Store
from signoff.simulator.stored import StoredResponse

Act = Callable[[StoredResponse], Response]

HTTP_OK = 200

_CANNOT_CANCEL = {
    "completed": "Cannot cancel a completed response.",
    "failed": "Cannot cancel a failed response.",
}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Answers calls from the store, the clock and each response's script."""

    clock: Callable[[], float]
    scenarios: Mapping[str, Scenario]
    store: Store
    control: Control
    announcer: Announcer

    async def create(self, request: Request) -> Reply:
        """Answer `POST /responses`."""
        response = self._new(check_create(parse_object(await read_body(request))))
        visit = response.visit("create", self.clock())
        interruption = response.script.interrupt(visit)
        if interruption is not None and not interruption.acts:
            self.store.refuse(response, interruption.answer.status_code)
            return Reply(interruption.answer)
        self.store.add(response)
        await self.announcer.accepted(response)
        if interruption is None:
            return Reply(self._body(response), visit)
        self.store.lose(response.id)
        return Reply(interruption.answer)

    async def retrieve(self, request: Request) -> Reply:
        """Answer `GET /responses/{id}`; `include` may be written with or without brackets."""
        query = request.query_params
        include = frozenset(query.getlist("include") + query.getlist("include[]"))
        return self._visited(request, "retrieve", lambda response: self._body(response, include))

    async def cancel(self, request: Request) -> Reply:
        """Answer `POST /responses/{id}/cancel`."""
        return self._visited(request, "cancel", self._cancelled)

    async def delete(self, request: Request) -> Reply:
        """Answer `DELETE /responses/{id}`."""
        return self._visited(request, "delete", _deleted)

    def _new(self, wanted: CreateRequest) -> StoredResponse:
        previous = wanted.echo.get("previous_response_id")
        if previous is not None and not self.store.has(previous):
            raise invalid(
                f"Previous response with id '{previous}' not found.",
                code="previous_response_not_found",
                param="previous_response_id",
            )
        play = choose(self._text(wanted), self.scenarios)
        nth = self.store.count_create(wanted.metadata)
        part = play.part(nth)
        return StoredResponse(f"resp_{secrets.token_hex(24)}", wanted, part.name, part.script, self.clock(), nth)

    def _text(self, wanted: CreateRequest) -> str:
        steering = self.control.steering
        asked = wanted.metadata.get(PARAM.removeprefix("metadata."), steering.scenario)
        return asked if steering.override is None else steering.override

    def _visited(self, request: Request, operation: Operation, act: Act) -> Reply:
        response = self.store.visit(request.path_params["response_id"], operation)
        visit = response.visit(operation, self.clock())
        interruption = response.script.interrupt(visit)
        if interruption is None:
            return Reply(act(response), visit)
        if interruption.acts:
            act(response)
        return Reply(interruption.answer)

    def _cancelled(self, response: StoredResponse) -> Response:
        now = self.clock()
        status = response.state(now).status
        if status in OPEN_STATUSES:
            response.cancelled_at = response.moment(now).age
            self.announcer.watch(response)
        elif status != "cancelled" and response.script.late_cancel != HTTP_OK:
            message = _CANNOT_CANCEL.get(status, "Cannot cancel a response in terminal state.")
            raise ApiError(response.script.late_cancel, message)
        return self._body(response)

    def _body(self, response: StoredResponse, include: frozenset[str] = frozenset()) -> Response:
        return JSONResponse(response_body(response, self.clock(), include))


def _deleted(response: StoredResponse) -> Response:
    response.is_deleted = True
    return JSONResponse({"id": response.id, "object": "response.deleted", "deleted": True})
