"""The list of responses, which some compatible servers have and OpenAI has not."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from signoff.simulator.body import response_body
from signoff.simulator.control import Control
from signoff.simulator.errors import invalid, not_found
from signoff.simulator.script import Reply
from signoff.simulator.store import Store
from signoff.simulator.stored import StoredResponse

MOST, USUAL = 100, 20


@dataclass(frozen=True, slots=True)
class Listing:
    """Answers `GET /responses` where the control says that it exists."""

    clock: Callable[[], float]
    store: Store
    control: Control

    async def page(self, request: Request) -> Reply:
        """Return one page, newest first unless it is asked the other way round.

        Raises:
            HTTPException: 405, as OpenAI answers it, while it does not exist.
        """
        if not self.control.steering.listing:
            raise HTTPException(405, headers={"Allow": "POST"})
        limit, found = read_limit(request), self._after(request)
        page = list(islice(found, limit))
        now = self.clock()
        ids = [response.id for response in page]
        body = {
            "object": "list",
            "data": [response_body(response, now) for response in page],
            "first_id": ids[0] if ids else None,
            "last_id": ids[-1] if ids else None,
            "has_more": len(found) > limit,
        }
        return Reply(JSONResponse(body))

    def _after(self, request: Request) -> list[StoredResponse]:
        now = self.clock()
        shown = [each for each in self.store.kept() if each.script.interrupt(each.visit("list", now)) is None]
        if _one_of(request, "order", "desc", "asc") == "desc":
            shown.reverse()
        after = request.query_params.get("after")
        if after is None:
            return shown
        ids = [response.id for response in shown]
        if after not in ids:
            raise not_found(after)
        return shown[ids.index(after) + 1 :]


def read_limit(request: Request) -> int:
    """Return how many a page may hold."""
    text = request.query_params.get("limit", str(USUAL))
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= MOST):  # noqa: PLR2004 -- no huge number
        raise invalid(f"Invalid 'limit': expected 1 to {MOST}.", code="invalid_value", param="limit")
    return int(text)


def _one_of(request: Request, name: str, *words: str) -> str:
    """Return a query parameter, which is the first of these words when it is left out."""
    text = request.query_params.get(name, words[0])
    if text not in words:
        raise invalid(f"Invalid '{name}': expected {' or '.join(words)}.", code="invalid_value", param=name)
    return text
