"""`signoff webhooks`, run against the simulator as a process."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from openai import OpenAI

from signoff.domain.webhooks import weakness_of
from tests.starter.conftest import Signoff
from tests.starter.openai_process import simulating

URL = "http://127.0.0.1:9/webhooks/openai"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with simulating() as url:
        yield url


@pytest.fixture(autouse=True)
def _alone(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"OPENAI_API_KEY": "any", "OPENAI_BASE_URL": server, "NO_PROXY": "127.0.0.1"}.items():
        monkeypatch.setenv(name, value)
    with OpenAI() as client:
        for endpoint in client.webhooks.list():
            client.webhooks.delete(endpoint.id)


def registered(signoff: Signoff, url: str = URL) -> Any:
    return json.loads(signoff("webhooks", "register", "--url", url, "--json").stdout)


@pytest.mark.parametrize("command", ["register", "list", "rotate", "test", "remove"])
def test_each_command_explains_itself_with_an_example(signoff: Signoff, command: str) -> None:
    done = signoff("webhooks", command, "--help")
    assert done.exit_code == 0
    assert f"Example: signoff webhooks {command}" in done.stdout
    assert "--json" in done.stdout


def test_the_secret_is_shown_once_with_what_to_do_next(signoff: Signoff) -> None:
    done = signoff("webhooks", "register", "--url", URL)
    [secret] = [word for word in done.stdout.split() if word.startswith("whsec_")]
    assert weakness_of(secret) == ""
    assert "set SIGNOFF_WEBHOOK_SECRETS to this secret" in done.stdout
    assert "SIGNOFF_WEBHOOKS=true" in done.stdout
    assert (done.exit_code, done.stderr) == (0, "")
    assert secret not in signoff("webhooks", "list").stdout + signoff("webhooks", "list", "--json").stdout


def test_a_url_that_is_registered_is_refused_and_named(signoff: Signoff) -> None:
    made = registered(signoff)
    done = signoff("webhooks", "register", "--url", f"{URL}/")
    assert (done.exit_code, done.stdout) == (4, "")
    assert f"nothing was registered: {made['endpoint_id']} has this URL already" in done.stderr
    assert len(json.loads(signoff("webhooks", "list", "--json").stdout)) == 1


def test_again_registers_it_all_the_same(signoff: Signoff) -> None:
    registered(signoff)
    assert signoff("webhooks", "register", "--url", URL, "--again").exit_code == 0
    assert len(json.loads(signoff("webhooks", "list", "--json").stdout)) == 2


def test_another_path_is_registered_as_given_and_told(signoff: Signoff) -> None:
    done = signoff("webhooks", "register", "--url", "http://127.0.0.1:9/hooks", "--json")
    assert json.loads(done.stdout)["url"] == "http://127.0.0.1:9/hooks"
    assert "the gateway takes webhooks at the path /webhooks/openai" in done.stderr


@pytest.mark.parametrize("url", ["gateway", "ftp://gateway/webhooks/openai", "http://", "http://[1"])
def test_what_is_no_url_is_refused(signoff: Signoff, url: str) -> None:
    done = signoff("webhooks", "register", "--url", url)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "is no URL such as" in done.stderr


@pytest.mark.parametrize(
    ("options", "told"), [(["--keep-old"], "the old one signs too for 24 hours"), ([], "the old one signs no more")]
)
def test_a_rotation_shows_another_secret_and_how_to_change_over(
    signoff: Signoff, options: list[str], told: str
) -> None:
    made = registered(signoff)
    shown = signoff("webhooks", "rotate", made["endpoint_id"], *options).stdout
    [secret] = [word for word in shown.split() if word.startswith("whsec_")]
    assert secret != made["secret"]
    assert told in shown
    assert "SIGNOFF_WEBHOOK_SECRETS=NEW,OLD" in shown


class _Door(BaseHTTPRequestHandler):
    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(self.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def door() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Door) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/webhooks/openai"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "exit_code", "told"),
    [
        (200, 0, "good, webhooks arrive"),
        (400, 4, "could not verify it"),
        (404, 4, "nothing takes webhooks at this path"),
        (503, 4, "can't reach Temporal, or has no secret"),
        (302, 4, "no answer of the gateway's"),
    ],
)
def test_a_sample_says_what_the_answer_means(  # noqa: PLR0913, PLR0917  the columns of the table
    signoff: Signoff, door: str, monkeypatch: pytest.MonkeyPatch, status: int, exit_code: int, told: str
) -> None:
    monkeypatch.setattr(_Door, "status", status)
    endpoint_id = registered(signoff, door)["endpoint_id"]
    done = signoff("webhooks", "test", endpoint_id)
    assert done.exit_code == exit_code
    assert f"{endpoint_id} answered {status}: " in done.stdout
    assert told in done.stdout


def test_an_endpoint_is_removed(signoff: Signoff) -> None:
    endpoint_id = registered(signoff)["endpoint_id"]
    assert signoff("webhooks", "remove", endpoint_id).exit_code == 0
    assert signoff("webhooks", "list").stdout == "no endpoints are registered\n"
    again = signoff("webhooks", "remove", endpoint_id)
    assert again.exit_code == 2
    assert f"there is no endpoint {endpoint_id}" in again.stderr
