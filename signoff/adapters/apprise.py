"""Notices through apprise: mail, chat services, webhooks, and whatever else that library can reach.

The addresses hold secrets, so nothing here repeats one: they are told apart by their number and kind. What apprise
and the libraries below it log is dropped for the same reason.
"""

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apprise import NotifyType

from signoff.adapters.addresses import Address, make_asset, read_addresses, without_logs
from signoff.adapters.outlets import Outlet
from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.notice import Notice, NoticeKind, body_of, subject_of
from signoff.domain.observation import NetworkFault, Observation

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
        asset = make_asset()
        self._public_url = public_url
        self.addresses: Final = read_addresses(urls, config, asset)
        self._outlets = tuple(Outlet(address, asset) for address in self.addresses)
        self._arrangement = _fingerprint(self.addresses)

    async def notify(self, notice: Notice, told: set[str] | None = None) -> None:
        """Tell those whom it concerns and who are not in `told` yet, all at the same time."""
        done = set() if told is None else told
        concerned = [outlet for outlet in self._outlets if outlet.address.hears_of(notice.recipients)]
        if not concerned:
            raise _unheard(notice.recipients)
        left = [outlet for outlet in concerned if self._key(outlet.address) not in done]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._told(outlet, notice, done)) for outlet in left]
        failed = [outcome.address for outcome in (task.result() for task in tasks) if not outcome.is_told]
        if failed:
            raise _untold(failed, len(concerned))

    async def tell_each(self, notice: Notice) -> Sequence[Outcome]:
        """Tell every address, whomever the notice concerns, and say what became of it at each."""
        return await asyncio.gather(*(self._told(outlet, notice, set()) for outlet in self._outlets))

    async def _told(self, outlet: Outlet, notice: Notice, done: set[str]) -> Outcome:
        subject, body = subject_of(notice), body_of(notice, self._public_url)
        is_told = await outlet.send(subject, body, _TYPES.get(notice.kind, NotifyType.INFO))
        if is_told:
            done.add(self._key(outlet.address))
        return Outcome(outlet.address, is_told)

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
