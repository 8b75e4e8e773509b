"""What is said about webhook endpoints, and when one is registered."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from signoff.adapters.endpoints import OpenAIEndpoints
from signoff.domain.errors import BadRequestError, RefusedError
from signoff.domain.webhooks import Endpoint, SigningEndpoint
from starter.advice import typed
from starter.plain import one_line
from starter.table import columns

_MEANINGS: Final = {
    400: "the gateway could not verify it: its SIGNOFF_WEBHOOK_SECRETS lacks this endpoint's secret, or its clock is"
    " off (see `signoff doctor`)",
    404: "nothing takes webhooks at this path; the gateway's is /webhooks/openai",
    413: "something in between takes no body of this size",
    503: "the gateway can't reach Temporal, or has no secret; run `signoff doctor` where it runs",
}


async def registering(endpoints: OpenAIEndpoints, url: str, name: str, *, is_again: bool) -> SigningEndpoint:
    """Register an endpoint, unless its URL is registered already.

    Raises:
        BadRequestError: The URL can't be one.
        RefusedError: It is registered, and nobody said `--again`.
    """
    _check(url)
    twins = [one.endpoint_id for one in await endpoints.list() if _same(one.url) == _same(url)]
    if twins and not is_again:
        raise RefusedError(
            f"nothing was registered: {', '.join(twins)} has this URL already. A new secret for it:"
            f" {typed('webhooks', 'rotate', twins[0], '--keep-old')}; a second endpoint all the same: --again"
        )
    return await endpoints.register(url, name)


def registered_lines(made: SigningEndpoint) -> Iterator[str]:
    """Show the secret, and say where it goes."""
    yield f"{made.endpoint.endpoint_id} was registered for {made.endpoint.url}"
    yield f"its secret, which is shown this once: {made.secret.get_secret_value()}"
    yield "next"
    yield "  set SIGNOFF_WEBHOOK_SECRETS to this secret for the gateway, and restart it"
    yield "  set SIGNOFF_WEBHOOKS=true for the gateway and the workers, and restart the workers"
    yield f"  {typed('webhooks', 'test', made.endpoint.endpoint_id)}"


def rotated_lines(made: SigningEndpoint, *, is_old_kept: bool) -> Iterator[str]:
    """Show the new secret, and say how to change over without losing a webhook."""
    yield f"the new secret of {made.endpoint.endpoint_id}, shown this once: {made.secret.get_secret_value()}"
    yield "the old one signs too for 24 hours" if is_old_kept else "the old one signs no more"
    yield "next"
    yield "  set SIGNOFF_WEBHOOK_SECRETS=NEW,OLD for the gateways, and restart them"
    yield f"  {typed('webhooks', 'test', made.endpoint.endpoint_id)}"
    yield "  when that is good, and 24 hours are over: set SIGNOFF_WEBHOOK_SECRETS=NEW, and restart them"


def endpoint_lines(found: Sequence[Endpoint]) -> Iterator[str]:
    """Show one line per endpoint."""
    if not found:
        yield "no endpoints are registered"
        return
    rows = [[one_line(one.endpoint_id), one_line(one.name), one_line(one.url), one_line(_events(one))] for one in found]
    yield from columns(["ID", "NAME", "URL", "EVENTS"], rows)


def secret_document(made: SigningEndpoint) -> dict[str, Any]:
    """Give an endpoint and its new secret as one document."""
    return {**made.endpoint.model_dump(mode="json"), "secret": made.secret.get_secret_value()}


def is_taken(code: int) -> bool:
    """Whether an answer tells OpenAI that a webhook arrived; a redirect does not."""
    return HTTPStatus.OK <= code < HTTPStatus.MULTIPLE_CHOICES


def meaning_of(code: int) -> str:
    """Say what the answer of an endpoint means."""
    if is_taken(code):
        return "good, webhooks arrive and are verified"
    return _MEANINGS.get(code, "this is no answer of the gateway's; see what stands between OpenAI and it")


def _events(endpoint: Endpoint) -> str:
    missing = f" (without {', '.join(endpoint.missing_events)})" if endpoint.missing_events else ""
    return f"{', '.join(endpoint.event_types)}{missing}"


def _same(url: str) -> str:
    return url.rstrip("/").casefold()


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_one = False
    if not is_one:
        raise BadRequestError(f"--url: {url!r} is no URL such as https://HOST/webhooks/openai")
