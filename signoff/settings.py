"""The settings of a deployment, read from `SIGNOFF_*` variables in composition roots and nowhere else.

How to reach Temporal is said in Temporal's own variables and profiles (`TEMPORAL_ADDRESS`, ...), how to reach
OpenAI in those of its client (`OPENAI_API_KEY`, `OPENAI_BASE_URL`).
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from signoff.domain.errors import SettingsError
from signoff.secret_files import SUFFIX, with_secret_files

PREFIX: Final = "SIGNOFF_"


class Settings(BaseSettings):
    """Everything that a deployment can set.

    Attributes:
        state_dir: Where the local stack keeps Temporal's file, and the archive and deliveries by default.
        archive_url: Where results and records are kept: `file:<folder>`, `memory:`, or an obstore URL.
        delivery_dir: The folder below which the `file` channel writes.
        delivery_hosts: The hosts (`host` or `host:port`, separated by commas) that the `http` channel may reach.
        delivery_private_hosts: Those of them whose addresses need not be public ones.
        delivery_stores: The URLs below which the `object` channel may write, separated by commas.
        delivery_activities: What the `activity` channel may call, as `QUEUE/NAME` or `QUEUE/*`, separated by commas.
        delivery_secrets: The secrets that deliveries name, as `NAME=VALUE`, separated by commas.
        delivery_timeout_seconds: How long one delivery by HTTP may take in all before it is given up and repeated.
        delivery_addresses: What mail and chat deliveries go out through, as `NAME=URL` with a URL of the apprise
            library, separated by spaces.
        delivery_recipients: Whom the `email` channel may send to, as addresses or `@domain`, separated by commas.
        policy_file: A TOML file with rules about failures, waiting and spending, in place of the defaults.
        webhooks: Whether OpenAI's webhooks reach a gateway here; jobs with `wait: auto` then rely on them.
        webhook_secrets: The signing secrets that the gateway takes, separated by commas; two during a rotation.
        gateway_host: Where the gateway listens.
        gateway_port: The same.
        tokens_file: Where the hashes of the gateway's bearer tokens are kept.
        public_url: Where people reach the gateway, as in `https://signoff.example.com`; links in notices begin so.
        session_secrets: What the gateway signs its cookies with, separated by commas; the first one signs.
        oidc_issuer: The OpenID Connect provider that people sign in with; without it, only tokens sign in.
        oidc_client_id: The gateway's name there.
        oidc_client_secret: Its secret there.
        oidc_name_claim: The claim that says who somebody is.
        oidc_roles_claim: The claim that lists what somebody may do.
        oidc_roles: What its values mean here, as `value=role`, separated by commas.
        attestation_keys: What the gateway attests decisions with, and workers verify them by, separated by commas.
        encryption_keys: What histories and archive are encrypted with, as `ID=KEY`, separated by commas; the first one
            encrypts, all of them decrypt. Without any, nothing is encrypted.
        temporal_ui_url: Where Temporal UI is, whose operators may have payloads decrypted by the gateway.
        notify_urls: Who is told of everything, as URLs of the apprise library, separated by spaces.
        notify_file: An apprise configuration, whose tags are people and groups.
        metrics_address: Where a worker shows its counters in Prometheus' text form, as `IP:PORT`; empty: nowhere.
        health_address: Where a worker says whether it lives and is ready, as `IP:PORT`; empty: nowhere.
        tracing: Whether worker and gateway send traces to where OpenTelemetry's own variables say.
        log_format: `json`, `console`, or `auto`: console on a terminal.
        log_level: The least level that is logged.
        activity_slots: How many creates, cancels and deliveries one worker runs at once.
        look_slots: How many looks one worker runs at once; they have their own slots.
        response_limit_bytes: How large a response body may be; a larger one needs attention, and is not read.
        cached_jobs: How many jobs one worker keeps in memory; others are replayed when they move.
        deployment_name: The Worker Deployment that workers belong to; empty: they are unversioned.
        build_id: Which version of it this code is.
        shutdown_seconds: How long a stopping worker lets running activities finish.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    state_dir: Path = Path(".signoff")
    archive_url: str = ""
    delivery_dir: Path | None = None
    delivery_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    delivery_private_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    delivery_stores: Annotated[tuple[str, ...], NoDecode] = ()
    delivery_activities: Annotated[tuple[str, ...], NoDecode] = ()
    delivery_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    delivery_timeout_seconds: float = Field(default=30.0, ge=1, le=75)  # the activity around it may take 90
    delivery_addresses: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    delivery_recipients: Annotated[tuple[str, ...], NoDecode] = ()
    policy_file: Path | None = None
    webhooks: bool = False
    webhook_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    gateway_host: str = "127.0.0.1"
    gateway_port: int = Field(default=8000, ge=0, le=65_535)
    tokens_file: Path | None = None
    public_url: str = ""
    session_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name_claim: str = "email"
    oidc_roles_claim: str = "roles"
    oidc_roles: Annotated[tuple[str, ...], NoDecode] = ()
    attestation_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    temporal_ui_url: str = ""
    notify_urls: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    notify_file: Path | None = None
    metrics_address: str = ""
    health_address: str = ""
    tracing: bool = False
    log_format: Literal["auto", "json", "console"] = "auto"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    activity_slots: int = Field(default=50, ge=1, le=10_000)
    look_slots: int = Field(default=20, ge=1, le=10_000)
    response_limit_bytes: int = Field(default=67_108_864, ge=1_048_576, le=1_073_741_824)
    cached_jobs: int = Field(default=1_000, ge=0, le=100_000)
    deployment_name: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,64}$")
    build_id: str = Field(default="", pattern=r"^[A-Za-z0-9_.-]{0,128}$")
    shutdown_seconds: float = Field(default=20.0, ge=0, le=3_600)

    @field_validator(
        "delivery_hosts",
        "delivery_private_hosts",
        "delivery_stores",
        "delivery_activities",
        "delivery_secrets",
        "delivery_recipients",
        "webhook_secrets",
        "session_secrets",
        "oidc_roles",
        "attestation_keys",
        "encryption_keys",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("notify_urls", "delivery_addresses", mode="before")
    @classmethod
    def _split_at_spaces(cls, value: object) -> object:
        return value.split() if isinstance(value, str) else value  # a URL may hold commas

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        *_others: PydanticBaseSettingsSource,
        **_more: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is given and nothing else: `load_settings` alone reads an environment."""
        return (init_settings,)

    @property
    def archive(self) -> str:
        """The archive's URL: a folder of the state directory unless another one is set."""
        return self.archive_url or f"file:{self.state_dir / 'archive'}"

    @property
    def delivered(self) -> Path:
        """The folder of the `file` channel."""
        return self.delivery_dir or self.state_dir / "delivered"

    @property
    def has_notices(self) -> bool:
        """Whether there is anybody to tell what has to be done."""
        return bool(self.notify_urls) or self.notify_file is not None

    @property
    def tokens(self) -> Path:
        """The file of the gateway's tokens."""
        return self.tokens_file or self.state_dir / "tokens.json"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from an environment, by default the one of this process. An empty variable counts as unset.

    A secret may lie in a file, which a variable with `_FILE` at its end names.

    Raises:
        SettingsError: A variable is unknown (the nearest known one is named), its value is out of bounds, or the file
            of a secret can't be read.
    """
    known = {PREFIX + name.upper(): name for name in Settings.model_fields}
    ours = {name: value for name, value in (os.environ if environ is None else environ).items() if _is_ours(name)}
    given: dict[str, str] = {}
    for name, value in with_secret_files({name.upper(): value for name, value in ours.items()}, SECRETS).items():
        if name not in known:
            written = next(one for one in ours if one.upper() == name)
            close = difflib.get_close_matches(name, [*known, *(secret + SUFFIX for secret in SECRETS)], n=1, cutoff=0.0)
            raise SettingsError(f"{written} is not a setting; did you mean {close[0]}?")
        if value:
            given[known[name]] = value
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        told = "; ".join(f"{PREFIX}{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise SettingsError(told) from None


def _is_ours(variable: str) -> bool:
    return variable.upper().startswith(PREFIX)


SECRETS: Final = frozenset(
    PREFIX + name.upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)
)
"""The variables whose values may lie in files."""
