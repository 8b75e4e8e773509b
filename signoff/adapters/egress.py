"""Connections to hosts that a request names: only to public addresses, unless the deployment allows others by name.

A name that a request gives may lead anywhere, and elsewhere at the next question. So it is looked up once per request,
every address that it has is judged, and the connection goes to one that was judged.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Collection, Sequence
from typing import Final

import httpx2

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LOOKUP_SECONDS: Final = 10.0
MOST_ADDRESSES: Final = 8
"""How many addresses of a name are tried."""

# An IPv6 address of this network stands for the IPv4 address in its last 32 bits (RFC 6052).
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

_ADDRESS: Final = re.compile(r"(\d{1,3}(\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\])(:\d+)?")


class ForbiddenAddressError(httpx2.ConnectError):
    """A host leads to an address that nothing may be sent to. Nothing was sent."""


class HostAllowance:
    """The hosts that the deployment allows, each as `host` or `host:port`, in any case."""

    def __init__(self, hosts: Collection[str]) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)

    def covers(self, url: httpx2.URL) -> bool:
        """Whether the host of a URL is allowed, with its port or with any."""
        host = f"[{url.host}]" if ":" in url.host else url.host
        return not self._hosts.isdisjoint({host, f"{host}:{port_of(url)}"})


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Looks a host up, refuses addresses that are not public, and connects to one of those that it judged.

    `private` are the hosts that may have addresses of any kind. Each request has a connection of its own, since one
    to an address would otherwise serve every name that leads there.
    """

    def __init__(self, private: HostAllowance, inner: httpx2.AsyncBaseTransport | None = None) -> None:
        self._private = private
        self._inner = inner or httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request to the first of its host's addresses that takes the connection.

        Raises:
            ForbiddenAddressError: The host has an address that is not public. Nothing was sent.
            httpx2.ConnectError: The host has no address, or none of them takes connections.
        """
        host = request.url.host
        addresses = await _addresses(host, port_of(request.url))
        if not self._private.covers(request.url):
            _require_public(host, addresses)
        request.headers.setdefault("Host", request.url.netloc.decode("ascii"))
        request.extensions = {**request.extensions, "sni_hostname": host}
        name = request.url
        for address in addresses[:-1]:
            request.url = name.copy_with(host=address)
            try:
                return await self._inner.handle_async_request(request)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue  # nothing was sent yet
        request.url = name.copy_with(host=addresses[-1])
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close what it holds open."""
        await self._inner.aclose()


def open_guarded_client(private_hosts: Collection[str] = ()) -> httpx2.AsyncClient:
    """Make a client for addresses that requests name.

    It takes no proxy from the environment: a proxy would look the name up again, and connect to whatever it finds.
    """
    return httpx2.AsyncClient(transport=GuardedTransport(HostAllowance(private_hosts)), trust_env=False)


def literal_addresses(hosts: Collection[str]) -> tuple[str, ...]:
    """Pick those of some allowed hosts that are addresses themselves: whoever wrote one meant it, private or not."""
    return tuple(host for host in hosts if _ADDRESS.fullmatch(host))


def is_public(address: Address) -> bool:
    """Whether an address is one of the internet's, also where it is written inside another one."""
    within = _within(address)
    if within is not None:
        return is_public(within)
    return address.is_global and not address.is_multicast and not address.is_reserved


def port_of(url: httpx2.URL) -> int:
    """Name the port of a URL, its scheme's own where it has none."""
    return url.port or (443 if url.scheme == "https" else 80)


def _within(address: Address) -> ipaddress.IPv4Address | None:
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


async def _addresses(host: str, port: int) -> Sequence[str]:
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError as error:
        raise httpx2.ConnectTimeout(f"{host} could not be looked up within {LOOKUP_SECONDS:g} s") from error
    except (OSError, UnicodeError) as error:
        raise httpx2.ConnectError(f"{host} could not be looked up: {error}") from error
    addresses = list(dict.fromkeys(str(where[0]) for *_, where in found))
    if not addresses:
        raise httpx2.ConnectError(f"{host} has no address")
    return addresses[:MOST_ADDRESSES]


def _require_public(host: str, addresses: Sequence[str]) -> None:
    for text in addresses:
        if not is_public(ipaddress.ip_address(text.partition("%")[0])):
            raise ForbiddenAddressError(f"{host} leads to {text}, which is no public address")
