"""The gateway: whether it answers where the settings say, and thinks the same of webhooks."""

from http import HTTPStatus
from typing import Any, Final

import httpx2

from signoff.settings import Settings
from starter.checks.check import Check, ok, problem, warning

_NAME: Final = "gateway"
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  nothing is bound to it
_TIMEOUT_SECONDS: Final = 5.0


async def gateway(settings: Settings) -> Check:
    """Ask the gateway for its health."""
    url = health_url(settings)
    try:
        async with httpx2.AsyncClient(trust_env=False, timeout=_TIMEOUT_SECONDS) as http:
            answer = await http.get(url)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        told = f"nothing answers at {url} ({type(error).__name__})"
        if settings.webhooks:
            return warning(_NAME, told, "start it (`python -m signoff.gateway`), or run the doctor where it runs")
        return ok(_NAME, f"{told}; polling needs none")
    if answer.status_code != HTTPStatus.OK:
        return problem(_NAME, f"{url} answers {answer.status_code}", "see the gateway's log")
    return _judged(_told_by(answer), settings, url)


def health_url(settings: Settings) -> str:
    """Say where the gateway is asked; one that listens everywhere is asked on this computer."""
    host = _EVERYWHERE.get(settings.gateway_host, settings.gateway_host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.gateway_port}/health"


def _told_by(answer: httpx2.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _judged(told: dict[str, Any], settings: Settings, url: str) -> Check:
    if told.get("status") != "ok":
        advice = "choose another SIGNOFF_GATEWAY_PORT, or see the gateway's log"
        return problem(_NAME, f"what answers at {url} does not say that it is well", advice)
    if settings.webhooks and not told.get("webhooks"):
        advice = "start it with SIGNOFF_WEBHOOK_SECRETS; jobs rely on webhooks here"
        return warning(_NAME, f"{url} is well, and takes no webhooks", advice)
    return ok(_NAME, f"{url} is well, and takes {'' if told.get('webhooks') else 'no '}webhooks")
