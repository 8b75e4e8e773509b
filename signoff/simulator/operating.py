"""The calls under `/simulator`: for tests, benchmarks and people, without a key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from signoff.simulator.announcer import Announcer
from signoff.simulator.control import Control
from signoff.simulator.errors import ApiError
from signoff.simulator.fields import Field, read_fields, refused
from signoff.simulator.language import Part, Scenario, choose
from signoff.simulator.payload import parse_object, read_body
from signoff.simulator.steering import Steering, read_steering
from signoff.simulator.store import Store


@dataclass(frozen=True, slots=True)
class Operating:
    """Shows and changes what the simulator does while it runs."""

    clock: Callable[[], float]
    scenarios: Mapping[str, Scenario]
    store: Store
    control: Control
    announcer: Announcer

    async def ledger(self, _request: Request) -> Response:
        """Answer `GET /simulator/ledger`."""
        return JSONResponse(self.store.ledger())

    async def clear(self, _request: Request) -> Response:
        """Answer `DELETE /simulator/ledger`."""
        self.store.clear()
        return Response(status_code=204)

    async def show(self, _request: Request) -> Response:
        """Answer `GET /simulator/control`."""
        return JSONResponse(self.control.to_json())

    async def steer(self, request: Request) -> Response:
        """Answer `PUT /simulator/control`: replace all of it, or nothing where a part is not understood."""
        given = parse_object(await read_body(request))
        return self._steered(read_steering(given, self.control.start, self._check))

    async def reset(self, _request: Request) -> Response:
        """Answer `DELETE /simulator/control`."""
        return self._steered(self.control.start)

    async def change(self, request: Request) -> Response:
        """Answer `PUT /simulator/responses/{id}`: let a response do something else from now on."""
        fields = {"scenario": Field("the text of a scenario", self._part)}
        part = read_fields(parse_object(await read_body(request)), "", fields)["scenario"]
        response, now = self.store.get(request.path_params["response_id"]), self.clock()
        response.change(part.name, part.script, now)
        self.announcer.watch(response)
        return JSONResponse(response.line() | {"status": response.state(now).status})

    def _steered(self, steering: Steering) -> Response:
        had_receiver = self.announcer.receivers.exist()
        self.control.set(steering)
        if not had_receiver:
            self.announcer.watch_all()
        return JSONResponse(self.control.to_json())

    def _part(self, text: object) -> Part:
        if not isinstance(text, str):
            raise ValueError(text)  # noqa: TRY004 -- one error for every value that is not taken
        self._check(text, "scenario")
        *others, part = choose(text, self.scenarios).parts
        if others:
            message = "A response plays one part: a sequence with 'then' is for the creates of a job."
            raise refused("scenario", message)
        return part

    def _check(self, text: str, key: str) -> None:
        try:
            choose(text, self.scenarios)
        except ApiError as error:
            raise refused(key, error.message) from error
