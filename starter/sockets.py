"""The ports of the local stack: which are free, and which answer."""

import asyncio
import contextlib
import socket
from typing import Final

from signoff.domain.errors import SettingsError

HOST: Final = "127.0.0.1"


def check_free(ports: dict[str, int]) -> None:
    """Make sure that nothing listens where the stack is about to.

    Args:
        ports: For each option that chooses a port, the port.

    Raises:
        SettingsError: Names the port and the option that chooses another one.
    """
    for option, port in ports.items():
        twins = [other for other in ports if ports[other] == port]
        if len(twins) > 1:
            raise SettingsError(f"port {port} is asked for by {' and '.join(twins)}; choose different ones")
        if not _is_free(port):
            raise SettingsError(
                f"port {port} is in use; end what listens there (perhaps another `signoff up`), "
                f"or choose another port with {option}"
            )


def free_ports(count: int) -> list[int]:
    """Find ports that nothing uses right now."""
    with contextlib.ExitStack() as opened:
        sockets = [opened.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return [int(one.getsockname()[1]) for one in sockets]


async def is_answering(port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Without this, a port whose last connections linger would count as used for a minute after a stop.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
