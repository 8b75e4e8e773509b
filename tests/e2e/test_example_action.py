"""The example of a proposed action does what its README says, with the commands that stand there."""

import json
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final

import pytest

from tests.starter.processes import ROOT, Up, environment, start_up, until

EXAMPLE: Final = ROOT / "examples" / "proposed-action"
README: Final = (EXAMPLE / "README.md").read_text()
WORKER: Final = "examples/proposed-action/worker.py"
DYING: Final = [sys.executable, str(Path(__file__).parent / "dying_worker.py"), WORKER]


def documented(beginning: str) -> list[str]:
    """Give the one command of the README that begins so, as words."""
    [line] = re.findall(rf"^{beginning}.*?(?=  #|$)", README, re.MULTILINE)
    return shlex.split(line)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    [setting] = documented("export SIGNOFF_DELIVERY_ACTIVITIES")[1:]
    name, _, value = setting.partition("=")
    stack = start_up(environment(tmp_path_factory.mktemp("stack") / "state", **{name: value}))
    try:
        stack.ready()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "refunds.db"


@pytest.fixture
def start_worker(up: Up, ledger: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start workers of the example; whatever becomes of the test, they are ended after it."""
    command = [sys.executable, *documented("python examples")[1:]]
    environ = {**up.environ, "TEMPORAL_ADDRESS": f"127.0.0.1:{up.port}", "LEDGER": str(ledger)}
    with ExitStack() as ends:

        def started(command: list[str] = command) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(command, cwd=ROOT, env={**environ, "PYTHONPATH": str(ROOT)})
            ends.callback(process.wait, 30)
            ends.callback(process.kill)
            return process

        yield started


def refunds(ledger: Path) -> list[tuple[Any, ...]]:
    """List what the ledger holds; one that nobody wrote to holds nothing."""
    if not ledger.exists():
        return []
    with closing(sqlite3.connect(ledger)) as found:
        return found.execute("SELECT ordered, cents FROM refunds").fetchall()


def typed(up: Up, beginning: str, job_id: str, **given: str) -> str:
    """Type a command of the README, about another job."""
    words = [given.get(word, word).replace("refund-1", job_id) for word in documented(beginning)[1:]]
    done = up.signoff(*words)
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


def decided(up: Up, job_id: str, verb: str) -> None:
    """Submit the example's request, wait until it is held, and decide on what is shown."""
    typed(up, "signoff submit", job_id)
    typed(up, "signoff watch", job_id)
    shown = typed(up, "signoff review", job_id)
    assert '{"action": "refund", "order": "A-1001", "amount_cents": 2500' in shown
    assert "the activity refund_order on the task queue support-desk" in shown
    [digest] = set(re.findall(r"sha256:[0-9a-f]{64}", shown))
    typed(up, f"signoff {verb}", job_id, **{"sha256:...": digest})


def record_of(up: Up, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(up.signoff("show", job_id, "--json").stdout)
    return found


def test_what_was_approved_is_carried_out_once(up: Up, start_worker: Any, ledger: Path) -> None:
    start_worker()
    decided(up, "refund-approved", "approve")
    until(lambda: record_of(up, "refund-approved")["status"] == "completed", "the refund is carried out")
    assert refunds(ledger) == [("A-1001", 2500)]
    assert record_of(up, "refund-approved")["receipt"]["reference"] == "refund-1"


def test_what_was_rejected_is_never_carried_out(up: Up, start_worker: Any, ledger: Path) -> None:
    start_worker()
    decided(up, "refund-rejected", "reject")
    until(lambda: record_of(up, "refund-rejected")["status"] == "rejected", "the refund is rejected")
    assert refunds(ledger) == []


def test_a_worker_that_dies_after_the_refund_and_before_its_answer_leaves_one_refund(
    up: Up, start_worker: Any, ledger: Path
) -> None:
    dying = start_worker(DYING)
    decided(up, "refund-repeated", "approve")
    until(lambda: dying.poll() is not None, "the worker has died")
    assert dying.returncode == -signal.SIGKILL
    assert refunds(ledger) == [("A-1001", 2500)]
    assert record_of(up, "refund-repeated")["status"] == "delivering"
    start_worker()
    until(lambda: record_of(up, "refund-repeated")["status"] == "completed", "the repeat is answered")
    assert refunds(ledger) == [("A-1001", 2500)]
    assert record_of(up, "refund-repeated")["receipt"]["reference"] == "refund-1"
