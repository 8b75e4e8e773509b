"""Secrets that lie in files: a variable `NAME_FILE` names the file that holds what `NAME` would say.

Whoever lists processes or inspects a container sees variables, and children inherit them; files they do not see.
"""

from collections.abc import Collection, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from signoff.domain.errors import SettingsError

SUFFIX: Final = "_FILE"
LIMIT_BYTES: Final = 65_536
OTHERS: Final = (
    "OPENAI_API_KEY",
    "TEMPORAL_API_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_CLIENT_SECRET",
)
"""The secrets of the libraries that a process uses; none of these reads a file by itself."""


def with_secret_files(environ: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """Read the files that stand for these variables, and give the environment as if the variables had been set.

    An empty variable counts as unset, its file's name alike.

    Raises:
        SettingsError: Both a variable and its file are given, or the file can't be read or says nothing.
    """
    read = dict(environ)
    for given, path in environ.items():
        name = given.removesuffix(SUFFIX) if given.endswith(SUFFIX) else ""
        if name not in names:
            continue
        del read[given]
        if path and environ.get(name):
            raise _unusable(f"{name} and {given} are both set; keep one of them")
        if path:
            read[name] = _content(given, Path(path))
    return read


def take_secret_files(environ: MutableMapping[str, str]) -> None:
    """Set the variables of other libraries from the files that stand for them.

    Those libraries look nowhere else. The `_FILE` variables go, so that children don't find both.

    Raises:
        SettingsError: As `with_secret_files` raises it.
    """
    read = with_secret_files(environ, OTHERS)
    for name in [name for name in environ if name not in read]:
        del environ[name]
    environ.update({name: value for name, value in read.items() if name in OTHERS})


def _unusable(told: str) -> "SettingsError":
    from signoff.domain.errors import SettingsError  # noqa: PLC0415  it brings pydantic, which help does without

    return SettingsError(told)


def _content(variable: str, path: Path) -> str:
    """Read a file without the newline that editors end it with."""
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT_BYTES + 1)
        text = data.decode().removesuffix("\n").removesuffix("\r")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise _unusable(f"{variable}: {path} can't be read: {why}") from None
    if len(data) > LIMIT_BYTES:
        raise _unusable(f"{variable}: {path} has more than {LIMIT_BYTES} bytes, which is no secret")
    if not text.strip():
        raise _unusable(f"{variable}: {path} is empty")
    if "\0" in text:
        raise _unusable(f"{variable}: {path} can't be read: it is no text")
    return text
