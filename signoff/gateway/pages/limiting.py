"""Answering somebody who tries to sign in too often."""

from http import HTTPStatus

import structlog
from fastapi import Request

from signoff.domain.model import counted
from signoff.gateway.pages.messages import Message, MessageError
from signoff.gateway.pages.parts import parts_of

log: structlog.stdlib.BoundLogger = structlog.get_logger("signoff.gateway.signin")


def count_attempt(request: Request) -> None:
    """Count an attempt to sign in.

    Raises:
        MessageError: There were too many, from this address or from all.
    """
    host = request.client.host if request.client else None
    seconds = parts_of(request).attempts.seconds_to_wait(host)
    if seconds:
        log.warning("signin.too_often", address=host)
        waiting = counted(seconds, "second")
        message = Message(
            title="Too many attempts to sign in",
            text="Signing in is limited for each address and overall. Whoever is signed in stays so.",
            advice=f"Wait {waiting}, then sign in again.",
            link="/signin",
            link_text="To the sign-in",
        )
        raise MessageError(HTTPStatus.TOO_MANY_REQUESTS, message, {"Retry-After": str(seconds)})
