"""The codec server: who may have payloads decrypted, from where, and what is answered."""

import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from signoff.codec import ENCODING, KEY_ID, encoded_document
from signoff.domain.errors import SettingsError
from signoff.encryption import KeyRing, new_entry
from signoff.gateway.app import GatewayParts, create_app
from signoff.gateway.codec import BODY_LIMIT_BYTES, CodecOptions, origin_of
from signoff.gateway.pages.options import PageOptions
from signoff.tokens import Role, TokenStore
from tests.gateway.pages.a_desk import Desk
from tests.gateway.pages.browsing import HTTP, SECRET, hidden_in

UI = "http://temporal.test:8233"
FIRST, SECOND = new_entry("first"), new_entry("second")
PLAIN: dict[str, Any] = {"payloads": [{"metadata": {"encoding": b64encode(b"json/plain").decode()}, "data": "MQ=="}]}
CALL = {"X-Namespace": "default", "Content-Type": "application/json"}


def sealed(*entries: str) -> dict[str, Any]:
    return dict(json.loads(encoded_document(KeyRing.parse(list(entries)), json.dumps(PLAIN).encode())))


@dataclass
class Door:
    """The gateway, and what its callers send."""

    http: httpx2.AsyncClient
    store: TokenStore

    def bearer(self, *roles: Role) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.store.create('ops', roles, datetime.now(UTC)).secret}"}

    async def sign_in(self, *roles: Role) -> None:
        form = hidden_in((await self.http.get("/signin")).text)
        token = self.store.create("ops", roles, datetime.now(UTC)).secret
        assert (await self.http.post("/signin", data={**form, "token": token})).status_code == 303

    async def decode(self, document: Any, headers: dict[str, str], path: str = "/codec/decode") -> httpx2.Response:
        return await self.http.post(path, content=json.dumps(document), headers=CALL | headers)


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    store = TokenStore(tmp_path / "tokens.json")
    codec = CodecOptions(KeyRing.parse([FIRST]), "default", UI)
    pages = PageOptions(session_secrets=(SECRET,))
    app = create_app(GatewayParts(jobs=Desk(), tokens=store, pages=pages, codec=codec))  # type: ignore[arg-type] # no job is asked for
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=HTTP) as http:
        yield Door(http, store)


async def test_an_operator_with_a_token_is_answered_without_any_page(door: Door) -> None:
    answer = await door.decode(sealed(FIRST), door.bearer(Role.OPERATOR))
    assert (answer.status_code, answer.json()) == (200, PLAIN)
    assert answer.headers["cache-control"] == "no-store"


async def test_an_operator_who_is_signed_in_is_answered_at_temporal_ui(door: Door) -> None:
    await door.sign_in(Role.OPERATOR)
    answer = await door.decode(sealed(FIRST), {"Origin": UI})
    assert (answer.status_code, answer.json()) == (200, PLAIN)
    assert answer.headers["access-control-allow-origin"] == UI
    assert answer.headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "http://temporal.test:8234", HTTP, f"{UI}.evil.test"])
async def test_a_page_of_another_origin_is_refused_whoever_is_signed_in(door: Door, origin: str) -> None:
    await door.sign_in(Role.OPERATOR)
    for headers in ({"Origin": origin}, {"Origin": origin, **door.bearer(Role.OPERATOR)}):
        answer = await door.decode(sealed(FIRST), headers)
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
        assert "MQ==" not in answer.text


async def test_a_cookie_without_an_origin_counts_for_nothing(door: Door) -> None:
    await door.sign_in(Role.OPERATOR)
    assert (await door.decode(sealed(FIRST), {})).status_code == 401


@pytest.mark.parametrize("roles", [(Role.REQUESTER,), (Role.REVIEWER, Role.REQUESTER)])
async def test_who_is_no_operator_is_refused(door: Door, roles: tuple[Role, ...]) -> None:
    await door.sign_in(*roles)
    for headers in (door.bearer(*roles), {"Origin": UI}):
        answer = await door.decode(sealed(FIRST), headers)
        assert (answer.status_code, "operator" in answer.json()["detail"]) == (403, True)


