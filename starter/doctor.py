"""What an operator types when something seems ill: doctor."""
# ruff: noqa: PLC0415  Temporal's and OpenAI's clients load when the command runs, so that help is quick

import typer

from starter.options import AsJson


def doctor(*, as_json: AsJson = False) -> None:
    """Examine this deployment, and say what to mend.

    Nothing is changed but one probe in the archive, and nothing is paid. Exit code 1 where there is a problem.
    """
    import asyncio

    from starter.examining import examined, is_healthy, report, report_lines
    from starter.screen import say, say_json

    checks = asyncio.run(examined())
    if as_json:
        say_json(report(checks))
    else:
        say(*report_lines(checks))
    if not is_healthy(checks):
        raise typer.Exit(1)
