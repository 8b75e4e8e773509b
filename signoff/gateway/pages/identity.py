"""Who somebody is here, and what they may do, by what an OpenID Connect provider says of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from signoff.domain.errors import SettingsError
from signoff.domain.model import Name
from signoff.tokens import Role

SUBJECT_LIMIT: Final = 255
"""The longest subject that OpenID Connect permits."""

_NAME: Final[TypeAdapter[str]] = TypeAdapter(Name)


class Identity(NamedTuple):
    """A person at a provider."""

    name: str
    roles: tuple[Role, ...]
    subject: str


class UnknownPersonError(Exception):
    """The provider vouches for somebody who can't work here. The message is for them."""


@dataclass(frozen=True)
class IdentityRules:
    """Which claims count, and what the values of one of them mean here."""

    name_claim: str
    roles_claim: str
    roles: Mapping[str, tuple[Role, ...]]

    def identity(self, claims: Mapping[str, Any]) -> Identity:
        """Give who the claims are about.

        Raises:
            UnknownPersonError: They have no name that counts, or no role.
        """
        name = self._name(claims)
        values = _values(_claim(claims, self.roles_claim))
        roles = tuple(dict.fromkeys(role for value in values for role in self.roles.get(value, ())))
        if not roles:
            raise UnknownPersonError(f"The provider knows you as {name}, but gives you no role here.")
        return Identity(name, roles, str(claims["sub"])[:SUBJECT_LIMIT])

    def _name(self, claims: Mapping[str, Any]) -> str:
        # Some providers write a truth value as text.
        if self.name_claim == "email" and claims.get("email_verified", True) in (False, "false", None):
            raise UnknownPersonError("The provider has not verified your email address, so it says nothing here.")
        try:
            return _NAME.validate_python(_claim(claims, self.name_claim), strict=True)
        except ValidationError:
            told = f"The provider does not say who you are: the claim {self.name_claim!r} is missing, or no name."
            raise UnknownPersonError(told) from None


def read_roles(pairs: Sequence[str]) -> Mapping[str, tuple[Role, ...]]:
    """Read what the values of the roles claim mean, from `value=role` each.

    Raises:
        SettingsError: A pair names no role, or there is none.
    """
    read: dict[str, tuple[Role, ...]] = {}
    for pair in pairs:
        value, _, role = (part.strip() for part in pair.rpartition("="))
        if not value or role not in set(Role):
            known = ", ".join(Role)
            raise SettingsError(f"SIGNOFF_OIDC_ROLES: {pair!r} is not `value=role` with a role of {known}")
        read[value] = (*read.get(value, ()), Role(role))
    if not read:
        raise SettingsError("SIGNOFF_OIDC_ROLES: without `value=role` nobody could sign in at SIGNOFF_OIDC_ISSUER")
    return read


def _claim(claims: Mapping[str, Any], name: str) -> object:
    """Give a claim by its name, or by a path with dots to where a provider nests it."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _values(claim: object) -> Iterable[str]:
    if isinstance(claim, str):
        return [claim]
    return [value for value in claim if isinstance(value, str)] if isinstance(claim, list) else []
