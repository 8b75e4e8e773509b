"""An S3 server on this computer that counts what it is asked."""

import os
import threading
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

_HOST = "127.0.0.1"


@dataclass
class BucketServer:
    """Where the server is, and how many requests it has had."""

    url: str = ""
    requests: int = 0

    def counting(self, application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        """Count what an application is asked."""

        def asked(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401  WSGI's own
            self.requests += 1
            return application(environ, start_response)

        return asked


class _Quiet(WSGIRequestHandler):
    """Tells nobody of each request."""

    def log_request(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving_buckets() -> Iterator[BucketServer]:
    """Run the server as long as the block does, and set the variables that name it."""
    counter = BucketServer()
    application = counter.counting(DomainDispatcherApplication(create_backend_app))
    server = make_server(_HOST, 0, application, threaded=True, request_handler=_Quiet)
    counter.url = f"http://{_HOST}:{server.server_port}"
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "a-key",
        "AWS_SECRET_ACCESS_KEY": "a-secret",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": counter.url,
        "AWS_ALLOW_HTTP": "true",
    }
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield counter
    finally:
        server.shutdown()
        thread.join()


def a_bucket(server: BucketServer) -> str:
    """Create a bucket and name it."""
    name = f"bucket-{uuid.uuid4().hex}"
    with urllib.request.urlopen(urllib.request.Request(f"{server.url}/{name}", method="PUT"), timeout=10):
        return name
