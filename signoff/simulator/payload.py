"""From the bytes of a request to a JSON object that can be sent back safely."""

import json
import math
from typing import Any

from starlette.requests import Request

from signoff.simulator.errors import ApiError, invalid

MAX_BODY_BYTES = 32 * 1024 * 1024


async def read_body(request: Request) -> bytes:
    """Return the body, or refuse it with 413 as soon as it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise ApiError(413, f"Request body is too large. The limit is {MAX_BODY_BYTES} bytes.")
    return bytes(body)


def parse_object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in these bytes, or refuse them with 400."""
    try:
        parsed = json.loads(raw.decode(), parse_float=_finite, parse_constant=_finite)
        if b"\\u" in raw:
            # Escapes can smuggle in half a surrogate pair, which no answer could carry in UTF-8.
            json.dumps(parsed, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise invalid("We could not parse the JSON body of your request.") from error
    if not isinstance(parsed, dict):
        raise invalid("The body of your request must be a JSON object.")
    return parsed


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
