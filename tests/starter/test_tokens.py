"""`signoff token`: making, listing and revoking the tokens of the gateway's callers."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signoff.tokens import Role, TokenStore
from tests.starter.conftest import Signoff


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TokenStore:
    monkeypatch.setenv("SIGNOFF_TOKENS_FILE", str(tmp_path / "tokens.json"))
    return TokenStore(tmp_path / "tokens.json")


def test_a_new_token_is_printed_alone_on_the_first_line(signoff: Signoff, store: TokenStore) -> None:
    shown = signoff("token", "create", "--name", "newsroom", "--role", "requester", "--role", "reviewer").stdout
    found = store.find(shown.splitlines()[0], datetime.now(UTC))
    assert found
    assert (found.name, found.roles, found.expires_at) == ("newsroom", (Role.REQUESTER, Role.REVIEWER), None)


def test_a_new_token_as_json(signoff: Signoff, store: TokenStore) -> None:
    made = signoff("token", "create", "--name", "ops", "--role", "operator", "--expires-in", "P90D", "--json")
    document = json.loads(made.stdout)
    [kept] = store.all()
    assert store.find(document["secret"], datetime.now(UTC)) == kept
    assert (document["token_id"], document["roles"]) == (kept.token_id, ["operator"])
    assert kept.expires_at
    assert kept.expires_at - kept.created_at == timedelta(days=90)


def test_a_list_shows_who_may_what_and_no_secret(signoff: Signoff, store: TokenStore) -> None:
    made = store.create("newsroom", [Role.REQUESTER], datetime.now(UTC) - timedelta(days=2), timedelta(days=1))
    for told in (signoff("token", "list").stdout, signoff("token", "list", "--json").stdout):
        assert made.token.token_id in told
        assert made.secret not in told
        assert made.token.sha256 not in told
    assert "no more (expired)" in signoff("token", "list").stdout


def test_without_tokens_the_list_says_how_to_make_one(signoff: Signoff, store: TokenStore) -> None:
    assert store.all() == ()
    assert "signoff token create" in signoff("token", "list").stdout


def test_a_revoked_token_counts_no_more(signoff: Signoff, store: TokenStore) -> None:
    made = store.create("newsroom", [Role.REQUESTER], datetime.now(UTC))
    assert "counts no more" in signoff("token", "revoke", made.token.token_id).stdout
    assert store.find(made.secret, datetime.now(UTC)) is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("create", "--name", "a", "--role", "boss"), "requester, reviewer, operator"),
        (("create", "--name", "a", "--role", "operator", "--expires-in", "90"), "P90D"),
        (("create", "--name", "", "--role", "operator"), "name"),
        (("revoke", "nobody"), "signoff token list"),
    ],
)
def test_bad_input_ends_with_2_and_what_would_be_right(
    signoff: Signoff, store: TokenStore, arguments: tuple[str, ...], told: str
) -> None:
    done = signoff("token", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
    assert store.all() == ()
