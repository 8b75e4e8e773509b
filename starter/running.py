"""What an operator types about a deployment: up, setup, policy."""
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
    gateway_port: Annotated[
        int, typer.Option(min=1, max=65_535, metavar="PORT", help="Where the HTTP API listens.")
    ] = 8000,
    as_json: AsJson = False,
) -> None:
    """Start the local stack: Temporal, the simulator or OpenAI, a worker, the HTTP API.

    Without OPENAI_API_KEY the simulator plays OpenAI. A Temporal server that your environment names
    (TEMPORAL_ADDRESS or a profile) is used in place of an embedded one. Ctrl-C stops everything; open jobs go on
    at the next start.
    """
    from signoff.policy import load_policy
    from signoff.settings import load_settings
    from starter.plan import Ports, make_plan
    from starter.serving import serve

    settings = load_settings()
    load_policy(settings.policy_file)  # the worker reads it again, but here what is wrong with it is told at once
    ports = Ports(temporal=port, ui=ui_port, simulator=simulator_port, gateway=gateway_port)
    raise typer.Exit(serve(make_plan(settings, ports), as_json=as_json))


def setup(*, as_json: AsJson = False) -> None:
    """Register the search attributes that jobs need, and the daily upkeep of the archive.

    They are added to the Temporal namespace that your environment names. A repeat changes nothing.
    """
    import asyncio

    from starter.connection import registered, upkeep_scheduled
    from starter.screen import say, say_json

    namespace, added = asyncio.run(registered())
    upkeep = asyncio.run(upkeep_scheduled())
    if as_json:
        say_json({"namespace": namespace, "added": added, "upkeep": upkeep})
        return
    if added:
        say(f"added to the namespace {namespace}: {', '.join(added)}")
    else:
        say(f"the namespace {namespace} has every search attribute already")
    say(upkeep)


def policy(*, as_json: AsJson = False) -> None:
    """Show the rules about failures, waiting and spending.

    They are those of the file that SIGNOFF_POLICY_FILE names in this environment, or the defaults. The workers go
    by what they read in theirs.
    """
    from signoff.policy import load_policy
    from signoff.settings import load_settings
    from starter.rules import policy_document, policy_lines
    from starter.screen import say, say_json

    settings = load_settings()
    file = settings.policy_file
    rules = load_policy(file, webhooks=settings.webhooks)
    if as_json:
        say_json(policy_document(rules, file))
    else:
        say(*policy_lines(rules, file))
