"""The addresses that deliveries by mail and chat go out through, by the names that requests call them.

They are apprise's URLs and hold secrets, so they are told by name and kind, never by their text.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from typing import Any, Final, TypeAlias

from apprise import NotifyBase, NotifyFormat
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.email import NotifyEmail
from apprise.plugins.mattermost import NotifyMattermost
from apprise.plugins.slack import NotifySlack
from apprise.plugins.zulip import NotifyZulip
from pydantic import SecretStr

from signoff.adapters.addresses import PACE_SECONDS, make_asset, service_at, without_logs
from signoff.adapters.secrets import named_values
from signoff.adapters.turns import Turns, refused

SETTING: Final = "SIGNOFF_DELIVERY_ADDRESSES"
MAILS_AT_ONCE: Final = 4
READ_SECONDS: Final = 30.0
"""How long a chat may take to answer; apprise's own 4 s would leave many an outcome unknown."""

Url: TypeAlias = Callable[[Any], str]


def _own_url(service: Any) -> str:  # noqa: ANN401  two kinds that share no base with these
    return f"{'https' if service.secure else 'http'}://{service.host}:{service.port or (443 if service.secure else 80)}"


CHATS: Final[Mapping[type[NotifyBase], Url]] = {
    NotifySlack: lambda slack: str(slack.api_url if slack.access_token else slack.webhook_url),
    NotifyMattermost: _own_url,
    NotifyDiscord: lambda discord: str(discord.notify_url),
    NotifyZulip: lambda zulip: str(zulip.notify_url.format(org=zulip.organization, hostname=zulip.hostname)),
    NotifyJSON: _own_url,
}
"""The kinds to which apprise passes a text as it is, and where each is reached; others get it rewritten as Markdown or
with a line of apprise's own."""

_ADDITIONS: Final = ("include_image", "include_footer", "include_timestamp", "use_blocks", "interpret_emojis", "tts")
"""What a kind may add to a text, or make of it."""

_UNFIT_IN_CHATS: Final = ("template", "ping", "payload_extras")
_UNFIT_IN_MAILS: Final = ("cc", "bcc", "headers")


@dataclass(frozen=True)
class Outgoing:
    """One address with the threads that talk to it."""

    name: str
    service: NotifyBase = field(repr=False)
    turns: Turns = field(repr=False)

    @property
    def kind(self) -> str:
        """What sort of service it is, such as `Slack`."""
        return str(self.service.service_name)

    def __str__(self) -> str:
        """Name it without its secrets."""
        return f"{self.name} ({self.kind})"


class OutgoingAddresses:
    """What a deployment sends through under which name."""

    def __init__(self, addresses: Mapping[str, Outgoing]) -> None:
        self._addresses = dict(addresses)

    @classmethod
    def parse(cls, entries: Sequence[SecretStr]) -> "OutgoingAddresses":
        """Read entries of the form `NAME=URL`.

        Raises:
            ValueError: An entry can't be used. It is named by its number or name; no URL is shown.
        """
        without_logs()
        asset = make_asset()
        addresses = {}
        for name, url in named_values(entries, what="address").items():
            service = service_at(url.get_secret_value(), asset)
            if service is None:
                raise ValueError(f"{name} can't be used; write it as docs/delivery.md shows")
            addresses[name] = _fitted(name, service)
        return cls(addresses)

    def mail(self, name: str) -> tuple[Outgoing, NotifyEmail]:
        """Give the address from which mail goes out.

        Raises:
            FaultError: There is none of this name, or it sends no mail, which is the operator's to mend.
        """
        found = self._named(name)
        if not isinstance(found.service, NotifyEmail):
            raise refused(403, f"{found} sends no mail; name one that begins with mailto:// or mailtos:// in {SETTING}")
        return found, found.service

    def chat(self, name: str) -> Outgoing:
        """Give the address of a chat.

        Raises:
            FaultError: There is none of this name, or it is no chat, which is the operator's to mend.
        """
        found = self._named(name)
        if isinstance(found.service, NotifyEmail):
            raise refused(403, f"{found} is no chat; the channel `email` sends through it")
        return found

    def _named(self, name: str) -> Outgoing:
        if found := self._addresses.get(name):
            return found
        has = f"it has {', '.join(self._addresses)}" if self._addresses else "it is not set"
        raise refused(403, f"{SETTING} has no address {name} ({has}); add it, then retry")


def _kind(service: type[NotifyBase]) -> str:
    return str(service.service_name)


def url_of(service: NotifyBase) -> str:
    """Say where a chat is reached, without what authorizes a post."""
    return CHATS[type(service)](service)


def _fitted(name: str, service: NotifyBase) -> Outgoing:
    """Have a service send what it is given, once, to one place."""
    is_mail = type(service) is NotifyEmail
    if not is_mail and type(service) not in CHATS:
        kinds = ", ".join([_kind(NotifyEmail), *map(_kind, CHATS)])
        raise ValueError(f"{name} is of the kind {service.service_name}; deliveries go through {kinds}")
    service.retry = 0
    problem = _problem_of_mail(service) if isinstance(service, NotifyEmail) else _problem_of_chat(service)
    if problem:
        raise ValueError(f"{name} {problem}")
    service.request_rate_per_sec = min(service.request_rate_per_sec, PACE_SECONDS)
    service.socket_read_timeout = max(service.socket_read_timeout, READ_SECONDS)
    for addition in _ADDITIONS:
        if hasattr(service, addition):
            setattr(service, addition, False)
    return Outgoing(name, service, Turns(f"delivering-{name}", MAILS_AT_ONCE if is_mail else 1))


def _problem_of_mail(service: NotifyEmail) -> str:
    if service.targets != [(False, service.from_addr[1])]:
        return "names recipients; those of a delivery stand in its request"
    if set_ones := [option for option in _UNFIT_IN_MAILS if getattr(service, option)]:
        return f"sets {', '.join(set_ones)}, which deliveries don't use"
    if service.pgp_mode != "no":
        return "asks for PGP, which deliveries don't use"
    try:
        Address(addr_spec=str(service.from_addr[1]))
    except ValueError:
        return "has a sender that is no plain mail address"
    return ""


def _problem_of_chat(service: NotifyBase) -> str:
    if len(service) != 1:
        return "names several places, of which one might take a delivery and another not; give each a name of its own"
    if set_ones := [option for option in _UNFIT_IN_CHATS if getattr(service, option, None)]:
        return f"sets {', '.join(set_ones)}, which changes what was approved"
    if service.resolve_format(NotifyFormat.TEXT) is not NotifyFormat.TEXT:
        return "sets a format, which changes what was approved"
    return ""
