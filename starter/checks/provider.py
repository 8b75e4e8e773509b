"""OpenAI: whether it takes the key, whether it sends webhooks to us, and what time it has."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

from signoff.adapters.account import Greeting, greet
from signoff.adapters.endpoints import OpenAIEndpoints
from signoff.adapters.openai import open_client
from signoff.domain.errors import SettingsError, SignoffError, UnreachableError
from signoff.domain.webhooks import RESPONSE_EVENTS
from starter.checks.check import Check, ok, problem, warning

WORTH_A_WARNING: Final = timedelta(seconds=30)
TOLERATED: Final = timedelta(seconds=300)
"""Beyond this a verifier takes a webhook for one that was sent again by a stranger."""

_GRAIN: Final = timedelta(seconds=1)
_KEY, _ENDPOINTS, _CLOCK = "openai key", "webhook endpoints", "clock"


class Provider:
    """OpenAI as this environment names it; `ahead` is how far its clock is before ours, once it has answered."""

    def __init__(self) -> None:
        self.ahead: timedelta | None = None

    async def key(self) -> Check:
        """See whether the key is accepted, which costs nothing."""
        began = datetime.now(UTC)
        try:
            async with open_client() as client:
                where, greeting = str(client.base_url), await greet(client)
        except SettingsError:
            return problem(_KEY, "OPENAI_API_KEY is not set, or the client can't be made with it", "set OPENAI_API_KEY")
        except UnreachableError as error:
            return problem(_KEY, str(error), "see the network, OPENAI_BASE_URL and https://status.openai.com")
        if greeting.at:
            self.ahead = ahead(greeting.at, began, datetime.now(UTC))
        return _judged(greeting, where)

    async def endpoints(self, *, has_webhooks: bool) -> Check:
        """See whether the events of responses are sent to a gateway."""
        try:
            async with open_client() as client:
                found = [one for one in await OpenAIEndpoints(client).list() if one.is_for_gateway]
        except SettingsError:
            return _unseen("OPENAI_API_KEY is not set", has_webhooks=has_webhooks)
        except SignoffError as error:
            return _unseen(str(error), has_webhooks=has_webhooks)
        if not found:
            told = "none is registered for a gateway"
            advice = "signoff webhooks register --url https://HOST/webhooks/openai"
            return warning(_ENDPOINTS, told, advice) if has_webhooks else ok(_ENDPOINTS, told)
        sent = {event for one in found for event in one.event_types}
        if missing := [event for event in RESPONSE_EVENTS if event not in sent]:
            return warning(_ENDPOINTS, f"{', '.join(missing)} is sent to none", "remove and register the endpoint anew")
        return ok(_ENDPOINTS, ", ".join(f"{one.endpoint_id} {one.url}" for one in found))

    def clock(self) -> Check:
        """Compare this computer's clock with OpenAI's."""
        if self.ahead is None:
            return warning(_CLOCK, "not compared, as OpenAI told no time", "mend the connection to OpenAI first")
        off, side = abs(self.ahead), "behind" if self.ahead > timedelta(0) else "ahead of"
        told = f"{off.total_seconds():.0f} s {side} OpenAI's" if off else "as OpenAI's"
        if off <= WORTH_A_WARNING:
            return ok(_CLOCK, told)
        finding = problem if off > TOLERATED else warning
        return finding(_CLOCK, told, "have the clock set by NTP; webhooks that are 300 s off are refused")


def ahead(at: datetime, began: datetime, ended: datetime) -> timedelta:
    """Say how far a clock is before ours, by what it said between two moments; zero where nothing contradicts."""
    if at > ended:
        return at - ended
    # A header tells whole seconds: what was cut off may be nearly one.
    return min(at + _GRAIN - began, timedelta(0))


def _unseen(why: str, *, has_webhooks: bool) -> Check:
    told = f"not seen: {why}"
    return warning(_ENDPOINTS, told, "see them in OpenAI's settings") if has_webhooks else ok(_ENDPOINTS, told)


def _judged(greeting: Greeting, where: str) -> Check:
    match greeting.status:
        case HTTPStatus.UNAUTHORIZED:
            return problem(_KEY, f"{where} refuses the key", "set OPENAI_API_KEY to one that is valid there")
        case HTTPStatus.OK | HTTPStatus.NOT_FOUND:
            return ok(_KEY, f"accepted by {where}")
        case HTTPStatus.FORBIDDEN:
            return warning(_KEY, f"{where} answers 403 to it", "see that the key may create and read responses")
        case HTTPStatus.TOO_MANY_REQUESTS:
            return warning(_KEY, f"{where} answers 429 to it", "see the account's quota and rate limits")
        case status:
            return problem(_KEY, f"{where} answers {status}", "see OPENAI_BASE_URL and https://status.openai.com")
