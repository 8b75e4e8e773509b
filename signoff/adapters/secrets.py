"""The secrets that deliveries need, by the names that requests call them."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import SecretStr

from signoff.domain.errors import FaultError
from signoff.domain.failures import Stage
from signoff.domain.observation import Observation

SETTING: Final = "SIGNOFF_DELIVERY_SECRETS"
NAME_RULE: Final = "1 to 64 of a-z, 0-9, dots, dashes and underscores"

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def named_values(entries: Sequence[SecretStr], *, what: str) -> dict[str, SecretStr]:
    """Read entries of the form `NAME=VALUE`.

    Raises:
        ValueError: An entry can't be used. It is named by its number or name; no value is shown.
    """
    values: dict[str, SecretStr] = {}
    for number, entry in enumerate(entries, 1):
        name, equals, value = entry.get_secret_value().partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise ValueError(f"entry {number} does not begin with a name and =; a name has {NAME_RULE}")
        if not value:
            raise ValueError(f"{name} has no value")
        if name in values:
            raise ValueError(f"two entries have the name {name}; each {what} has its own")
        values[name] = SecretStr(value)
    return values


class DeliverySecrets:
    """What a deployment has under which name. A value is given to whoever asks by name, and shown to nobody."""

    def __init__(self, secrets: Mapping[str, SecretStr]) -> None:
        self._secrets = dict(secrets)

    @classmethod
    def parse(cls, entries: Sequence[SecretStr]) -> "DeliverySecrets":
        """Read entries of the form `NAME=VALUE`.

        Raises:
            ValueError: An entry can't be used. It is named by its number or name; no value is shown.
        """
        return cls(named_values(entries, what="secret"))

    def __repr__(self) -> str:
        """Show the names, and no value."""
        return f"DeliverySecrets({', '.join(self._secrets)})"

    def named(self, name: str) -> str:
        """Give the value of a secret.

        Raises:
            FaultError: There is none of this name, which is the operator's to mend.
        """
        if found := self._secrets.get(name):
            return found.get_secret_value()
        has = f"it has {', '.join(self._secrets)}" if self._secrets else "it is not set"
        message = f"{SETTING} has no secret {name} ({has}); add it, then retry"
        raise FaultError(Observation(stage=Stage.DELIVER, http_status=403, message=message))