async def test_who_is_not_known_is_told_so_where_temporal_ui_can_read_it(door: Door) -> None:
    for headers in ({"Origin": UI}, {"Origin": UI, "Authorization": "Bearer signoff_nonsense"}):
        answer = await door.decode(sealed(FIRST), headers)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, UI)


@pytest.mark.parametrize(("origin", "status"), [(UI, 200), ("http://evil.test", 400)])
async def test_a_preflight_is_granted_to_temporal_ui_alone(door: Door, origin: str, status: int) -> None:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-namespace,authorization",
    }
    answer = await door.http.options("/codec/decode", headers=asked)
    assert answer.status_code == status
    assert answer.headers.get("access-control-allow-origin") == (UI if status == 200 else None)


@pytest.mark.parametrize("namespace", ["another", "", None])
async def test_payloads_of_another_namespace_are_refused(door: Door, namespace: str | None) -> None:
    given = {} if namespace is None else {"X-Namespace": namespace}
    headers = {"Content-Type": "application/json", **given, **door.bearer(Role.OPERATOR)}
    answer = await door.http.post("/codec/decode", content=json.dumps(sealed(FIRST)), headers=headers)
    assert (answer.status_code, "default" in answer.json()["detail"]) == (403, True)


async def test_what_a_form_can_send_is_refused(door: Door) -> None:
    headers = {"Content-Type": "text/plain", **door.bearer(Role.OPERATOR)}
    assert (await door.decode(sealed(FIRST), headers)).status_code == 415


async def test_a_missing_key_is_named_in_its_payload_and_the_others_are_decrypted(door: Door) -> None:
    document = {"payloads": sealed(SECOND)["payloads"] + sealed(FIRST)["payloads"] + PLAIN["payloads"]}
    answer = await door.decode(document, door.bearer(Role.OPERATOR))
    assert answer.status_code == 200
    told, *others = answer.json()["payloads"]
    assert "the key second, which SIGNOFF_ENCRYPTION_KEYS lacks (it has first)" in b64decode(told["data"]).decode()
    assert others == PLAIN["payloads"] * 2


async def test_what_is_sent_from_temporal_ui_is_encrypted_first(door: Door) -> None:
    [payload] = (await door.decode(PLAIN, door.bearer(Role.OPERATOR), "/codec/encode")).json()["payloads"]
    assert b64decode(payload["metadata"]["encoding"]) == ENCODING
    assert b64decode(payload["metadata"][KEY_ID]) == b"first"


@pytest.mark.parametrize("document", [None, [], "x", {"payloads": [{"data": "not base64!"}]}])
async def test_what_is_no_document_is_refused(door: Door, document: Any) -> None:
    answer = await door.decode(document, door.bearer(Role.OPERATOR))
    assert (answer.status_code, "no document of the form" in answer.json()["detail"]) == (400, True)


async def test_a_body_is_bounded_and_a_large_payload_of_temporal_is_within(door: Door) -> None:
    headers = door.bearer(Role.OPERATOR)
    large = {"payloads": [{"data": b64encode(bytes(2_000_000)).decode()}]}
    assert (await door.decode(large, headers)).json() == large
    answer = await door.http.post("/codec/decode", content=b"x" * (BODY_LIMIT_BYTES + 1), headers=CALL | headers)
    assert answer.status_code == 413


async def test_an_unknown_path_of_the_codec_is_a_problem_document(door: Door) -> None:
    answer = await door.decode(PLAIN, door.bearer(Role.OPERATOR), "/codec/other")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("", ""),
        ("https://Temporal.example.com/", "https://temporal.example.com"),
        ("https://temporal.example.com:443/ui", "https://temporal.example.com"),
        ("http://127.0.0.1:8233", "http://127.0.0.1:8233"),
        ("http://[::1]:8233", "http://[::1]:8233"),
    ],
)
def test_the_origin_of_an_address_is_what_a_browser_says(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url", ["temporal.example.com", "ftp://a", "*", "null", "https://", "http://a:x", "http://u@a"]
)
def test_what_is_no_address_of_temporal_ui_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="SIGNOFF_TEMPORAL_UI_URL"):
        origin_of(url)
