"""Secrets that lie in files instead of variables."""

import subprocess
import sys
from pathlib import Path

import pytest

from signoff.domain.errors import SettingsError
from signoff.secret_files import LIMIT_BYTES, OTHERS, take_secret_files
from signoff.settings import SECRETS, load_settings
from tests.starter.processes import ROOT, environment


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a-secret"


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_each_secret_is_read_from_the_file_that_its_variable_names(file: Path, name: str) -> None:
    file.write_text("one\n")
    given = getattr(load_settings({f"{name}_FILE": str(file)}), name.removeprefix("SIGNOFF_").lower())
    first = given[0] if isinstance(given, tuple) else given
    assert first.get_secret_value() == "one"


@pytest.mark.parametrize(
    ("content", "secrets"),
    [
        (b"one, two", ["one", "two"]),
        (b"one,two\n", ["one", "two"]),
        (b"one\r\n", ["one"]),
    ],
)
def test_a_file_says_what_its_variable_would(file: Path, content: bytes, secrets: list[str]) -> None:
    file.write_bytes(content)
    given = load_settings({"SIGNOFF_SESSION_SECRETS_FILE": str(file)}).session_secrets
    assert [secret.get_secret_value() for secret in given] == secrets


def test_only_the_newline_at_the_end_is_taken_off(file: Path) -> None:
    file.write_text(" one \n\n")
    given = load_settings({"SIGNOFF_OIDC_CLIENT_SECRET_FILE": str(file)}).oidc_client_secret
    assert given.get_secret_value() == " one \n"


def test_names_of_files_may_be_in_variables_of_any_case(file: Path) -> None:
    file.write_text("one")
    assert load_settings({"signoff_attestation_keys_file": str(file)}).attestation_keys[0].get_secret_value() == "one"


def test_an_empty_name_of_a_file_counts_as_unset() -> None:
    assert load_settings({"SIGNOFF_ENCRYPTION_KEYS_FILE": ""}).encryption_keys == ()


def test_an_empty_variable_beside_a_file_counts_as_unset(file: Path) -> None:
    file.write_text("one")
    given = {"SIGNOFF_ATTESTATION_KEYS": "", "SIGNOFF_ATTESTATION_KEYS_FILE": str(file)}
    assert load_settings(given).attestation_keys[0].get_secret_value() == "one"


def test_a_variable_and_its_file_are_not_both_taken(file: Path) -> None:
    file.write_text("one")
    given = {"SIGNOFF_ENCRYPTION_KEYS": "a=b", "SIGNOFF_ENCRYPTION_KEYS_FILE": str(file)}
    with pytest.raises(SettingsError, match=r"^SIGNOFF_ENCRYPTION_KEYS and SIGNOFF_ENCRYPTION_KEYS_FILE are both set"):
        load_settings(given)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff\xfe", "it is no text"),
        (b"a\0b", "it is no text"),
        (b"s" * (LIMIT_BYTES + 1), "which is no secret"),
    ],
)
def test_a_file_that_holds_no_secret_stops_the_start(file: Path, content: bytes, told: str) -> None:
    """Without keys nothing would be encrypted, and nobody would notice."""
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=f"^SIGNOFF_ENCRYPTION_KEYS_FILE: .*{told}") as refused:
        load_settings({"SIGNOFF_ENCRYPTION_KEYS_FILE": str(file)})
    assert "sss" not in str(refused.value)


@pytest.mark.parametrize(("path", "why"), [("missing", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_named_with_its_variable(tmp_path: Path, path: str, why: str) -> None:
    with pytest.raises(SettingsError, match=f"^SIGNOFF_ENCRYPTION_KEYS_FILE: .* can't be read: {why}"):
        load_settings({"SIGNOFF_ENCRYPTION_KEYS_FILE": str(tmp_path / path)})


def test_a_setting_that_is_no_secret_has_no_file(file: Path) -> None:
    with pytest.raises(SettingsError, match="SIGNOFF_PUBLIC_URL_FILE is not a setting; did you mean"):
        load_settings({"SIGNOFF_PUBLIC_URL_FILE": str(file)})


@pytest.mark.parametrize("name", OTHERS)
def test_secrets_of_libraries_are_set_from_files_for_them(file: Path, name: str) -> None:
    file.write_text("a-secret\n")
    environ = {f"{name}_FILE": str(file), "AWS_WEB_IDENTITY_TOKEN_FILE": "/a/token", "PATH": "/bin"}
    take_secret_files(environ)
    assert environ == {name: "a-secret", "AWS_WEB_IDENTITY_TOKEN_FILE": "/a/token", "PATH": "/bin"}


def test_a_secret_of_a_library_is_not_taken_from_both(file: Path) -> None:
    file.write_text("a-secret")
    with pytest.raises(SettingsError, match="OPENAI_API_KEY and OPENAI_API_KEY_FILE are both set"):
        take_secret_files({"OPENAI_API_KEY": "another", "OPENAI_API_KEY_FILE": str(file)})


@pytest.mark.parametrize(
    "command",
    [("-m", "worker"), ("-m", "signoff.gateway"), ("-c", "from starter.cli import main; main()", "policy")],
)
def test_every_process_says_which_file_it_misses(tmp_path: Path, command: tuple[str, ...]) -> None:
    environ = environment(tmp_path, OPENAI_API_KEY_FILE=str(tmp_path / "missing"))
    ended = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert "OPENAI_API_KEY_FILE" in ended.stderr
    assert "Traceback" not in ended.stderr
