"""`signoff notify test`: a sample to every address, and what became of it there."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.starter.conftest import Signoff

# Apprise loads its parts when they are first needed, and one of them asks for a module that Python is to drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SECRET = "hush-4711"


@contextmanager
def a_receiver(status: int) -> Iterator[tuple[str, list[bytes]]]:
    """Answer in a thread, since a command brings an event loop of its own."""
    bodies: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"json://127.0.0.1:{server.server_port}/{SECRET}", bodies
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SIGNOFF_NOTIFY_URLS", "SIGNOFF_NOTIFY_FILE", "SIGNOFF_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)


def test_each_address_says_whether_it_took_the_sample(
    signoff: Signoff, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_receiver(200) as (well, bodies), a_receiver(500) as (ill, _):
        (tmp_path / "notify.conf").write_text(f"ana={ill}\n")
        monkeypatch.setenv("SIGNOFF_NOTIFY_URLS", well)
        monkeypatch.setenv("SIGNOFF_NOTIFY_FILE", str(tmp_path / "notify.conf"))
        ended = signoff("notify", "test")
    assert ended.stdout.splitlines() == [
        "  told         1 (JSON) of SIGNOFF_NOTIFY_URLS, for everybody",
        "  not told     2 (JSON) of SIGNOFF_NOTIFY_FILE, for ana",
    ]
    assert ended.exit_code == 1
    assert SECRET not in ended.output
    assert json.loads(bodies[0])["title"] == "Review requested: A sample notice; there is no such job"


def test_all_of_it_can_be_read_by_a_program(signoff: Signoff, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_receiver(200) as (well, _):
        monkeypatch.setenv("SIGNOFF_NOTIFY_URLS", well)
        ended = signoff("notify", "test", "--json")
    assert ended.exit_code == 0
    [outcome] = json.loads(ended.stdout)
    assert outcome == {"number": 1, "kind": "JSON", "source": "SIGNOFF_NOTIFY_URLS", "tags": [], "is_told": True}


@pytest.mark.parametrize(
    ("urls", "told"),
    [("", "set SIGNOFF_NOTIFY_URLS or SIGNOFF_NOTIFY_FILE"), (f"nosuch://{SECRET}", "address 1 can't be used")],
)
def test_settings_that_name_nobody_are_bad_input(
    signoff: Signoff, monkeypatch: pytest.MonkeyPatch, urls: str, told: str
) -> None:
    monkeypatch.setenv("SIGNOFF_NOTIFY_URLS", urls)
    ended = signoff("notify", "test")
    assert ended.exit_code == 2
    assert told in ended.stderr
    assert SECRET not in ended.output
