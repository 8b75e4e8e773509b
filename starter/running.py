"""What an operator types: up, setup."""
# ruff: noqa: PLC0415  Temporal's client and pydantic load when a command needs them, so that help is quick

from typing import Annotated

import typer

from starter.options import AsJson


def up(
    *,
    port: Annotated[int, typer.Option(min=1, max=65_535, metavar="PORT", help="Where Temporal listens.")] = 7233,
    ui_port: Annotated[int, typer.Option(min=1, max=65_535, metavar="PORT", help="Where Temporal UI listens.")] = 8233,
    simulator_port: Annotated[
        int, typer.Option(min=1, max=65_535, metavar="PORT", help="Where the simulator listens.")
    ] = 8088,
    as_json: AsJson = False,
) -> None:
    """Start the local stack: Temporal, the simulator or OpenAI, a worker.

    Without OPENAI_API_KEY the simulator plays OpenAI. A Temporal server that your environment names
    (TEMPORAL_ADDRESS or a profile) is used in place of an embedded one. Ctrl-C stops everything; open jobs go on
    at the next start.
    """
    from signoff.settings import load_settings
    from starter.plan import Ports, make_plan
    from starter.serving import serve

    ports = Ports(temporal=port, ui=ui_port, simulator=simulator_port)
    raise typer.Exit(serve(make_plan(load_settings(), ports), as_json=as_json))


def setup(*, as_json: AsJson = False) -> None:
    """Register the search attributes that jobs need.

    They are added to the Temporal namespace that your environment names. A repeat changes nothing.
    """
    import asyncio

    from starter.connection import registered
    from starter.screen import say, say_json

    namespace, added = asyncio.run(registered())
    if as_json:
        say_json({"namespace": namespace, "added": added})
    elif added:
        say(f"added to the namespace {namespace}: {', '.join(added)}")
    else:
        say(f"the namespace {namespace} has every search attribute already")
