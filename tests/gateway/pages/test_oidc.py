"""Signing in at an OpenID Connect provider: a real one on loopback, and an honest one here."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from signoff.gateway.pages import fetching
from starter.sockets import HOST, free_ports
from tests.gateway.pages.a_provider import CLIENT_SECRET, OTHER_KEY, AProvider
from tests.gateway.pages.browsing import HTTPS, Browser, a_browser, heading
from tests.gateway.pages.oidc_ways import DISCOVERY, NOT_BEGUN, NOT_NOW, options_of, signed_in, way_back


@pytest.fixture
def browser(provider_browser: Browser) -> Browser:
    return provider_browser


async def test_somebody_signs_in_and_reaches_the_page_they_wanted(browser: Browser, provider: AProvider) -> None:
    form = await browser.open("/signin?next=/review%3Fstatus=held")
    assert f"Sign in with {urlsplit(provider.issuer).netloc}" in form.text
    assert '<a class="button" href="/signin/oidc?next=/review%3Fstatus%3Dheld">' in form.text
    answer = await browser.open(await way_back(browser, provider, "/review%3Fstatus=held"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/review?status=held")
    assert "Signed in as ana@example.com." in (await browser.open("/review")).text


async def test_the_way_there_carries_what_the_answer_is_held_against(browser: Browser, provider: AProvider) -> None:
    address = urlsplit((await browser.open("/signin/oidc")).headers["location"])
    asked = parse_qs(address.query)
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{provider.issuer}/authorize"
    assert asked["kept"] == ["1"]
    assert asked["redirect_uri"] == [f"{HTTPS}/signin/oidc/callback"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name][0]) == 43
    assert not {"code_verifier", "client_secret"} & set(asked)
    assert CLIENT_SECRET not in address.query


async def test_a_sign_in_from_elsewhere_leads_home(browser: Browser, provider: AProvider) -> None:
    answer = await browser.open(await way_back(browser, provider, "//evil.example"))
    assert answer.headers["location"] == "/review"


async def test_a_new_key_is_fetched_once_it_is_used(
    browser: Browser, provider: AProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await signed_in(browser, provider)
    provider.signs_with, provider.publishes = OTHER_KEY, (OTHER_KEY,)
    assert heading(await signed_in(browser, provider)) == NOT_NOW, "keys were fetched just before"
    monkeypatch.setattr(fetching, "PAUSE_SECONDS", -1.0)
    assert (await signed_in(browser, provider)).status_code == 303


async def test_unknown_keys_are_no_reason_to_ask_again_and_again(browser: Browser, provider: AProvider) -> None:
    provider.signs_with = OTHER_KEY
    for _ in range(5):
        assert heading(await signed_in(browser, provider)) == NOT_NOW
    assert provider.calls.count("/keys") == 1


async def test_a_way_back_leads_in_once(browser: Browser, provider: AProvider) -> None:
    back = await way_back(browser, provider)
    begun = browser.cookie("__Host-signoff_oidc")
    assert (await browser.open(back)).status_code == 303
    assert not browser.cookie("__Host-signoff_oidc")
    browser.http.cookies.clear()
    browser.http.cookies.set("__Host-signoff_oidc", begun, domain="signoff.example.com")
    answer = await browser.open(back)
    assert (answer.status_code, heading(answer)) == (400, NOT_BEGUN)
    assert not await browser.is_signed_in()


@pytest.mark.parametrize("state", ["", "another", "é"])
async def test_a_state_that_is_not_ours_signs_nobody_in(browser: Browser, provider: AProvider, state: str) -> None:
    back = urlsplit(await way_back(browser, provider))
    answer = await browser.http.get(back.path, params={"code": parse_qs(back.query)["code"][0], "state": state})
    assert (answer.status_code, heading(answer)) == (400, NOT_BEGUN)


async def test_a_way_back_leads_nobody_else_in(browser: Browser, provider: AProvider) -> None:
    back = await way_back(browser, provider)
    browser.http.cookies.clear()
    answer = await browser.open(back)
    assert (answer.status_code, heading(answer)) == (400, NOT_BEGUN)
    assert "/token" not in provider.calls


async def test_a_sign_in_that_took_too_long_begins_again(browser: Browser, provider: AProvider) -> None:
    back = await way_back(browser, provider)
    browser.clock.advance(minutes=11)
    assert heading(await browser.open(back)) == NOT_BEGUN


async def test_a_code_without_its_verifier_is_worth_nothing(browser: Browser, provider: AProvider) -> None:
    """A code that was caught on its way is refused by the provider, since this browser began another sign-in."""
    caught = parse_qs(urlsplit(await way_back(browser, provider)).query)["code"][0]
    mine = parse_qs(urlsplit(await way_back(browser, provider)).query)["state"][0]
    answer = await browser.open(f"/signin/oidc/callback?code={caught}&state={mine}")
    assert (answer.status_code, heading(answer)) == (502, NOT_NOW)


@pytest.mark.parametrize(
    "query", ["error=access_denied&error_description=<b>no</b>", "", "code=", "code=" + "x" * 5_000]
)
async def test_a_refusal_of_the_provider_is_told(browser: Browser, provider: AProvider, query: str) -> None:
    state = parse_qs(urlsplit(await way_back(browser, provider)).query)["state"][0]
    answer = await browser.open(f"/signin/oidc/callback?state={state}&{query}")
    assert (answer.status_code, heading(answer)) == (403, "The provider did not sign you in")
    assert "<b>no</b>" not in answer.text


@pytest.mark.parametrize(
    ("person", "told"),
    [
        ({"roles": []}, "gives you no role here"),
        ({"roles": ["others"]}, "gives you no role here"),
        ({"roles": None}, "gives you no role here"),
        ({"email_verified": False}, "has not verified your email address"),
        ({"email": None}, "does not say who you are"),
        ({"email": "two\nlines"}, "does not say who you are"),
        ({"email": ["ana@example.com"]}, "does not say who you are"),
    ],
)
async def test_somebody_without_a_name_or_a_role_is_told_why(
    browser: Browser, provider: AProvider, person: dict[str, Any], told: str
) -> None:
    provider.person |= person
    answer = await signed_in(browser, provider)
    assert (answer.status_code, heading(answer)) == (403, "You can't work here")
    assert told in answer.text
    assert not await browser.is_signed_in()


async def test_a_name_and_roles_of_a_provider_are_only_what_it_says(browser: Browser, provider: AProvider) -> None:
    provider.person |= {"email": "<script>x</script>@example.com", "roles": "duty"}
    await signed_in(browser, provider)
    assert "Signed in as &lt;script&gt;x&lt;/script&gt;@example.com." in (await browser.open("/review")).text


async def test_a_dead_provider_is_asked_once_and_leaves_tokens_to_sign_in_with(tmp_path: Path) -> None:
    [port] = free_ports(1)
    chosen = options_of(AProvider(issuer=f"http://{HOST}:{port}"))
    async with a_browser(tmp_path, HTTPS, public_url=HTTPS, provider=chosen) as browser:
        for _ in range(3):
            assert heading(await browser.open("/signin/oidc")) == NOT_NOW
        assert (await browser.sign_in()).status_code == 303


async def test_a_silent_provider_is_not_waited_for_long(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TIMEOUT_SECONDS", 0.0)
    assert heading(await browser.open("/signin/oidc")) == NOT_NOW


async def test_the_provider_is_described_once_for_many(browser: Browser, provider: AProvider) -> None:
    for _ in range(4):
        await signed_in(browser, provider)
    assert (provider.calls.count(DISCOVERY), provider.calls.count("/keys")) == (1, 1)


@pytest.mark.parametrize(("iss", "status"), [("mine", 303), ("https://evil.example", 502), ("", 502)])
async def test_an_answer_in_another_providers_name_does_not_count(
    browser: Browser, provider: AProvider, iss: str, status: int
) -> None:
    named = provider.issuer if iss == "mine" else iss
    answer = await browser.open(f"{await way_back(browser, provider)}&iss={named}")
    assert answer.status_code == status


async def test_an_answer_without_the_providers_name_does_not_count_where_it_gives_one(
    browser: Browser, provider: AProvider
) -> None:
    provider.metadata = lambda says: {**says, "authorization_response_iss_parameter_supported": True}
    assert heading(await signed_in(browser, provider)) == NOT_NOW


async def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(
    browser: Browser, provider: AProvider
) -> None:
    provider.metadata = lambda says: {**says, "token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert (await signed_in(browser, provider)).status_code == 303


async def test_a_session_ends_when_the_deployment_relies_on_another_provider(
    browser: Browser, provider: AProvider, tmp_path: Path
) -> None:
    await signed_in(browser, provider)
    carried = browser.cookie("__Host-signoff_session")
    for chosen in (options_of(provider, issuer="https://other.example"), None):
        async with a_browser(tmp_path, HTTPS, public_url=HTTPS, provider=chosen) as another:
            another.http.cookies.set("__Host-signoff_session", carried, domain="signoff.example.com")
            assert not await another.is_signed_in()


async def test_ways_back_are_limited_like_other_attempts(browser: Browser) -> None:
    answers = [await browser.open("/signin/oidc/callback?state=x&code=y") for _ in range(21)]
    assert {answer.status_code for answer in answers[:20]} == {400}
    assert answers[-1].status_code == 429
