"""The bad answers that scenarios give in place of the healthy ones."""

from starlette.responses import Response

from signoff.simulator.errors import ApiError, not_found, played
from signoff.simulator.kinds import LONGEST_SECONDS
from signoff.simulator.script import Visit
from signoff.simulator.wire import Closed, Late, proxy_page

BAD_GATEWAY = 502
_NOT_FOUND = 404


def bad_answer(how: str, visit: Visit) -> Response:
    """Return the answer that goes wrong in this way.

    Args:
        how: `close`, `slow` (never answered), `html` (a proxy's 502), or an HTTP status as OpenAI answers it.
        visit: The call.
    """
    if how == "close":
        return Closed()
    if how == "slow":
        return Late(Closed(), LONGEST_SECONDS)
    return proxy_page(BAD_GATEWAY) if how == "html" else played_for(visit, int(how)).answer()


def played_for(visit: Visit, status: int, code: str = "") -> ApiError:
    """Return OpenAI's error for this call; a 404 after the create names the response."""
    if status == _NOT_FOUND and not code and visit.operation != "create":
        return not_found(visit.response_id)
    return played(status, code)
