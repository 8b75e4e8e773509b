"""A real mail server on 127.0.0.1 (aiosmtpd) that answers as told, and keeps what it took."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "desk", "hush-4711"


@dataclass
class Taken:
    """One mail that the server took, with its envelope."""

    sender: str
    recipients: list[str]
    data: bytes

    @property
    def letter(self) -> EmailMessage:
        return message_from_bytes(self.data, policy=policy.default)


@dataclass
class PostOffice:
    """What arrived. `answers` replaces what it says to MAIL, DATA, or a recipient.

    With `breaks_off` it takes a mail and cuts the connection instead of saying so; with `may_answer` it waits.
    """

    answers: dict[str, str] = field(default_factory=dict)
    breaks_off: bool = False
    may_answer: asyncio.Event | None = None
    port: int = 0
    connections: int = 0
    taken: list[Taken] = field(default_factory=list)
    has_taken: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.port}/?from=signoff@example.com&name=Desk"

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, host: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = host
        return responses

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from, envelope.mail_options = address, options
        return "250 ok"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if "DATA" in self.answers:
            return self.answers["DATA"]
        assert isinstance(envelope.content, bytes)
        self.taken.append(Taken(str(envelope.mail_from), envelope.rcpt_tos, envelope.content))
        self.has_taken.set()
        if self.may_answer:
            await self.may_answer.wait()
        if self.breaks_off:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 taken"


def _signed_in(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
    is_known = isinstance(given, LoginPassword) and given.login == USER.encode() and given.password == PASSWORD.encode()
    return AuthResult(success=is_known, handled=False)


@asynccontextmanager
async def a_post_office(
    *, has_sign_in: bool = False, tls: ssl.SSLContext | None = None, size_limit: int = 1_000_000, **told: Any
) -> AsyncIterator[PostOffice]:
    office, loop = PostOffice(**told), asyncio.get_running_loop()

    def serve() -> SMTP:
        return SMTP(
            office,
            hostname="post.example.com",
            data_size_limit=size_limit,
            loop=loop,
            tls_context=tls,
            require_starttls=tls is not None,
            auth_required=has_sign_in,
            auth_require_tls=False,
            authenticator=_signed_in if has_sign_in else None,
        )

    server = await loop.create_server(serve, "127.0.0.1", 0)
    async with server:
        office.port = server.sockets[0].getsockname()[1]
        yield office
