"""`python -m signoff.simulator`: the simulator as a process of its own."""

import argparse
import signal
import socket
import sys
from types import FrameType

import uvicorn

from signoff.simulator.app import create_app

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Server(uvicorn.Server):
    """Says where it listens as soon as it accepts connections."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            host = f"[{host}]" if ":" in host else host
            sys.stdout.write(f"simulator listening on http://{host}:{port}/v1\n")
            sys.stdout.flush()


def main() -> None:
    """Serve until SIGINT or SIGTERM, then end with code 0."""
    parser = argparse.ArgumentParser(prog="python -m signoff.simulator", description="An offline OpenAI.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8099, help="port; 0 picks a free one (default: %(default)s)")
    given = parser.parse_args()
    config = uvicorn.Config(
        create_app(),
        host=given.host,
        port=given.port,
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )
    server = _Server(config)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn hands a signal on to the handler it found here, and the usual ones do not end with code 0.
    for number in STOP_SIGNALS:
        signal.signal(number, stop)
    # uvicorn binds the port itself: connections to a socket made by `bind_socket` wait 40 ms for each POST.
    server.run()


if __name__ == "__main__":
    main()
