"""The `signoff` command: its parts, and how it ends."""
# ruff: noqa: PLC0415  what an error means is looked up when there is one, so that help is quick

import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from signoff.secret_files import take_secret_files
from starter import (
    archiving,
    arranging,
    counting,
    deciding,
    doctor,
    erasing,
    exporting,
    following,
    inbox,
    keeping,
    keys,
    listing,
    notifying,
    redelivering,
    repairing,
    requesting,
    reviewing,
    running,
    tokens,
    verifying,
    webhooks,
)
from starter.leaving import run_and_leave


class _Commands(TyperGroup):
    """Turns the errors that a person can act on into a message and an exit code."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  typer's own types are not public
        try:
            take_secret_files(os.environ)
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            from starter.exits import exit_code
            from starter.screen import complain

            code = exit_code(error)
            if code is None:
                raise
            complain(str(error))
            raise typer.Exit(code) from error


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 done, 1 a part ended or is ill, 2 bad input, 3 no such job, 4 refused, 5 unreachable,"
    " 6 a decision is recorded and will be applied.",
)

_DIGEST = "sha256:..."
_EXAMPLES: dict[str, tuple[Callable[..., None], str]] = {
    "up": (running.up, "up --port 7300 --ui-port 8300"),
    "setup": (running.setup, "setup"),
    "policy": (running.policy, "policy"),
    "doctor": (doctor.doctor, "doctor"),
    "submit": (requesting.submit, "submit examples/research-brief.json --job-id brief-1"),
    "show": (following.show, "show brief-1"),
    "list": (listing.listing, "list --status awaiting_review"),
    "stats": (counting.stats, "stats --since 30d"),
    "watch": (following.watch, "watch brief-1 --until closed"),
    "review": (reviewing.review, "review brief-1"),
    "result": (requesting.result, "result brief-1 --json"),
    "export": (exporting.export, "export brief-1 --to brief-1-export"),
    "verify": (verifying.verify, "verify --folder brief-1-export"),
    "record-schema": (exporting.record_schema, "record-schema > record.schema.json"),
    "inbox": (inbox.inbox, "inbox --as ana"),
    "evidence": (reviewing.evidence, "evidence brief-1 --attempt 1"),
    "drafts": (reviewing.drafts, "drafts brief-1 --diff 1 2"),
    "approve": (deciding.approve, f"approve brief-1 --digest {_DIGEST} --comment 'sources checked'"),
    "reject": (deciding.reject, f"reject brief-1 --digest {_DIGEST} --comment 'two sources are missing'"),
    "request-changes": (
        deciding.request_changes,
        f"request-changes brief-1 --digest {_DIGEST} --comment 'name the source of each figure'",
    ),
    "edit": (deciding.edit, f"edit brief-1 --digest {_DIGEST} --comment 'a typo'"),
    "claim": (arranging.claim, "claim brief-1"),
    "release": (arranging.release, "release brief-1"),
    "delegate": (arranging.delegate, "delegate brief-1 --to bob --reason 'on holiday'"),
    "extend": (arranging.extend, "extend brief-1 --by 2d"),
    "retry": (repairing.retry, "retry brief-1 --reason 'the outage is over'"),
    "amend": (repairing.amend, "amend brief-1 --set max_output_tokens=8000 --reason 'the brief was cut off'"),
    "deliveries": (redelivering.deliveries, "deliveries --stuck"),
    "redeliver": (redelivering.redeliver, "redeliver brief-1 --delivery 2 --reason 'the receiver is back'"),
    "abandon": (repairing.abandon, "abandon brief-1 --reason 'the question was withdrawn'"),
    "announce": (repairing.announce, "announce brief-1 resp_68f0c2"),
    "cancel": (requesting.cancel, "cancel brief-1 --reason 'asked twice'"),
    "erase": (erasing.erase, "erase brief-1 --reason 'request 4711 of the person concerned'"),
}
for _name, (_command, _example) in _EXAMPLES.items():
    app.command(_name, epilog=f"Example: signoff {_example}")(_command)
app.add_typer(archiving.archive, name="archive")
app.add_typer(tokens.tokens, name="token")
app.add_typer(keys.keys, name="keys")
app.add_typer(notifying.notices, name="notify")
app.add_typer(webhooks.webhooks, name="webhooks")
app.add_typer(keeping.upkeep, name="upkeep")


@app.callback()
def signoff() -> None:
    """Run OpenAI background responses as durable jobs that a person signs off.

    `signoff up` starts everything needed on this computer; then `signoff submit` a request.
    """


def main() -> NoReturn:
    """Run the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    run_and_leave(app)
