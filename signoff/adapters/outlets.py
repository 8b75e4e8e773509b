"""Sending to one address at a time, so that a slow one delays neither the others nor the rest of the worker."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType

from signoff.adapters.addresses import Address

TIMEOUT: Final = timedelta(seconds=30)
"""How long one notice may take, its turn included; what had no turn by then is never sent."""

QUEUE_LIMIT: Final = 10
"""How many notices wait for one address. More would hold slots of the worker; the server brings them again later."""


class Outlet:
    """An address and the one thread that talks to it."""

    def __init__(self, address: Address, asset: AppriseAsset) -> None:
        self.address: Final = address
        self._apprise = Apprise(asset=asset)
        self._apprise.add(address.service)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"notices-{address.number}")
        self._waiting = 0

    async def send(self, subject: str, body: str, kind: NotifyType) -> bool:
        """Send one notice, and say whether it was taken."""
        if self._waiting >= QUEUE_LIMIT:
            return False
        self._waiting += 1
        try:
            async with asyncio.timeout(TIMEOUT.total_seconds()):
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._thread, self._sent, subject, body, kind)
        except Exception:
            # It may quote an address, and all of it means the same.
            return False
        finally:
            self._waiting -= 1

    def _sent(self, subject: str, body: str, kind: NotifyType) -> bool:
        answer = self._apprise.notify(title=subject, body=body, body_format=NotifyFormat.TEXT, notify_type=kind)
        return bool(answer)
