"""Where the commands write: texts that can't harm a terminal, or one JSON document."""

import json
from typing import Any

import typer

from starter.plain import visible


def say(*lines: str, to_stderr: bool = False) -> None:
    """Write lines to standard output, or to standard error where that holds a JSON document."""
    typer.echo("\n".join(visible(line) for line in lines), err=to_stderr)


def say_json(value: Any) -> None:  # noqa: ANN401  any JSON value
    """Write one document on one line, in ASCII, which needs no terminal that can show it."""
    typer.echo(json.dumps(value))


def complain(message: str) -> None:
    """Write to standard error what went wrong and what to do."""
    typer.echo(f"signoff: {visible(message)}", err=True)
