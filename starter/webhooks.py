"""What an operator types about webhooks: register, list, rotate, test, remove."""
# ruff: noqa: PLC0415  OpenAI's client loads when a command needs it, so that help is quick

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from starter.options import AsJson

if TYPE_CHECKING:
    from signoff.adapters.endpoints import OpenAIEndpoints

T = TypeVar("T")
EndpointArgument = Annotated[str, typer.Argument(metavar="ID", help="The endpoint's id, as `webhooks list` prints it.")]


def register(
    *,
    url: Annotated[str, typer.Option(help="Where OpenAI reaches the gateway: https://HOST/webhooks/openai.")],
    name: Annotated[str, typer.Option(help="A name for lists.")] = "signoff",
    again: Annotated[bool, typer.Option("--again", help="Also where this URL is registered already.")] = False,
    as_json: AsJson = False,
) -> None:
    """Have OpenAI send the events of responses to a gateway.

    The secret is shown this once. A URL that is registered already is refused, as each webhook would come twice.
    """
    from starter.endpoints import registered_lines, registering, secret_document
    from starter.screen import complain, say, say_json

    made = _with_endpoints(lambda endpoints: registering(endpoints, url, name, is_again=again))
    if as_json:
        say_json(secret_document(made))
    else:
        say(*registered_lines(made))
    if not made.endpoint.is_for_gateway:
        complain("note that the gateway takes webhooks at the path /webhooks/openai, and this URL has another one")


def listing(*, as_json: AsJson = False) -> None:
    """List the endpoints that are registered at OpenAI."""
    from starter.endpoints import endpoint_lines
    from starter.screen import say, say_json

    found = _with_endpoints(lambda endpoints: endpoints.list())
    if as_json:
        say_json([endpoint.model_dump(mode="json") for endpoint in found])
    else:
        say(*endpoint_lines(found))


def rotate(
    endpoint_id: EndpointArgument,
    *,
    keep_old: Annotated[bool, typer.Option("--keep-old", help="Let the old secret sign too for 24 hours.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give an endpoint a new secret, which is shown this once.

    Without --keep-old the old one counts no more at once, so webhooks are refused until the gateway has the new one;
    OpenAI delivers them again.
    """
    from starter.endpoints import rotated_lines, secret_document
    from starter.screen import say, say_json

    made = _with_endpoints(lambda endpoints: endpoints.rotate(endpoint_id, is_old_kept=keep_old))
    if as_json:
        say_json(secret_document(made))
    else:
        say(*rotated_lines(made, is_old_kept=keep_old))


def sample(
    endpoint_id: EndpointArgument,
    *,
    event: Annotated[str, typer.Option(help="The type of the sample.")] = "response.completed",
    as_json: AsJson = False,
) -> None:
    """Have OpenAI send a sample to an endpoint, and say what its answer means.

    Exit code 4 where the endpoint did not take it.
    """
    from starter.endpoints import is_taken, meaning_of
    from starter.exits import REFUSED
    from starter.screen import say, say_json

    code = _with_endpoints(lambda endpoints: endpoints.test(endpoint_id, event))
    if as_json:
        say_json({"endpoint_id": endpoint_id, "event": event, "status_code": code, "told": meaning_of(code)})
    else:
        say(f"{endpoint_id} answered {code}: {meaning_of(code)}")
    if not is_taken(code):
        raise typer.Exit(REFUSED)


def remove(endpoint_id: EndpointArgument, *, as_json: AsJson = False) -> None:
    """Remove an endpoint: OpenAI sends nothing there any more.

    Jobs that wait for webhooks then go on by their safety looks.
    """
    from starter.screen import say, say_json

    _with_endpoints(lambda endpoints: endpoints.remove(endpoint_id))
    if as_json:
        say_json({"endpoint_id": endpoint_id, "removed": True})
    else:
        say(f"{endpoint_id} was removed; without another one, set SIGNOFF_WEBHOOKS=false for the workers")


webhooks = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
_EXAMPLES: dict[str, tuple[Callable[..., None], str]] = {
    "register": (register, "webhooks register --url https://signoff.example.com/webhooks/openai"),
    "list": (listing, "webhooks list"),
    "rotate": (rotate, "webhooks rotate we_68f0c2 --keep-old"),
    "test": (sample, "webhooks test we_68f0c2 --event response.failed"),
    "remove": (remove, "webhooks remove we_68f0c2"),
}
for _name, (_command, _example) in _EXAMPLES.items():
    webhooks.command(_name, epilog=f"Example: signoff {_example}")(_command)


@webhooks.callback()
def group() -> None:
    """Register, list, rotate, test and remove the endpoints of OpenAI's webhooks."""


def _with_endpoints(act: "Callable[[OpenAIEndpoints], Awaitable[T]]") -> T:
    """Do something with the endpoints of the project that OPENAI_API_KEY belongs to."""
    import asyncio

    from signoff.adapters.endpoints import OpenAIEndpoints
    from signoff.adapters.openai import open_client

    async def connected() -> T:
        async with open_client() as client:
            return await act(OpenAIEndpoints(client))

    return asyncio.run(connected())
