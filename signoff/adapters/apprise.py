"""Notices through apprise: mail, chat services, webhooks, and whatever else that library can reach.

The addresses hold secrets, so nothing here repeats one: they are told apart by their number and kind. What apprise
and the libraries below it log is dropped for the same reason.
"""

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from apprise import Apprise, NotifyFormat, NotifyType

from signoff.adapters.addresses import Address, make_asset, read_addresses, without_logs
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.notice import Notice, NoticeKind, body_of, subject_of
from signoff.domain.observation import NetworkFault, Observation

TIMEOUT: Final = timedelta(seconds=20)
"""How long one address may take; apprise's own limits on connecting and reading are shorter."""

_TYPES: Final[dict[NoticeKind, NotifyType]] = {
    NoticeKind.NEEDS_ATTENTION: NotifyType.WARNING,
    NoticeKind.EXPIRED: NotifyType.WARNING,
    NoticeKind.DELIVERED: NotifyType.SUCCESS,
}


@dataclass(frozen=True)
class Outcome:
    """What became of one notice at one address."""

    address: Address
    is_told: bool


class AppriseNotifier:
    """Tells everything to `urls`, and to the entries of an apprise configuration what concerns their tags.

    `public_url` is where people reach the gateway; without it notices have no links.

    Raises:
        SettingsError: An address or the file can't be used; it is named by number, never by its text.
    """

    def __init__(self, urls: Sequence[str], config: Path | None, public_url: str) -> None:
        without_logs()
        self._asset = make_asset(TIMEOUT)
        self._public_url = public_url
        self.addresses: Final = read_addresses(urls, config, self._asset)
        self._arrangement = _fingerprint(self.addresses)

    async def notify(self, notice: Notice, told: set[str] | None = None) -> None:
        """Tell those whom it concerns and who are not in `told` yet, all at the same time."""
        done = set() if told is None else told
        concerned = [address for address in self.addresses if address.hears_of(notice.recipients)]
        if not concerned:
            raise _unheard(notice.recipients)
        left = [address for address in concerned if self._key(address) not in done]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._told(address, notice, done)) for address in left]
        failed = [outcome.address for outcome in (task.result() for task in tasks) if not outcome.is_told]
        if failed:
            raise _untold(failed, len(concerned))

    async def tell_each(self, notice: Notice) -> Sequence[Outcome]:
        """Tell every address, whomever the notice concerns, and say what became of it at each."""
        return await asyncio.gather(*(self._told(address, notice, set()) for address in self.addresses))

    async def _told(self, address: Address, notice: Notice, done: set[str]) -> Outcome:
        subject, body = subject_of(notice), body_of(notice, self._public_url)
        is_told = await self._sent(address, subject, body, _TYPES.get(notice.kind, NotifyType.INFO))
        if is_told:
            done.add(self._key(address))
        return Outcome(address, is_told)

    async def _sent(self, address: Address, subject: str, body: str, kind: NotifyType) -> bool:
        one = Apprise(asset=self._asset)
        one.add(address.service)
        try:
            async with asyncio.timeout(2 * TIMEOUT.total_seconds()):
                sending = one.async_notify(title=subject, body=body, body_format=NotifyFormat.TEXT, notify_type=kind)
                return bool(await sending)
        except Exception:
            # It may quote an address, and all of it means the same.
            return False

    def _key(self, address: Address) -> str:
        return f"{self._arrangement}:{address.number}"


def _fingerprint(addresses: Collection[Address]) -> str:
    """Name an arrangement by the kinds and tags of its addresses alone, so that nothing secret can be guessed from it.

    A worker with another arrangement numbers its addresses otherwise, so it takes no notice of what was told here.
    """
    kinds = [(address.kind, sorted(address.tags)) for address in addresses]
    return hashlib.sha256(repr(kinds).encode()).hexdigest()[:16]


def _unheard(recipients: Collection[str]) -> FaultError:
    told = f"no address hears of {', '.join(recipients)}; give them one in the file of SIGNOFF_NOTIFY_FILE"
    return FaultError(Observation(stage=Stage.NOTIFY, http_status=403, message=told))


def _untold(failed: Sequence[Address], concerned: int) -> FaultError:
    told = f"{len(failed)} of {concerned} addresses did not take the notice: {', '.join(map(str, failed))}"
    return FaultError(Observation(stage=Stage.NOTIFY, network=NetworkFault.LOST, message=told))
