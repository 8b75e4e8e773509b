"""Whether OpenAI takes a key, asked by a call that costs nothing."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import openai
from openai import AsyncOpenAI

from signoff.domain.errors import UnreachableError


@dataclass(frozen=True)
class Greeting:
    """How the server answered; `at` is what its clock said."""

    status: int
    message: str
    at: datetime | None


async def greet(client: AsyncOpenAI) -> Greeting:
    """List the models, which every key may ask for, and keep how that was answered.

    Raises:
        UnreachableError: Nobody answered.
    """
    try:
        answer = await client.models.with_raw_response.list()
    except openai.APIStatusError as error:
        return Greeting(error.status_code, error.message, read_date(error.response.headers.get("date", "")))
    except openai.APIConnectionError as error:
        raise UnreachableError(f"no answer from OpenAI ({error.__cause__ or error})") from error
    return Greeting(answer.status_code, "", read_date(answer.headers.get("date", "")))


def read_date(text: str) -> datetime | None:
    """Read the header `Date`; `None` where it is none."""
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
