"""The calls of the Responses API in background mode."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from signoff.simulator.body import response_body
from signoff.simulator.errors import invalid
from signoff.simulator.language import PARAM, Scenario, choose
from signoff.simulator.payload import parse_object, read_body
from signoff.simulator.request import CreateRequest, check_create
from signoff.simulator.scenarios import DEFAULT
from signoff.simulator.script import OPEN_STATUSES, Moment, Operation, Visit
from signoff.simulator.store import Store, StoredResponse

Act = Callable[[StoredResponse], Response]

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

    async def create(self, request: Request) -> Response:
        """Answer `POST /responses`."""
        wanted = check_create(parse_object(await read_body(request)))
        response = self._new(wanted)
        nth = self.store.count_create(wanted.metadata)
        interruption = response.script.interrupt(Visit("create", nth, response.id, Moment(0.0)))
        if interruption is None or interruption.acts:
            self.store.add(response)
        else:
            self.store.refuse(response, interruption.answer.status_code)
        return interruption.answer if interruption else self._body(response)

    async def retrieve(self, request: Request) -> Response:
        """Answer `GET /responses/{id}`; `include` may be written with or without brackets."""
        query = request.query_params
        include = frozenset(query.getlist("include") + query.getlist("include[]"))
        return self._visited(request, "retrieve", lambda response: self._body(response, include))

    async def cancel(self, request: Request) -> Response:
        """Answer `POST /responses/{id}/cancel`."""
        return self._visited(request, "cancel", self._cancelled)

    async def delete(self, request: Request) -> Response:
        """Answer `DELETE /responses/{id}`."""
        return self._visited(request, "delete", _deleted)

    async def ledger(self, _request: Request) -> Response:
        """Answer `GET /simulator/ledger`."""
        return JSONResponse(self.store.ledger())

    async def clear(self, _request: Request) -> Response:
        """Answer `DELETE /simulator/ledger`."""
        self.store.clear()
        return Response(status_code=204)

    def _new(self, wanted: CreateRequest) -> StoredResponse:
        previous = wanted.echo.get("previous_response_id")
        if previous is not None and not self.store.has(previous):
            raise invalid(
                f"Previous response with id '{previous}' not found.",
                code="previous_response_not_found",
                param="previous_response_id",
            )
        text = wanted.metadata.get(PARAM.removeprefix("metadata."), DEFAULT)
        name, script = choose(text, self.scenarios)
        return StoredResponse(f"resp_{secrets.token_hex(24)}", wanted, name, script, self.clock())

    def _visited(self, request: Request, operation: Operation, act: Act) -> Response:
        response = self.store.visit(request.path_params["response_id"], operation)
        moment = response.moment(self.clock())
        visit = Visit(operation, response.visits[operation], response.id, moment)
        interruption = response.script.interrupt(visit)
        if interruption is None:
            return act(response)
        if interruption.acts:
            act(response)
        return interruption.answer

    def _cancelled(self, response: StoredResponse) -> Response:
        now = self.clock()
        status = response.state(now).status
        if status in OPEN_STATUSES:
            response.cancelled_at = response.moment(now).age
        elif status != "cancelled":
            raise invalid(_CANNOT_CANCEL.get(status, "Cannot cancel a response in terminal state."))
        return self._body(response)

    def _body(self, response: StoredResponse, include: frozenset[str] = frozenset()) -> Response:
        return JSONResponse(response_body(response, self.clock(), include))


def _deleted(response: StoredResponse) -> Response:
    response.is_deleted = True
    return JSONResponse({"id": response.id, "object": "response.deleted", "deleted": True})
