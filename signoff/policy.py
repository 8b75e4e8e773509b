"""Reading a deployment's rules about failures, waiting and spending from a TOML file; see `docs/policy.md`."""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from signoff.domain.deployment import DEFAULT, DeploymentPolicy
from signoff.domain.errors import SettingsError
from signoff.domain.job import explain


def load_policy(path: Path | None, *, webhooks: bool = False, notices: bool = False) -> DeploymentPolicy:
    """Read the rules; without a file the defaults hold.

    `webhooks` says that announcements arrive, and `notices` that there is somebody to tell, as the file may.

    Raises:
        SettingsError: The file can't be read, or it breaks a rule; each broken one is named with its key.
    """
    arrives = ({"webhooks": True} if webhooks else {}) | ({"notices": True} if notices else {})
    if path is None:
        return DEFAULT.model_copy(update=arrives)
    try:
        return DeploymentPolicy.model_validate(_read(path)).model_copy(update=arrives)
    except ValidationError as error:
        raise SettingsError(f"{path}: {explain(error)}") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        # Prices are kept to the letter, which a float would not do.
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: the policy file can't be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: this is no TOML: {error}") from error
