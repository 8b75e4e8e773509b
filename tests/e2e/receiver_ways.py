"""The ways in which a receiver fails, and what comes of each."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from signoff.domain.failures import FailureClass
from tests.adapters.wire import (
    Act,
    answering,
    dripping,
    hang_up_half_way,
    reset_after_reading,
    reset_unread,
    say_nothing,
)
from tests.e2e.receivers import HOST, PUBLIC, late, pouring, redirecting, saying, taking

C = FailureClass
TRIES = 3
"""How often a delivery is tried."""

HEALTHY = taking(answering(201, location="/results/1"))
_BOMB = zlib.compress(bytes(10_000_000), wbits=31)
METADATA_URL = "http://169.254.169.254/latest/meta-data/"


@dataclass(frozen=True)
class Case:
    """What the receiver does with one connection after the other, and what comes of it.

    Attributes:
        posts: How many POSTs arrive before the job ends or stops.
        effects: How often the receiver does what it is asked to.
        stops: The class in which the job stops for an operator; completed where there is none.
        name: The name that leads to the receiver, in place of its address.
        leads_to: The addresses that the name has at one look-up after the other.
        connects: How often a connection is made, if not once per POST.
        recovers: Whether it takes connections by itself once it has refused one.
    """

    acts: Sequence[Act]
    posts: int
    effects: int
    stops: FailureClass | None = None
    keeps_keys: bool = True
    name: str = HOST
    leads_to: Sequence[Sequence[str]] = ()
    connects: int | None = None
    recovers: bool = False


CASES = {
    # It can't be reached, or the connection breaks.
    "refuses connections": Case((), 0, 0, C.TRANSIENT, connects=TRIES),
    "refuses connections once": Case((), 1, 1, connects=2, recovers=True),
    "resets before it reads": Case((reset_unread,), 0, 0, C.OUTCOME_UNKNOWN, connects=TRIES),
    "resets after reading, undone": Case((reset_after_reading,), 3, 0, C.OUTCOME_UNKNOWN),
    "resets after reading, done": Case((taking(reset_after_reading),), 3, 1, C.OUTCOME_UNKNOWN),
    "resets after reading, once": Case((taking(reset_after_reading), HEALTHY), 2, 1),
    "hangs up in its answer": Case((taking(hang_up_half_way), HEALTHY), 2, 1),
    # It takes its time.
    "hangs": Case((taking(say_nothing),), 3, 1, C.OUTCOME_UNKNOWN),
    "answers late twice": Case((taking(late(1.5)), taking(late(1.5)), HEALTHY), 3, 1),
    "drips its head": Case((taking(dripping(b"HTTP/1.1 201 Created\r\n")),), 3, 1, C.OUTCOME_UNKNOWN),
    "drips its answer": Case((taking(dripping(b"HTTP/1.1 201 Created\r\n\r\n")), HEALTHY), 2, 1),
    # It forgets.
    "answers 200 and forgets": Case((answering(200),), 1, 0),
    "loses its answer and forgets the key": Case((taking(reset_after_reading), HEALTHY), 2, 2, keeps_keys=False),
    # Its answer is none, or too much of one.
    "says garbage": Case((taking(saying(b"SSH-2.0-OpenSSH_9.9\r\n")),), 3, 1, C.OUTCOME_UNKNOWN),
    "says nothing and hangs up": Case((taking(saying(b"")), HEALTHY), 2, 1),
    "has a head without end": Case((pouring(b"HTTP/1.1 200 OK\r\n", b"filler: x\r\n" * 99),), 3, 0, C.OUTCOME_UNKNOWN),
    "answers with a gigabyte": Case((taking(pouring(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536)),), 1, 1),
    "answers compressed, unasked": Case((taking(answering(200, _BOMB, content_encoding="gzip")),), 1, 1),
    "answers one request twice": Case(
        (taking(saying(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n" * 2)),), 1, 1
    ),
    # It sends people elsewhere.
    "redirects to where clouds keep credentials": Case((redirecting(307, METADATA_URL),), 1, 0, C.CONFIGURATION),
    "redirects into this machine": Case((redirecting(308),), 1, 0, C.CONFIGURATION),
    "redirects after it acted": Case((taking(redirecting(303)),), 1, 1, C.CONFIGURATION),
    "leads elsewhere the second time": Case(
        (answering(503),), 1, 0, C.CONFIGURATION, name="moves.test", leads_to=([PUBLIC], [HOST], [PUBLIC])
    ),
    "leads into this machine": Case(
        (HEALTHY,), 0, 0, C.CONFIGURATION, name="inside.test", leads_to=([HOST], [PUBLIC]), connects=0
    ),
    "leads inside beside a public address": Case(
        (HEALTHY,), 0, 0, C.CONFIGURATION, name="both.test", leads_to=([PUBLIC, HOST], [PUBLIC]), connects=0
    ),
    # It refuses.
    "400": Case((answering(400, b"no such field"),), 1, 0, C.MALFORMED_INPUT),
    "401": Case((answering(401),), 1, 0, C.CONFIGURATION),
    "403": Case((answering(403),), 1, 0, C.CONFIGURATION),
    "404": Case((answering(404),), 1, 0, C.CONFIGURATION),
    "413": Case((answering(413),), 1, 0, C.MALFORMED_INPUT),
    "418": Case((answering(418),), 1, 0, C.UNCLASSIFIED),
    "422": Case((answering(422),), 1, 0, C.MALFORMED_INPUT),
    "429, then takes it": Case((answering(429, retry_after="2"), HEALTHY), 2, 1),
    "429 until the week after": Case((answering(429, retry_after="600000"),), 1, 0, C.RATE_LIMITED),
    "429 for ever": Case((answering(429),), 3, 0, C.RATE_LIMITED),
    "500 after it acted": Case((taking(answering(500)), HEALTHY), 2, 1),
    "502 for ever": Case((answering(502),), 3, 0, C.OUTCOME_UNKNOWN),
    "503, then takes it": Case((answering(503), answering(503), HEALTHY), 3, 1),
    "503 for ever": Case((answering(503),), 3, 0, C.TRANSIENT),
}
