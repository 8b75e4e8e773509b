"""`signoff up` as real processes: it starts, stops cleanly, and leaves nothing behind."""

import json
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from starter.sockets import free_ports
from tests.starter.processes import SIGNOFF, Up, environment, is_alive, run, start_up, until

Start = Callable[[dict[str, str]], Up]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start stacks; whatever becomes of the test, they are stopped after it."""
    with ExitStack() as ups:

        def begun(environ: dict[str, str]) -> Up:
            up = start_up(environ)
            ups.callback(up.stop)
            return up

        yield begun


@pytest.fixture
def started(start: Start, tmp_path: Path) -> Up:
    return start(environment(tmp_path / "state"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    up = start_up(environment(tmp_path_factory.mktemp("stack") / "state"))
    try:
        up.ready()
        yield up
    finally:
        up.stop()


def test_a_job_can_be_submitted_and_listed(running: Up) -> None:
    submitted = running.signoff("submit", "examples/research-brief.json", "--job-id", "brief-1", "--json")
    assert (submitted.returncode, json.loads(submitted.stdout)["is_new"]) == (0, True), submitted.stderr
    until(lambda: "brief-1" in running.signoff("list").stdout, "the job is listed")


def test_the_namespace_is_set_up(running: Up) -> None:
    done = running.signoff("setup", "--json")
    assert (done.returncode, json.loads(done.stdout)["added"]) == (0, [])


def test_a_second_stack_is_kept_off_the_same_state(running: Up, start: Start) -> None:
    code, told = start(running.environ).end()
    assert code == 2
    assert "SIGNOFF_STATE_DIR" in told


def test_a_server_that_the_environment_names_is_used(running: Up, start: Start, tmp_path: Path) -> None:
    address = f"127.0.0.1:{running.port}"
    second = start(environment(tmp_path, TEMPORAL_ADDRESS=address))
    assert second.ready()["temporal"] == address
    assert set(second.children) == {"simulator", "worker", "gateway"}


def test_a_named_server_that_does_not_answer_is_not_replaced(start: Start, tmp_path: Path) -> None:
    [port] = free_ports(1)
    code, told = start(environment(tmp_path, TEMPORAL_ADDRESS=f"127.0.0.1:{port}")).end()
    assert code == 5
    assert "unset TEMPORAL_ADDRESS" in told


OPTIONS = ("--port", "--ui-port", "--simulator-port", "--gateway-port")


@pytest.mark.parametrize("option", OPTIONS)
def test_a_port_in_use_is_named_before_anything_is_started(tmp_path: Path, option: str) -> None:
    ports = dict(zip(OPTIONS, map(str, free_ports(4)), strict=True))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(ports[option])))
        taken.listen()
        words = [word for pair in ports.items() for word in pair]
        done = run(*SIGNOFF, "up", *words, environ=environment(tmp_path / "state"))
    assert done.returncode == 2
    assert f"port {ports[option]} is in use" in done.stderr
    assert option in done.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_the_start_leaves_nothing_running(started: Up, number: signal.Signals) -> None:
    until(lambda: "simulator" in started.children, "parts are started")
    children = list(started.children.values())
    started.process.send_signal(number)
    code, told = started.end()
    assert code == 0
    assert "stopped" in told
    assert not any(map(is_alive, children))


def test_a_part_that_ends_takes_the_stack_down_and_is_named(started: Up) -> None:
    started.ready()
    children = started.children
    assert set(children) == {"start-dev", "simulator", "worker", "gateway"}
    children["simulator"].kill()
    code, told = started.end()
    assert code == 1
    assert "simulator ended unexpectedly" in told
    assert "simulator.log" in told
    assert not any(map(is_alive, children.values()))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie children to their parent")
def test_a_killed_stack_leaves_no_part_and_its_jobs_go_on_at_the_next_start(started: Up, start: Start) -> None:
    started.ready()
    children = list(started.children.values())
    request = (
        '{"requester": "ann", "response": {"model": "gpt-5-mini", "input": "x", "metadata": {"simulator": "stuck"}}}'
    )
    file = Path(started.environ["SIGNOFF_STATE_DIR"]) / "request.json"
    file.write_text(request)
    assert started.signoff("submit", str(file), "--job-id", "brief-1").returncode == 0
    started.process.kill()
    until(lambda: not any(map(is_alive, children)), "no part is left")
    again = start(started.environ)
    again.ready()
    shown = again.signoff("show", "brief-1", "--json")
    assert json.loads(shown.stdout)["status"] in {"queued", "running"}
