"""What a deployment can set about the pages, and what it is told where that can't be used."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
import structlog

from signoff.client import JobClient
from signoff.domain.errors import SettingsError
from signoff.gateway.__main__ import page_options
from signoff.gateway.app import GatewayParts, create_app
from signoff.gateway.pages.identity import IdentityRules, UnknownPersonError, read_roles
from signoff.settings import load_settings
from signoff.tokens import Role, TokenStore
from tests.gateway.pages.browsing import HTTPS, SECRET

OIDC = {
    "SIGNOFF_PUBLIC_URL": HTTPS,
    "SIGNOFF_SESSION_SECRETS": SECRET,
    "SIGNOFF_OIDC_ISSUER": "https://login.example.com",
    "SIGNOFF_OIDC_CLIENT_ID": "signoff",
    "SIGNOFF_OIDC_CLIENT_SECRET": "a client's secret",
    "SIGNOFF_OIDC_ROLES": "editors=reviewer,a=b=operator,editors=requester",
}


def test_the_settings_of_a_provider_are_taken() -> None:
    options = page_options(load_settings(OIDC))
    assert options.redirect_uri == f"{HTTPS}/signin/oidc/callback"
    assert options.signing.is_https
    assert options.provider
    assert (options.provider.host, options.provider.client_secret) == ("login.example.com", "a client's secret")
    assert options.provider.rules.roles == {"editors": (Role.REVIEWER, Role.REQUESTER), "a=b": (Role.OPERATOR,)}
    assert (options.provider.rules.name_claim, options.provider.rules.roles_claim) == ("email", "roles")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"SIGNOFF_SESSION_SECRETS": "short"}, "SIGNOFF_SESSION_SECRETS: secret 1 has 5 bytes; it needs 32 or more"),
        ({"SIGNOFF_SESSION_SECRETS": f"{SECRET},short"}, "SIGNOFF_SESSION_SECRETS: secret 2 has 5 bytes"),
        ({"SIGNOFF_PUBLIC_URL": "signoff.example.com"}, "SIGNOFF_PUBLIC_URL: it is a scheme and a host"),
        ({"SIGNOFF_PUBLIC_URL": "https://example.com/signoff"}, "SIGNOFF_PUBLIC_URL: it is a scheme and a host"),
        ({"SIGNOFF_PUBLIC_URL": "https://[x"}, "SIGNOFF_PUBLIC_URL: it is a scheme and a host"),
        ({"SIGNOFF_PUBLIC_URL": ""}, "SIGNOFF_PUBLIC_URL: the provider"),
        ({"SIGNOFF_OIDC_ISSUER": "http://login.example.com"}, "SIGNOFF_OIDC_ISSUER: it begins with https://"),
        ({"SIGNOFF_OIDC_ISSUER": "https://[x"}, "SIGNOFF_OIDC_ISSUER: it begins with https://"),
        ({"SIGNOFF_OIDC_CLIENT_ID": ""}, "SIGNOFF_OIDC_CLIENT_ID"),
        ({"SIGNOFF_OIDC_CLIENT_SECRET": "naïve 秘"}, "SIGNOFF_OIDC_CLIENT_SECRET: they have ASCII characters alone"),
        ({"SIGNOFF_OIDC_ROLES": ""}, "SIGNOFF_OIDC_ROLES: without `value=role`"),
        ({"SIGNOFF_OIDC_ROLES": "editors"}, "SIGNOFF_OIDC_ROLES: 'editors' is not `value=role`"),
        ({"SIGNOFF_OIDC_ROLES": "editors=boss"}, "a role of requester, reviewer, operator"),
        ({"SIGNOFF_OIDC_ROLES": "=reviewer"}, "SIGNOFF_OIDC_ROLES: '=reviewer' is not `value=role`"),
    ],
)
def test_a_setting_that_can_not_be_used_is_named(changes: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        page_options(load_settings({**OIDC, **changes}))
    assert told in str(raised.value)


def test_without_a_secret_sessions_end_with_the_process_and_the_log_says_so() -> None:
    with structlog.testing.capture_logs() as lines:
        first, second = page_options(load_settings({})), page_options(load_settings({}))
    assert first.session_secrets != second.session_secrets
    assert len(first.session_secrets[0]) >= 32
    assert lines[0]["event"] == "pages.sessions_end_with_process"
    assert first.session_secrets[0] not in str(lines)


@pytest.mark.parametrize(
    ("rules", "claims", "expected"),
    [
        (("email", "roles"), {"email": "ana@x", "roles": "editors"}, ("ana@x", (Role.REVIEWER,))),
        (("name", "realm.roles"), {"name": " Ana ", "realm": {"roles": ["editors"]}}, ("Ana", (Role.REVIEWER,))),
        (("name", "a.b"), {"name": "Ana", "a.b": ["editors"]}, ("Ana", (Role.REVIEWER,))),
        (("name", "roles"), {"name": "Ana", "email_verified": False, "roles": ["editors"]}, ("Ana", (Role.REVIEWER,))),
        (("name", "roles"), {"name": "Ana", "roles": [5, None, ["editors"], "editors"]}, ("Ana", (Role.REVIEWER,))),
    ],
)
def test_claims_say_who_somebody_is_and_what_they_may(
    rules: tuple[str, str], claims: dict[str, Any], expected: tuple[str, tuple[Role, ...]]
) -> None:
    identity = IdentityRules(*rules, read_roles(["editors=reviewer"])).identity({"sub": "42", **claims})
    assert (identity.name, identity.roles) == expected


@pytest.mark.parametrize("verified", [False, "false", None, 0])
def test_an_address_that_is_not_verified_is_no_name(verified: object) -> None:
    rules = IdentityRules("email", "roles", read_roles(["editors=reviewer"]))
    with pytest.raises(UnknownPersonError):
        rules.identity({"sub": "42", "email": "ana@x", "email_verified": verified, "roles": ["editors"]})


async def test_the_pages_change_nothing_about_the_job_api(tmp_path: Path) -> None:
    jobs, tokens = JobClient.__new__(JobClient), TokenStore(tmp_path / "tokens.json")
    without = create_app(GatewayParts(jobs=jobs, tokens=tokens))
    beside = create_app(GatewayParts(jobs=jobs, tokens=tokens, pages=page_options(load_settings(OIDC))))
    assert beside.openapi() == without.openapi()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(beside), base_url="http://gateway") as http:
        assert "login.example.com" in (await http.get("/signin")).text
        assert (await http.get("/review")).headers["location"] == "/signin?next=%2Freview"
        assert (await http.get("/v1/jobs")).status_code == 401
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(without), base_url="http://gateway") as http:
        for path in ("/", "/review", "/signin", "/static/signoff.css"):
            assert (await http.get(path)).status_code == 401
