"""What surrounds each call of the API: connections that close, replies that are lost or late."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from signoff.simulator.control import Control
from signoff.simulator.errors import ApiError
from signoff.simulator.script import Operation, Reply
from signoff.simulator.store import Store
from signoff.simulator.wire import Closed

Act = Callable[[Request], Awaitable[Reply]]
Endpoint = Callable[[Request], Awaitable[Response]]


class Outages:
    """Answers in place of the whole API while the control says that it fails."""

    def __init__(self, app: ASGIApp, control: Control) -> None:
        self._app, self._control = app, control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on when there is no outage."""
        await (self._control.outage() or self._app)(scope, receive, send)


def steered(operation: Operation, act: Act, control: Control, store: Store) -> Endpoint:
    """Return the endpoint of a call that goes wrong on its way when the control says so."""

    async def endpoint(request: Request) -> Response:
        if control.closes(operation, "before"):
            return Closed()
        try:
            reply = await act(request)
        except ApiError as error:
            reply = Reply(error.answer())

        def on_lost() -> None:
            if operation == "create" and reply.visit is not None:
                store.lose(reply.visit.response_id)

        return control.spoil(operation, reply.visit, reply.answer, on_lost)

    return endpoint
