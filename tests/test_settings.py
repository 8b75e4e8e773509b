"""The settings of a deployment."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from signoff.domain.errors import SettingsError
from signoff.settings import PREFIX, SECRETS, Settings, load_settings

DEFAULTS: dict[str, Any] = {
    "state_dir": Path(".signoff"),
    "archive_url": "",
    "delivery_dir": None,
    "delivery_hosts": (),
    "delivery_private_hosts": (),
    "delivery_stores": (),
    "delivery_activities": (),
    "delivery_secrets": (),
    "delivery_timeout_seconds": 30.0,
    "delivery_addresses": (),
    "delivery_recipients": (),
    "policy_file": None,
    "webhooks": False,
    "webhook_secrets": (),
    "gateway_host": "127.0.0.1",
    "gateway_port": 8_000,
    "tokens_file": None,
    "public_url": "",
    "session_secrets": (),
    "oidc_issuer": "",
    "oidc_client_id": "",
    "oidc_client_secret": SecretStr(""),
    "oidc_name_claim": "email",
    "oidc_roles_claim": "roles",
    "oidc_roles": (),
    "attestation_keys": (),
    "encryption_keys": (),
    "temporal_ui_url": "",
    "notify_urls": (),
    "notify_file": None,
    "metrics_address": "",
    "health_address": "",
    "tracing": False,
    "log_format": "auto",
    "log_level": "INFO",
    "activity_slots": 50,
    "look_slots": 20,
    "response_limit_bytes": 67_108_864,
    "cached_jobs": 1_000,
    "deployment_name": "",
    "build_id": "",
    "shutdown_seconds": 20.0,
}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def test_the_defaults_need_no_variable() -> None:
    assert load_settings({}).model_dump() == DEFAULTS


def test_each_setting_is_read_from_its_variable() -> None:
    given = {
        "STATE_DIR": "/var/signoff",
        "ARCHIVE_URL": "s3://bucket/prefix",
        "DELIVERY_DIR": "/srv/delivered",
        "DELIVERY_HOSTS": "example.org",
        "DELIVERY_PRIVATE_HOSTS": "erp.internal:8443",
        "DELIVERY_STORES": "s3://results/approved",
        "DELIVERY_ACTIVITIES": "payments/refund, cms/*",
        "DELIVERY_SECRETS": "erp=whsec_one, crm=two",
        "DELIVERY_TIMEOUT_SECONDS": "12.5",
        "DELIVERY_ADDRESSES": "mail=mailtos://a:b@example.org?x=1,2 desk=slack://a/b/c",
        "DELIVERY_RECIPIENTS": "ana@example.org, @example.com",
        "POLICY_FILE": "/etc/signoff/policy.toml",
        "WEBHOOKS": "true",
        "WEBHOOK_SECRETS": "whsec_one, whsec_two",
        "GATEWAY_HOST": "0.0.0.0",
        "GATEWAY_PORT": "80",
        "TOKENS_FILE": "/etc/signoff/tokens.json",
        "PUBLIC_URL": "https://signoff.example.org",
        "SESSION_SECRETS": "one, two",
        "OIDC_ISSUER": "https://id.example.org",
        "OIDC_CLIENT_ID": "signoff",
        "OIDC_CLIENT_SECRET": "three",
        "OIDC_NAME_CLAIM": "upn",
        "OIDC_ROLES_CLAIM": "groups",
        "OIDC_ROLES": "editors=reviewer, ops=operator",
        "ATTESTATION_KEYS": "four",
        "ENCRYPTION_KEYS": "b=two, a=one",
        "TEMPORAL_UI_URL": "https://temporal.example.org",
        "NOTIFY_URLS": "json://one  mailto://two?to=a,b",
        "NOTIFY_FILE": "/etc/signoff/notify.yml",
        "METRICS_ADDRESS": "127.0.0.1:9464",
        "HEALTH_ADDRESS": "127.0.0.1:8081",
        "TRACING": "true",
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "WARNING",
        "ACTIVITY_SLOTS": "7",
        "LOOK_SLOTS": "8",
        "RESPONSE_LIMIT_BYTES": "2000000",
        "CACHED_JOBS": "9",
        "DEPLOYMENT_NAME": "signoff",
        "BUILD_ID": "2026.11",
        "SHUTDOWN_SECONDS": "1.5",
    }
    settings = load_settings({PREFIX + name: value for name, value in given.items()})
    assert settings.model_dump() == {
        "state_dir": Path("/var/signoff"),
        "archive_url": "s3://bucket/prefix",
        "delivery_dir": Path("/srv/delivered"),
        "delivery_hosts": ("example.org",),
        "delivery_private_hosts": ("erp.internal:8443",),
        "delivery_stores": ("s3://results/approved",),
        "delivery_activities": ("payments/refund", "cms/*"),
        "delivery_secrets": (SecretStr("erp=whsec_one"), SecretStr("crm=two")),
        "delivery_timeout_seconds": 12.5,
        "delivery_addresses": (SecretStr("mail=mailtos://a:b@example.org?x=1,2"), SecretStr("desk=slack://a/b/c")),
        "delivery_recipients": ("ana@example.org", "@example.com"),
        "policy_file": Path("/etc/signoff/policy.toml"),
        "webhooks": True,
        "webhook_secrets": (SecretStr("whsec_one"), SecretStr("whsec_two")),
        "gateway_host": "0.0.0.0",
        "gateway_port": 80,
        "tokens_file": Path("/etc/signoff/tokens.json"),
        "public_url": "https://signoff.example.org",
        "session_secrets": (SecretStr("one"), SecretStr("two")),
        "oidc_issuer": "https://id.example.org",
        "oidc_client_id": "signoff",
        "oidc_client_secret": SecretStr("three"),
        "oidc_name_claim": "upn",
        "oidc_roles_claim": "groups",
        "oidc_roles": ("editors=reviewer", "ops=operator"),
        "attestation_keys": (SecretStr("four"),),
        "encryption_keys": (SecretStr("b=two"), SecretStr("a=one")),
        "temporal_ui_url": "https://temporal.example.org",
        "notify_urls": (SecretStr("json://one"), SecretStr("mailto://two?to=a,b")),
        "notify_file": Path("/etc/signoff/notify.yml"),
        "metrics_address": "127.0.0.1:9464",
        "health_address": "127.0.0.1:8081",
        "tracing": True,
        "log_format": "json",
        "log_level": "WARNING",
        "activity_slots": 7,
        "look_slots": 8,
        "response_limit_bytes": 2_000_000,
        "cached_jobs": 9,
        "deployment_name": "signoff",
        "build_id": "2026.11",
        "shutdown_seconds": 1.5,
    }


def test_without_a_mapping_the_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNOFF_LOOK_SLOTS", "3")
    assert load_settings().look_slots == 3


def test_a_given_mapping_is_all_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNOFF_LOOK_SLOTS", "3")
    assert load_settings({}).look_slots == 20
    assert Settings().look_slots == 20


def test_names_of_variables_may_be_written_in_any_case() -> None:
    assert load_settings({"signoff_look_slots": "3"}).look_slots == 3


@pytest.mark.parametrize("name", ["STATE_DIR", "DELIVERY_DIR", "LOOK_SLOTS", "DELIVERY_HOSTS", "LOG_LEVEL"])
def test_an_empty_variable_counts_as_unset(name: str) -> None:
    """Compose files pass on `${NAME:-}`, and an empty folder would be the working directory."""
    assert load_settings({PREFIX + name: ""}).model_dump() == DEFAULTS


@pytest.mark.parametrize("name", ["PATH", "TEMPORAL_ADDRESS", "OPENAI_API_KEY", "MY_SIGNOFF_THING"])
def test_other_variables_are_nobodys_business(name: str) -> None:
    assert load_settings({name: "x"}).model_dump() == DEFAULTS


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("SIGNOFF_LOOKSLOTS", "SIGNOFF_LOOK_SLOTS"),
        ("SIGNOFF_ARCHIVE", "SIGNOFF_ARCHIVE_URL"),
        ("SIGNOFF_DELIVERY_HOST", "SIGNOFF_DELIVERY_HOSTS"),
        ("signoff_log_levl", "SIGNOFF_LOG_LEVEL"),
        ("SIGNOFF_ENCRYPTION_KEY_FILE", "SIGNOFF_ENCRYPTION_KEYS_FILE"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest_known_one(name: str, nearest: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name} is not a setting; did you mean {nearest}\?$"):
        load_settings({name: "x"})


def test_any_unknown_variable_gets_some_suggestion() -> None:
    with pytest.raises(SettingsError, match="did you mean SIGNOFF_"):
        load_settings({"SIGNOFF_ZZZZZZ": "x"})


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [
        ("ACTIVITY_SLOTS", 1, 10_000),
        ("LOOK_SLOTS", 1, 10_000),
        ("CACHED_JOBS", 0, 100_000),
        ("SHUTDOWN_SECONDS", 0, 3_600),
        ("DELIVERY_TIMEOUT_SECONDS", 1, 75),
    ],
)
def test_a_number_is_taken_up_to_its_bounds_and_refused_beyond_them(name: str, lowest: int, highest: int) -> None:
    for value in (lowest, highest):
        assert getattr(load_settings({PREFIX + name: str(value)}), name.lower()) == value
    for value in (lowest - 1, highest + 1):
        with pytest.raises(SettingsError, match=rf"^{PREFIX}{name}: Input should be (greater|less) than or equal to"):
            load_settings({PREFIX + name: str(value)})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ACTIVITY_SLOTS", "many"),
        ("ACTIVITY_SLOTS", "1.5"),
        ("SHUTDOWN_SECONDS", "nan"),
        ("DELIVERY_TIMEOUT_SECONDS", "nan"),
        ("SHUTDOWN_SECONDS", "inf"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_value_that_means_nothing_is_refused_under_the_name_of_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{PREFIX}{name}: "):
        load_settings({PREFIX + name: value})


def test_every_wrong_value_is_told_at_once() -> None:
    with pytest.raises(SettingsError, match=r"SIGNOFF_LOG_FORMAT: .*; SIGNOFF_LOOK_SLOTS: "):
        load_settings({"SIGNOFF_LOOK_SLOTS": "0", "SIGNOFF_LOG_FORMAT": "xml"})


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("a.example", ("a.example",)),
        ("a.example,b.example:8080", ("a.example", "b.example:8080")),
        (" a.example , ,b.example, ", ("a.example", "b.example")),
        (" , ", ()),
    ],
)
def test_hosts_are_separated_by_commas(text: str, hosts: tuple[str, ...]) -> None:
    assert load_settings({"SIGNOFF_DELIVERY_HOSTS": text}).delivery_hosts == hosts


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().look_slots = 3  # type: ignore[misc]


def test_archive_and_deliveries_lie_below_the_state_directory_unless_they_are_set() -> None:
    below = load_settings({"SIGNOFF_STATE_DIR": "/var/signoff"})
    assert (below.archive, below.delivered) == ("file:/var/signoff/archive", Path("/var/signoff/delivered"))
    apart = load_settings({"SIGNOFF_ARCHIVE_URL": "memory:", "SIGNOFF_DELIVERY_DIR": "/srv"})
    assert (apart.archive, apart.delivered) == ("memory:", Path("/srv"))


def test_secrets_and_nothing_else_may_lie_in_files() -> None:
    endings = ("_keys", "notify_urls", "delivery_addresses")
    secret = {name for name in DEFAULTS if "secret" in name or name.endswith(endings)}
    assert {PREFIX + name.upper() for name in secret} == SECRETS
