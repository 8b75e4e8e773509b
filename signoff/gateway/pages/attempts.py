"""How often somebody may try to sign in."""

import ipaddress
import math
import time
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

PER_ADDRESS: Final = 20
OVERALL: Final = 300
"""It also bounds the memory: no more addresses than that are counted in a minute."""

_EVERYBODY: Final = "everybody"


class Attempts:
    """Counts attempts per client address and overall, in this process, over a minute each.

    An attempt that is refused is not counted, so an address that keeps trying shuts nobody else out.
    """

    def __init__(self, per_address: int = PER_ADDRESS, overall: int = OVERALL) -> None:
        self._of_address = RateLimitItemPerMinute(per_address, namespace="address")
        self._of_all = RateLimitItemPerMinute(overall, namespace="all")
        self._storage = MemoryStorage()
        # The moving window would be more exact, but its storage never forgets an address.
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)

    def seconds_to_wait(self, host: str | None) -> int:
        """Count an attempt and give 0, or give the seconds until the next one may succeed."""
        address = _counted_as(host)
        for item, key in ((self._of_all, _EVERYBODY), (self._of_address, address)):
            if not self._limiter.test(item, key):
                left = self._limiter.get_window_stats(item, key).reset_time - time.time()
                return max(1, math.ceil(left))
        self._limiter.hit(self._of_all, _EVERYBODY)
        self._limiter.hit(self._of_address, address)
        return 0


def _counted_as(host: str | None) -> str:
    """Give what an address is counted as: somebody with one IPv6 address has all of its /64."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((int(address), 64), strict=False))
    return str(address)
