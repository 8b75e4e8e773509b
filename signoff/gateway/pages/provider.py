"""Talking to an OpenID Connect provider: what it is, its keys, and what it says of somebody.

Nothing that it answers is taken for granted: sizes, times, addresses and signatures are all checked here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from authlib.oauth2.auth import ClientAuth  # type: ignore[import-untyped]  # authlib ships no types
from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]  # the same
    prepare_grant_uri,
    prepare_token_request,
)
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # the same
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]  # the same
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from pydantic import Field, ValidationError

from signoff.domain.model import Value
from signoff.gateway.pages.fetching import Kept, ProviderError, fetched
from signoff.gateway.pages.options import ProviderOptions

SCOPE: Final = "openid profile email"
LEEWAY_SECONDS: Final = 60
ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
"""Signatures by a key of the provider's. A shared secret, or none at all, would prove nothing."""


class Flow(Value):
    """One sign-in that was begun at the provider: what its answer is held against."""

    state: str
    nonce: str
    verifier: str
    next: str


class _Metadata(Value):
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _TokenAnswer(Value):
    """What counts of a token endpoint's answer."""

    id_token: str = Field(max_length=65_536)
    access_token: str | None = None


class Provider:
    """An OpenID Connect provider, by authorization codes with PKCE."""

    def __init__(self, options: ProviderOptions, redirect_uri: str) -> None:
        self.options = options
        self._redirect_uri = redirect_uri
        self._metadata = Kept(self._discover)
        self._keys = Kept(self._fetch_keys)

    async def authorization_url(self, flow: Flow) -> str:
        """Give where somebody signs in.

        Raises:
            ProviderError: The provider does not answer, or not as it should.
        """
        metadata = await self._metadata.get()
        address = prepare_grant_uri(
            metadata.authorization_endpoint,
            client_id=self.options.client_id,
            response_type="code",
            redirect_uri=self._redirect_uri,
            scope=SCOPE,
            state=flow.state,
            nonce=flow.nonce,
            code_challenge=create_s256_code_challenge(flow.verifier),
            code_challenge_method="S256",
        )
        return str(address)

    async def claims(self, code: str, issuer: str | None, flow: Flow) -> Mapping[str, Any]:
        """Give what the provider says of somebody who came back from it with a code.

        Raises:
            ProviderError: The provider does not answer, or what it says can't be relied on.
        """
        metadata = await self._metadata.get()
        self._check_issuer(issuer, metadata)
        answer = await self._exchange(code, flow, metadata)
        try:
            return self._verified(answer, await self._keys.get(), flow, metadata)
        except InvalidKeyIdError:
            # It may have a new key since.
            keys = await self._keys.get(is_anew=True)
        try:
            return self._verified(answer, keys, flow, metadata)
        except InvalidKeyIdError:
            raise ProviderError("the ID token is signed with an unknown key") from None

    def _check_issuer(self, issuer: str | None, metadata: _Metadata) -> None:
        """Refuse an answer that names another provider (RFC 9207)."""
        is_missing = issuer is None and metadata.authorization_response_iss_parameter_supported
        if is_missing or issuer not in (None, self.options.issuer):
            raise ProviderError("the answer is another provider's")

    async def _discover(self) -> _Metadata:
        url = f"{self.options.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            metadata = _Metadata.model_validate(await fetched("GET", url))
        except ValidationError:
            raise ProviderError(f"{url} does not describe a provider") from None
        if metadata.issuer != self.options.issuer:
            raise ProviderError(f"{url} describes another issuer than SIGNOFF_OIDC_ISSUER, which must be equal to it")
        scheme = urlsplit(self.options.issuer).scheme
        for address in (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri):
            if _scheme(address) not in {"https", scheme}:
                raise ProviderError(f"{url} names an address that is not https")
        return metadata

    async def _fetch_keys(self) -> dict[str, Any]:
        return await fetched("GET", (await self._metadata.get()).jwks_uri)

    async def _exchange(self, code: str, flow: Flow, metadata: _Metadata) -> _TokenAnswer:
        url = metadata.token_endpoint
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        given = {"code": code, "code_verifier": flow.verifier, "redirect_uri": self._redirect_uri}
        body = prepare_token_request("authorization_code", **given)
        secret = self.options.client_secret
        auth = ClientAuth(self.options.client_id, secret, _auth_method(secret, metadata))
        url, headers, body = auth.prepare("POST", url, headers, body)
        try:
            return _TokenAnswer.model_validate(await fetched("POST", url, headers=headers, content=body.encode()))
        except ValidationError:
            raise ProviderError("the token endpoint gave no ID token") from None

    def _verified(
        self, answer: _TokenAnswer, keys: dict[str, Any], flow: Flow, metadata: _Metadata
    ) -> Mapping[str, Any]:
        algorithms = [one for one in metadata.id_token_signing_alg_values_supported if one in ALGORITHMS]
        if not algorithms:
            raise ProviderError("the provider offers no signature that proves anything")
        mine = self.options.client_id
        try:
            registry = JWSRegistry(algorithms=algorithms, strict_check_header=False)
            token = jwt.decode(answer.id_token, KeySet.import_key_set(keys), registry=registry)  # type: ignore[arg-type]  # whatever was sent
            wanted = {"iss": {"essential": True, "value": metadata.issuer}, "aud": {"essential": True, "value": mine}}
            held = {"nonce": flow.nonce, "client_id": mine, "access_token": answer.access_token}
            claims = CodeIDToken(token.claims, token.header, wanted, held)
            claims.validate(leeway=LEEWAY_SECONDS)
        except InvalidKeyIdError:
            raise
        except Exception as error:  # whatever a library meets in keys and tokens that a stranger made
            raise ProviderError(f"the ID token does not count: {type(error).__name__}") from error
        return dict(claims)


def _auth_method(secret: str, metadata: _Metadata) -> str:
    offered: Sequence[str] = metadata.token_endpoint_auth_methods_supported
    if not secret:
        return "none"
    is_post = "client_secret_basic" not in offered and "client_secret_post" in offered
    return "client_secret_post" if is_post else "client_secret_basic"


def _scheme(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.scheme if parts.hostname else ""
