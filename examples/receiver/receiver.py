"""A receiver of deliveries: verifies each of them, and does once what it is for.

RECEIVER_SECRETS=whsec_... python examples/receiver/receiver.py
"""

import argparse
import os
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from signoff.receive import Delivery, NotGenuineError, verify

HOST: Final = "127.0.0.1"
RESULTS: Final = "/results"
_LONGEST_SIZE: Final = len("99999999")

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS deliveries (key TEXT PRIMARY KEY, taken_at TEXT DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE IF NOT EXISTS results (number INTEGER PRIMARY KEY, job_id TEXT, digest TEXT, text TEXT);
"""


class Ledger:
    """The results that were taken and the keys that they came under, in one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(self._connection()) as database:
            database.executescript(_TABLES)

    def take(self, delivery: Delivery) -> bool:
        """Keep a result, unless it was taken before; says whether it is new.

        Key and effect are one transaction: after a crash there are both or neither, and of two repeats that come
        at once one waits for the other.
        """
        text = delivery.deliverable()["text"] if delivery.is_deliverable else delivery.body.decode()
        with closing(self._connection()) as database, database:
            kept = database.execute("INSERT OR IGNORE INTO deliveries (key) VALUES (?)", [delivery.key])
            if kept.rowcount == 0:
                return False
            row = [delivery.job_id, delivery.digest, text]
            database.execute("INSERT INTO results (job_id, digest, text) VALUES (?, ?, ?)", row)
        return True

    def texts(self, job_id: str) -> list[str]:
        """Give what was taken from a job."""
        with closing(self._connection()) as database:
            rows = database.execute("SELECT text FROM results WHERE job_id = ? ORDER BY number", [job_id])
            return [text for (text,) in rows]

    def _connection(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=5)


class Server(ThreadingHTTPServer):
    """Listens on this machine, and knows the ledger and the secrets."""

    daemon_threads = True

    def __init__(self, port: int, ledger: Ledger, secrets: Sequence[str]) -> None:
        super().__init__((HOST, port), Handler)
        self.ledger = ledger
        self.secrets = secrets


class Handler(BaseHTTPRequestHandler):
    """Answers 201 to a new delivery, 200 to a repeat, 400 to what is not genuine."""

    server: Server
    timeout = 20

    def do_POST(self) -> None:
        """Take a delivery."""
        size = self.headers.get("Content-Length", "")
        if self.path != RESULTS or not size.isdecimal() or len(size) > _LONGEST_SIZE:
            self._answer(HTTPStatus.BAD_REQUEST, f"POST less than 100 MB to {RESULTS}")
            return
        try:
            delivery = verify(self.rfile.read(int(size)), dict(self.headers), self.server.secrets)
            is_new = self.server.ledger.take(delivery)
        except NotGenuineError as error:
            self._answer(HTTPStatus.BAD_REQUEST, f"not genuine: {error}")
        except sqlite3.Error as error:
            # Signoff repeats it.
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, f"not kept: {error}")
        else:
            told = f"{delivery.job_id} {'taken' if is_new else 'again, nothing done'}"
            status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
            self._answer(status, told, location=f"{RESULTS}/{delivery.job_id}")

    def log_message(self, *_: object) -> None:
        """Leave it to `_answer` to say what happened."""

    def _answer(self, status: HTTPStatus, text: str, location: str = "") -> None:
        print(f"{status.value} {text}", flush=True)
        body = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Listen until Ctrl-C, or show what was taken."""
    parser = argparse.ArgumentParser(description="Receives deliveries of Signoff, each of them once.")
    parser.add_argument("--port", type=int, default=8077)
    parser.add_argument("--database", type=Path, default=Path("receiver.db"))
    parser.add_argument("--show", metavar="JOB", help="print what was taken from a job, and end")
    given = parser.parse_args()
    ledger = Ledger(given.database)
    if given.show:
        print("\n".join(ledger.texts(given.show)) or f"nothing was taken from {given.show}")
        return
    secrets = [secret.strip() for secret in os.environ.get("RECEIVER_SECRETS", "").split(",") if secret.strip()]
    try:
        with suppress(NotGenuineError):
            verify(b"", {}, secrets)  # tells at once when a secret is missing or weak
    except ValueError as error:
        sys.exit(f"RECEIVER_SECRETS: {error}")
    with Server(given.port, ledger, secrets) as server:
        print(f"receiver listening on http://{HOST}:{server.server_port}{RESULTS}", flush=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
