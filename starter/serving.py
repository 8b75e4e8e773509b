"""Running the local stack until someone stops it, and telling what is where."""

import asyncio
import contextlib
import os
import shlex
import signal
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from signoff.settings import Settings, load_settings
from signoff.tokens import Role, TokenStore
from starter.advice import typed
from starter.plan import Plan, Ports
from starter.screen import complain, say, say_json
from starter.stack import StackError, beside, running

T = TypeVar("T")
STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SHARED: Final = ("SIGNOFF_STATE_DIR", "SIGNOFF_ARCHIVE_URL", "SIGNOFF_POLICY_FILE")
LOCAL: Final = "local"
"""The name of the token of the local stack."""

EXAMPLE: Final = "examples/research-brief.json"


def serve(plan: Plan, *, as_json: bool) -> int:
    """Run the stack until SIGINT, SIGTERM or SIGHUP, and return the exit code: 0, or 1 when a part ended."""
    try:
        asyncio.run(until_signal(_serve(plan, as_json=as_json)))
    except StackError as error:
        complain(str(error))
        return 1
    _farewell(plan)
    return 0


async def until_signal(work: Coroutine[Any, Any, T]) -> T | None:
    """Do something until it is done or a signal stops it, which lets it clean up; `None` when stopped."""
    task = asyncio.ensure_future(work)
    stopped = asyncio.Event()

    def stop() -> None:
        if not stopped.is_set():
            stopped.set()
            task.cancel()

    for number in STOP_SIGNALS:
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup asks to ignore it
            asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        if stopped.is_set():
            return None
        raise


async def _serve(plan: Plan, *, as_json: bool) -> None:
    if not as_json:
        say("starting the local stack ...")
    async with running(plan) as stack:
        token = local_token(load_settings()) if plan.has_gateway else ""
        if as_json:
            say_json({**_facts(plan), "token": token})
        else:
            say(*_welcome(plan, token))
        sys.stdout.flush()
        await beside(stack, asyncio.Event().wait())


def _facts(plan: Plan) -> dict[str, str | None]:
    return {
        "temporal": plan.address,
        "namespace": plan.namespace,
        "temporal_ui": plan.ui_url or None,
        "gateway": plan.gateway_url or None,
        "provider": "simulator" if plan.has_simulator else "openai",
        "provider_url": plan.provider_url,
        "state_dir": str(plan.state_dir),
        "logs": str(plan.logs),
    }


def local_token(settings: Settings) -> str:
    """Make the token that goes with the stack, in place of the one of an earlier start; only its hash is kept."""
    store = TokenStore(settings.tokens)
    for token in store.all():
        if token.name == LOCAL:
            store.revoke(token.token_id)
    return store.create(LOCAL, list(Role), datetime.now(UTC)).secret


def _welcome(plan: Plan, token: str) -> list[str]:
    is_elsewhere = plan.has_temporal and plan.ports.temporal != Ports().temporal
    shared = {"TEMPORAL_ADDRESS": plan.address} if is_elsewhere else {}
    shared |= {name: os.environ[name] for name in _SHARED if name in os.environ}
    return [
        "Signoff is up",
        f"  Temporal     {plan.address}" + (f", Temporal UI at {plan.ui_url}" if plan.ui_url else ""),
        f"  provider     {provider(plan)}",
        *(["               to use OpenAI instead, start with OPENAI_API_KEY set"] if plan.has_simulator else []),
        *_about_gateway(plan, token),
        *_about_codec(plan),
        f"  worker       running; its warnings and errors are in {plan.logs / 'worker.log'}",
        f"  state        {plan.state_dir}: open jobs go on when the stack is started again",
        "next, type in another terminal, in this folder",
        *(f"  export {name}={shlex.quote(value)}" for name, value in shared.items()),
        *(["  # and SIGNOFF_ENCRYPTION_KEYS as it is here; it is not shown"] if plan.has_keys else []),
        f"  {typed('submit', EXAMPLE if Path(EXAMPLE).exists() else 'request.json')}",
        f"  {typed('list')}",
        "Ctrl-C stops everything",
    ]


def _about_gateway(plan: Plan, token: str) -> list[str]:
    if not plan.has_gateway:
        return []
    announced = "webhooks of the simulator arrive here" if plan.has_simulator else "see docs/polling-or-webhooks.md"
    return [
        f"  HTTP API     {plan.gateway_url}/v1/jobs; {announced}",
        f"  review pages {plan.gateway_url}/review; sign in with this token",
        f"  token        {token}",
        f"               name {LOCAL}, every role, until the next start; `{typed('token', 'create')}` makes others",
    ]


def _about_codec(plan: Plan) -> list[str]:
    if not plan.codec_url:
        return []
    return [
        f"  codec        {plan.codec_url}; to read payloads in Temporal UI, sign in at {plan.gateway_url}/signin, then",
        "               turn on cross-origin credentials in its codec settings (docs/encryption.md)",
    ]


def provider(plan: Plan) -> str:
    """Say who makes the responses, and whether that costs money."""
    if not plan.has_simulator:
        return f"OpenAI at {plan.provider_url}; every job costs money"
    ignored = " (OPENAI_BASE_URL is ignored without a key)" if os.environ.get("OPENAI_BASE_URL") else ""
    return f"the simulator at {plan.provider_url}, free of charge{ignored}"


def _farewell(plan: Plan) -> None:
    """Say goodbye, unless the terminal has gone."""
    with contextlib.suppress(OSError):
        complain(f"stopped; open jobs in {plan.state_dir} go on when the stack is started again")
