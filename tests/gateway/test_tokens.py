"""The token store: what is kept, who counts, and what a damaged file does."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from signoff import tokens
from signoff.domain.errors import BadRequestError, SettingsError
from signoff.tokens import Role, TokenStore

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tokens.json"


@pytest.fixture
def store(file: Path) -> TokenStore:
    return TokenStore(file)


def test_a_token_is_found_by_its_secret_alone(store: TokenStore) -> None:
    made = store.create("newsroom", [Role.REQUESTER, Role.REVIEWER], NOW)
    found = store.find(made.secret, NOW)
    assert found == made.token
    assert (found.name, found.roles) == ("newsroom", (Role.REQUESTER, Role.REVIEWER))
    for wrong in ("", made.secret[:-1], made.secret.upper(), made.token.sha256, made.token.token_id):
        assert store.find(wrong, NOW) is None


def test_the_secret_is_256_random_bits_and_is_kept_nowhere(store: TokenStore, file: Path) -> None:
    secrets = {store.create("newsroom", [Role.REQUESTER], NOW).secret for _ in range(5)}
    assert len(secrets) == 5
    assert all(secret.startswith("signoff_") and len(secret) == len("signoff_") + 43 for secret in secrets)
    assert not any(secret.removeprefix("signoff_") in file.read_text() for secret in secrets)


def test_only_its_owner_can_read_the_file(store: TokenStore, file: Path) -> None:
    store.create("newsroom", [Role.REQUESTER], NOW)
    store.create("sports", [Role.REQUESTER], NOW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {path.name for path in file.parent.iterdir()} == {"tokens.json", "tokens.json.lock"}


def test_a_token_made_or_revoked_elsewhere_counts_at_once(store: TokenStore, file: Path) -> None:
    elsewhere = TokenStore(file)
    assert store.all() == ()
    made = elsewhere.create("newsroom", [Role.REQUESTER], NOW)
    assert store.find(made.secret, NOW) == made.token
    elsewhere.revoke(made.token.token_id)
    assert store.find(made.secret, NOW) is None


def test_deleting_the_file_lets_nobody_in(store: TokenStore, file: Path) -> None:
    made = store.create("newsroom", [Role.REQUESTER], NOW)
    file.unlink()
    assert store.find(made.secret, NOW) is None


def test_a_token_counts_until_its_time_is_over(store: TokenStore) -> None:
    secret = store.create("newsroom", [Role.REQUESTER], NOW, DAY).secret
    assert store.find(secret, NOW + DAY - timedelta(microseconds=1))
    assert store.find(secret, NOW + DAY) is None


@pytest.mark.parametrize(
    "given",
    [
        {"name": ""},
        {"name": "two\nlines"},
        {"roles": []},
        {"expires_in": timedelta(0)},
        {"expires_in": -DAY},
        {"expires_in": 4_000 * DAY},
    ],
)
def test_a_token_that_breaks_a_rule_is_not_made(store: TokenStore, given: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError):
        store.create(**{"name": "newsroom", "roles": [Role.REQUESTER], "now": NOW, **given})
    assert store.all() == ()


def test_there_are_only_so_many_tokens(store: TokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "TOKENS_LIMIT", 2)
    for name in ("newsroom", "sports"):
        store.create(name, [Role.REQUESTER], NOW)
    with pytest.raises(BadRequestError, match="revoke one first"):
        store.create("weather", [Role.REQUESTER], NOW)
    assert [token.name for token in store.all()] == ["newsroom", "sports"]


def test_an_unknown_token_is_not_revoked(store: TokenStore) -> None:
    with pytest.raises(BadRequestError, match="signoff token list"):
        store.revoke("nobody")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"tokens": [{}]}', b'{"version": 2}', b"\xff", b" " * 5_000_000]
)
def test_a_damaged_file_lets_nobody_in_and_is_never_overwritten(store: TokenStore, file: Path, content: bytes) -> None:
    made = store.create("newsroom", [Role.REQUESTER], NOW)
    file.write_bytes(content)
    for _ in range(2):
        with pytest.raises(SettingsError, match=r"tokens\.json"):
            store.find(made.secret, NOW)
    with pytest.raises(SettingsError):
        store.create("sports", [Role.REQUESTER], NOW)
    assert file.read_bytes() == content


def test_a_folder_in_place_of_the_file_is_a_setting_that_can_not_be_used(store: TokenStore, file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(SettingsError, match="SIGNOFF_TOKENS_FILE"):
        store.find("signoff_x", NOW)


def test_the_file_says_what_it_is(store: TokenStore, file: Path) -> None:
    store.create("newsroom", [Role.REQUESTER], NOW, DAY)
    content = json.loads(file.read_text())
    assert content["version"] == 1
    assert set(content["tokens"][0]) == {"token_id", "name", "roles", "sha256", "created_at", "expires_at"}
