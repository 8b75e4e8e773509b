"""What an operator types about notices: notify test."""
# ruff: noqa: PLC0415  apprise and pydantic load when the command runs, so that help is quick

import typer

from starter.options import AsJson


def sample(*, as_json: AsJson = False) -> None:
    """Send a sample notice to every address, and say at which it was taken.

    Exit code 1 where one did not take it. `signoff doctor` reads the addresses without sending anything.
    """
    import asyncio

    from signoff.domain.errors import SettingsError
    from signoff.settings import load_settings
    from starter.addresses import SAMPLE, open_notifier, outcome_document, outcome_lines
    from starter.screen import complain, say, say_json

    settings = load_settings()
    if not settings.has_notices:
        raise SettingsError("nobody is to be told of anything: set SIGNOFF_NOTIFY_URLS or SIGNOFF_NOTIFY_FILE")
    outcomes = asyncio.run(open_notifier(settings).tell_each(SAMPLE))
    if as_json:
        say_json([outcome_document(outcome) for outcome in outcomes])
    else:
        say(*outcome_lines(outcomes))
    if not all(outcome.is_told for outcome in outcomes):
        complain("see the address in what names it, and whether its service is reachable from here")
        raise typer.Exit(1)


notices = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
notices.command("test", epilog="Example: signoff notify test")(sample)


@notices.callback()
def notify() -> None:
    """Try the notices that tell people to act."""
