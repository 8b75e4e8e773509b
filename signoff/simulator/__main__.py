"""`python -m signoff.simulator`: the simulator as a process of its own."""

import argparse
import signal
from types import FrameType

from signoff.simulator.app import create_app
from signoff.simulator.errors import ApiError
from signoff.simulator.server import Server
from signoff.simulator.steering import Steering
from signoff.simulator.webhook import Webhook

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _webhook(url: str | None, secret: str | None) -> Webhook | None:
    return None if url is None and secret is None else Webhook.read({"url": url, "secret": secret})


def main() -> None:
    """Serve until SIGINT or SIGTERM, then end with code 0."""
    parser = argparse.ArgumentParser(prog="python -m signoff.simulator", description="An offline OpenAI.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8099, help="port; 0 picks a free one (default: %(default)s)")
    parser.add_argument("--webhook-url", help="receiver of webhooks on this machine; none without it")
    parser.add_argument("--webhook-secret", help="secret that signs them: whsec_ and base64")
    given = parser.parse_args()
    try:
        start = Steering(webhook=_webhook(given.webhook_url, given.webhook_secret))
    except ApiError as error:
        parser.error(error.message)
    server = Server(create_app(start=start), given.host, given.port)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn hands a signal on to the handler it found here, and the usual ones do not end with code 0.
    for number in STOP_SIGNALS:
        signal.signal(number, stop)
    # uvicorn binds the port itself: connections to a socket made by `bind_socket` wait 40 ms for each POST.
    server.run()


if __name__ == "__main__":
    main()
