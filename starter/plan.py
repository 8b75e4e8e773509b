"""What the local stack is made of here: which parts are started, how, and which are there already."""

import importlib.util
import os
import sys
import sysconfig
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes
from typing import Final

from temporalio.envconfig import ClientConfig

from signoff.domain import names
from signoff.domain.errors import SettingsError
from signoff.domain.webhooks import PATH
from signoff.settings import Settings
from starter.sockets import HOST

OPENAI_URL: Final = "https://api.openai.com/v1"
_ROOT: Final = Path(__file__).resolve().parent.parent
_SCRIPTS: Final = Path(sysconfig.get_path("scripts"))


@dataclass(frozen=True)
class Ports:
    """Where the parts of the stack listen. Without a port for it, there is no gateway, and jobs poll."""

    temporal: int = 7233
    ui: int = 8233
    simulator: int = 8088
    gateway: int | None = None


@dataclass(frozen=True)
class Plan:
    """The parts of one stack.

    Attributes:
        named_server: The Temporal server that the environment names; empty where one is to be started.
        openai_url: Where OpenAI is reached; empty where the simulator plays it.
        webhook_secret: What the simulator signs its webhooks with; each start has a new one.
        patience: How long a stopping worker may take.
        has_keys: Whether histories are encrypted, so that Temporal UI needs the gateway to show them.
    """

    state_dir: Path
    ports: Ports
    named_server: str
    namespace: str
    openai_url: str
    patience: timedelta
    has_keys: bool = False
    webhook_secret: str = field(default_factory=lambda: f"whsec_{b64encode(token_bytes(32)).decode()}", repr=False)

    @property
    def has_temporal(self) -> bool:
        """Whether a Temporal server is part of the stack."""
        return not self.named_server

    @property
    def has_simulator(self) -> bool:
        """Whether the simulator is part of the stack."""
        return not self.openai_url

    @property
    def has_gateway(self) -> bool:
        """Whether the gateway is part of the stack."""
        return self.ports.gateway is not None

    @property
    def gateway_url(self) -> str:
        """Where the HTTP API is; empty without a gateway."""
        return f"http://{HOST}:{self.ports.gateway}" if self.has_gateway else ""

    @property
    def address(self) -> str:
        """Where Temporal is reached."""
        return self.named_server or f"{HOST}:{self.ports.temporal}"

    @property
    def ui_url(self) -> str:
        """Where Temporal UI is, if the stack has one; empty for a server that was there already."""
        return f"http://{HOST}:{self.ports.ui}" if self.has_temporal else ""

    @property
    def codec_url(self) -> str:
        """Where Temporal UI has payloads decrypted; empty where nothing is encrypted, or nobody can."""
        return f"{self.gateway_url}/codec" if self.has_keys and self.has_gateway and self.has_temporal else ""

    @property
    def provider_url(self) -> str:
        """Where responses are made."""
        return self.openai_url or f"http://{HOST}:{self.ports.simulator}/v1"

    @property
    def logs(self) -> Path:
        """Where the parts write their logs, one file each, begun anew at each start."""
        return self.state_dir / "logs"

    @property
    def ports_needed(self) -> dict[str, int]:
        """The ports that must be free, by the option that chooses each."""
        temporal = {"--port": self.ports.temporal, "--ui-port": self.ports.ui} if self.has_temporal else {}
        simulator = {"--simulator-port": self.ports.simulator} if self.has_simulator else {}
        return temporal | simulator | ({"--gateway-port": self.ports.gateway} if self.ports.gateway else {})

    @property
    def temporal_command(self) -> list[str]:
        """The dev server, on a file that a later one goes on with."""
        server = [str(_SCRIPTS / "temporal"), "server", "start-dev", "--log-level", "warn", "--ui-disable-news-fetch"]
        where = ["--ip", HOST, "--port", str(self.ports.temporal), "--ui-port", str(self.ports.ui)]
        kept = ["--db-filename", str(self.state_dir / "temporal.db")]
        # Twice as fast as the defaults; a crash of the machine may lose the last moments, a crash of a process nothing.
        pragmas = ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"]
        # What was stuck on a worker's mistake goes on soon after that is mended, and not up to ten minutes later.
        patience = ["--dynamic-config-value", 'history.workflowTaskRetryMaxInterval="10s"']
        wanted = (f"{name}={kind}" for name, kind in names.SEARCH_ATTRIBUTES.items())
        attributes = [part for each in wanted for part in ("--search-attribute", each)]
        decoding = ["--ui-codec-endpoint", self.codec_url] if self.codec_url else []
        return [*server, *where, *kept, *pragmas, *patience, "--namespace", self.namespace, *attributes, *decoding]

    @property
    def simulator_command(self) -> list[str]:
        """The offline OpenAI, which sends its webhooks to the gateway."""
        simulator = [*_PYTHON, "signoff.simulator", "--host", HOST, "--port", str(self.ports.simulator)]
        if not self.has_gateway:
            return simulator
        return [*simulator, "--webhook-url", f"{self.gateway_url}{PATH}", "--webhook-secret", self.webhook_secret]

    @property
    def worker_command(self) -> list[str]:
        """The worker, as it runs in production."""
        return [*_PYTHON, "worker"]

    @property
    def gateway_command(self) -> list[str]:
        """The gateway, as it runs in production."""
        return [*_PYTHON, "signoff.gateway"]

    @property
    def links(self) -> dict[str, str]:
        """Say where the links lead that the worker writes. The gateway is not told: here it goes by several names."""
        return {"SIGNOFF_PUBLIC_URL": self.gateway_url} if self.has_gateway else {}

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """Complete an environment for the children."""
        environ = dict(given)
        if str(_ROOT) not in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
            # A checkout runs its own code, not a copy that was installed; no folder of the user's can shadow either.
            environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), given.get("PYTHONPATH")]))
        if self.has_temporal:
            environ["TEMPORAL_ADDRESS"] = self.address
        if self.has_simulator:
            spared = {name: ",".join(filter(None, [given.get(name), HOST])) for name in ("NO_PROXY", "no_proxy")}
            environ |= {"OPENAI_BASE_URL": self.provider_url, "OPENAI_API_KEY": "simulator", **spared}
        if self.has_gateway:
            environ |= {"SIGNOFF_GATEWAY_HOST": HOST, "SIGNOFF_GATEWAY_PORT": str(self.ports.gateway)}
        if self.codec_url:
            environ.setdefault("SIGNOFF_TEMPORAL_UI_URL", self.ui_url)
        if self.has_gateway and self.has_simulator:
            environ |= {"SIGNOFF_WEBHOOKS": "true", "SIGNOFF_WEBHOOK_SECRETS": self.webhook_secret}
        return environ

    def check_installed(self) -> None:
        """Make sure that the parts are there.

        Raises:
            SettingsError: Says what is missing and how to get it.
        """
        missing = [] if not self.has_temporal or (_SCRIPTS / "temporal").exists() else ["the Temporal dev server"]
        if self.has_simulator and not (importlib.util.find_spec("uvicorn") and importlib.util.find_spec("starlette")):
            missing.append("the simulator")
        if self.has_gateway and not (importlib.util.find_spec("uvicorn") and importlib.util.find_spec("fastapi")):
            missing.append("the gateway")
        if missing:
            raise SettingsError(
                f"{' and '.join(missing)} can't be found; install them with: pip install 'signoff[local]'"
            )


def make_plan(settings: Settings, ports: Ports) -> Plan:
    """Decide from the environment what must be started and what is there already.

    Raises:
        SettingsError: Temporal's own settings can't be read.
    """
    try:
        named = ClientConfig.load_client_connect_config()
    except (RuntimeError, OSError) as error:  # OSError: a certificate that is not there
        raise SettingsError(f"Temporal's own settings (TEMPORAL_*, its profiles) can't be read: {error}") from error
    has_key = bool(os.environ.get("OPENAI_API_KEY"))
    return Plan(
        state_dir=settings.state_dir,
        ports=ports,
        named_server=named.get("target_host") or "",
        namespace=named.get("namespace") or "default",
        openai_url=(os.environ.get("OPENAI_BASE_URL") or OPENAI_URL) if has_key else "",
        patience=timedelta(seconds=settings.shutdown_seconds + 5),
        has_keys=bool(settings.encryption_keys),
    )


_PYTHON: Final = [sys.executable, "-P", "-m"]
