"""A provider that lies or fails: nobody is signed in, a page says so, and the log says why."""

import json
import time
from http import HTTPStatus
from typing import Any

import pytest
import structlog
from joserfc import jwt
from joserfc.jwk import OctKey
from starlette.responses import JSONResponse, PlainTextResponse, Response

from signoff.gateway.pages.fetching import ANSWER_LIMIT_BYTES
from tests.gateway.pages.a_provider import CLIENT_ID, CLIENT_SECRET, KEY, OTHER_KEY, AProvider, redirect
from tests.gateway.pages.browsing import Browser, heading
from tests.gateway.pages.oidc_ways import DISCOVERY, NOT_NOW, signed_in


@pytest.fixture
def browser(provider_browser: Browser) -> Browser:
    return provider_browser


LIES: dict[str, dict[str, Any]] = {
    "wrong nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "wrong audience": {"aud": "somebody-else"},
    "wrong audience for this party": {"aud": "somebody-else", "azp": CLIENT_ID},
    "several audiences without a party": {"aud": [CLIENT_ID, "somebody-else"]},
    "another party": {"azp": "somebody-else"},
    "no audience": {"aud": None},
    "wrong issuer": {"iss": "https://evil.example"},
    "expired": {"exp": int(time.time()) - 3_600},
    "no end": {"exp": None},
    "from the future": {"nbf": int(time.time()) + 86_400},
    "no subject": {"sub": None},
    "subject that is no text": {"sub": 5},
    "access token of another answer": {"at_hash": "bm90LXRoZS1oYXNo"},
    "end that is no time": {"exp": "tomorrow"},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_an_id_token_that_does_not_fit_signs_nobody_in(
    browser: Browser, provider: AProvider, lie: dict[str, Any]
) -> None:
    provider.claims = lambda claims: {k: v for k, v in {**claims, **lie}.items() if v is not None}
    with structlog.testing.capture_logs() as lines:
        answer = await signed_in(browser, provider)
    assert (answer.status_code, heading(answer)) == (502, NOT_NOW)
    assert [line["event"] for line in lines] == ["signin.provider_failed"]
    assert not await browser.is_signed_in()


def unsigned(token: str) -> str:
    return f"{token.rpartition('.')[0]}."


def signed_by_nothing(token: str) -> str:
    payload = token.split(".")[1]
    return f"eyJhbGciOiJub25lIn0.{payload}."


def signed_with_a_public_key(token: str) -> str:
    """The classic: what everybody can read is taken for a shared secret."""
    claims = jwt.decode(token, KEY).claims
    return jwt.encode({"alg": "HS256", "kid": KEY.kid}, claims, OctKey.import_key(KEY.as_pem(private=False)))


@pytest.mark.parametrize(
    "forge", [unsigned, signed_by_nothing, lambda token: token[:-6] + "AAAAAA", lambda _: "x", lambda _: ""]
)
async def test_a_signature_that_is_wrong_signs_nobody_in(browser: Browser, provider: AProvider, forge: Any) -> None:
    provider.tokens = lambda answer: {**answer, "id_token": forge(answer["id_token"])}
    assert heading(await signed_in(browser, provider)) == NOT_NOW
    assert not await browser.is_signed_in()


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("algorithms", [["RS256"], ["HS256", "RS256", "none"], ["HS256"], []])
async def test_a_shared_secret_signs_nobody_in_whatever_the_provider_offers(
    browser: Browser, provider: AProvider, algorithms: list[str]
) -> None:
    provider.metadata = lambda says: {**says, "id_token_signing_alg_values_supported": algorithms}
    provider.tokens = lambda answer: {**answer, "id_token": signed_with_a_public_key(answer["id_token"])}
    assert heading(await signed_in(browser, provider)) == NOT_NOW


async def test_a_secret_that_the_provider_publishes_signs_nobody_in(browser: Browser, provider: AProvider) -> None:
    shared = OctKey.generate_key(256, {"kid": "shared", "alg": "HS256"})
    provider.metadata = lambda says: {**says, "id_token_signing_alg_values_supported": ["RS256", "HS256"]}
    provider.replies["/keys"] = JSONResponse({"keys": [shared.as_dict(private=True)]})
    provider.tokens = lambda answer: {
        **answer,
        "id_token": jwt.encode({"alg": "HS256", "kid": "shared"}, jwt.decode(answer["id_token"], KEY).claims, shared),
    }
    assert heading(await signed_in(browser, provider)) == NOT_NOW


async def test_keys_are_taken_from_where_the_provider_says_alone(browser: Browser, provider: AProvider) -> None:
    provider.replies["/keys"] = redirect("/keys-elsewhere")
    assert heading(await signed_in(browser, provider)) == NOT_NOW
    assert "/keys-elsewhere" not in provider.calls


async def test_another_key_of_the_same_name_signs_nobody_in(browser: Browser, provider: AProvider) -> None:
    forged = type(OTHER_KEY).import_key(OTHER_KEY.as_dict(private=True) | {"kid": "first"})
    provider.signs_with = forged
    assert heading(await signed_in(browser, provider)) == NOT_NOW


BROKEN: dict[str, Response] = {
    "an error": PlainTextResponse("no", 500),
    "no JSON": PlainTextResponse("<html>"),
    "no object": JSONResponse([1]),
    "an empty object": JSONResponse({}),
    "deep JSON": PlainTextResponse("[" * 100_000),
    "too much": PlainTextResponse(json.dumps({"x": "y" * ANSWER_LIMIT_BYTES})),
    "compressed": PlainTextResponse("x", headers={"Content-Encoding": "gzip"}),
    "a redirect": redirect("http://127.0.0.1:1/"),
    "odd values": JSONResponse({"issuer": 5, "keys": 5, "id_token": 5}),
    "odd keys": JSONResponse({"keys": [{"kty": "RSA", "kid": "first", "n": "?", "e": None}, 5, {}]}),
}


@pytest.mark.parametrize("path", [DISCOVERY, "/keys", "/token"])
@pytest.mark.parametrize("reply", BROKEN.values(), ids=BROKEN)
async def test_whatever_a_provider_answers_there_is_a_page_and_a_line_in_the_log(
    browser: Browser, provider: AProvider, path: str, reply: Response
) -> None:
    provider.replies[path] = reply
    with structlog.testing.capture_logs() as lines:
        there = await browser.open("/signin/oidc")
        answer = there if path == DISCOVERY else await browser.open(provider.sign_in(there.headers["location"]))
    assert (answer.status_code, heading(answer)) == (HTTPStatus.BAD_GATEWAY, NOT_NOW)
    assert [(line["event"], line["log_level"]) for line in lines] == [("signin.provider_failed", "error")]
    assert CLIENT_SECRET not in str(lines)
    assert not await browser.is_signed_in()


@pytest.mark.parametrize(
    "lie",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "//evil.example"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": "http://["},
        {"jwks_uri": ""},
        {"padding": "x" * ANSWER_LIMIT_BYTES},
    ],
)
async def test_a_provider_that_describes_itself_wrongly_is_not_relied_on(
    browser: Browser, provider: AProvider, lie: dict[str, str]
) -> None:
    provider.metadata = lambda says: {**says, **lie}
    answer = await browser.open("/signin/oidc")
    assert (answer.status_code, heading(answer)) == (502, NOT_NOW)
