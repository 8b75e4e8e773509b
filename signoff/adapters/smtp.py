"""Handing one mail to a server through apprise's connection, and telling exactly how far that came."""

import contextlib
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NoReturn

from apprise.exception import AppriseImproperlyConfigured
from apprise.plugins.email import NotifyEmail
from apprise.plugins.email.smtp import AppriseSMTPController

from signoff.adapters.turns import Turn, refused, unknown, unsent

STEP_SECONDS: Final = 15
DATA_SECONDS: Final = 30.0
GOODBYE_SECONDS: Final = 2.0

_OK: Final = (250, 251)
_TOO_LARGE: Final = 552
_FOR_GOOD: Final = 500
"""From here on an answer holds for good, below it for now (RFC 5321, section 4.2.1)."""


class _Connection(AppriseSMTPController):
    """Apprise's connection, with a view of the session that it opened."""

    @property
    def session(self) -> smtplib.SMTP:
        session = self._socket
        assert isinstance(session, smtplib.SMTP)  # noqa: S101  it is open
        return session


def hand_over(service: NotifyEmail, data: bytes, recipients: Sequence[str], turn: Turn) -> None:
    """Hand a mail over for all of its recipients, or for none of them.

    Raises:
        FaultError: It was refused, or not sent, or nobody knows whether it was taken.
    """
    with _opened(service, turn.whom) as session:
        _announce(session, str(service.from_addr[1]), recipients, data, turn.whom)
        _wait_at_most(session, DATA_SECONDS)
        turn.begin()
        _send(session, data, turn.whom)


@contextmanager
def _opened(service: NotifyEmail, whom: str) -> Iterator[smtplib.SMTP]:
    connection = _Connection(
        host=service.smtp_host,
        port=int(service.port or 0),
        secure_mode=str(service.secure_mode),
        user=service.user,
        password=service.password,
        verify_certificate=service.verify_certificate,
        socket_connect_timeout=int(min(service.socket_connect_timeout, STEP_SECONDS)) or 1,
    )
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(connection)
            connection.session.ehlo_or_helo_if_needed()
        except smtplib.SMTPResponseException as error:
            # Its words are not shown: the server may quote what it was given to sign in with.
            _turned_away(error.smtp_code, whom, at="the sign-in" if _is_sign_in(error) else "the connection")
        except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError, AppriseImproperlyConfigured) as error:
            raise refused(403, f"{whom} can't be used as configured ({type(error).__name__})") from None
        except OSError as error:
            raise unsent(f"{whom} can't be reached ({type(error).__name__})") from None
        try:
            yield connection.session
        finally:
            _wait_at_most(connection.session, GOODBYE_SECONDS)


def _wait_at_most(session: smtplib.SMTP, seconds: float) -> None:
    if session.sock:
        session.sock.settimeout(seconds)


def _is_sign_in(error: smtplib.SMTPResponseException) -> bool:
    return isinstance(error, smtplib.SMTPAuthenticationError)


def _announce(session: smtplib.SMTP, sender: str, recipients: Sequence[str], data: bytes, whom: str) -> None:
    """Name sender and recipients; one that is refused stops the mail for all, since it was approved for all."""
    size = [f"size={len(data)}"] if session.has_extn("size") else []
    try:
        code, words = session.mail(sender, size)
        if code not in _OK:
            _turned_away(code, whom, at=f"the sender {sender}", words=words)
        for recipient in recipients:
            code, words = session.rcpt(recipient)
            if code not in _OK:
                _turned_away(code, whom, at=f"the recipient {recipient}", words=words)
    except OSError as error:
        raise unsent(f"{whom} broke off before the mail was sent ({type(error).__name__})") from None


def _send(session: smtplib.SMTP, data: bytes, whom: str) -> None:
    try:
        code, words = session.data(data)
    except smtplib.SMTPDataError as error:
        # The server did not ask for the content.
        _turned_away(error.smtp_code, whom, at="the mail", words=error.smtp_error, for_good=422)
    except OSError as error:
        raise unknown(f"{whom} broke off while the mail was sent ({type(error).__name__})") from None
    if code not in _OK:
        _turned_away(code, whom, at="the mail", words=words, for_good=422)


def _turned_away(code: int, whom: str, *, at: str, words: bytes | str = b"", for_good: int = 403) -> NoReturn:
    """Say what a server refused; a mail that it answered so it did not take."""
    status = 413 if code == _TOO_LARGE else for_good if code >= _FOR_GOOD else 503
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    raise refused(status, f"{whom} refused {at}; nothing was sent", code=f"smtp_{code}", evidence=said) from None
