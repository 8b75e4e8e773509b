"""Reading the addresses of notices: what can't be used is named by its place, and its text is never shown."""

import re
import traceback
from pathlib import Path

import pytest

from signoff.adapters.addresses import make_asset, read_addresses, tag_of, without_logs
from signoff.domain.errors import SettingsError

# Apprise loads its parts when they are first needed, and one of them asks for a module that Python is to drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SECRET = "hush-4711"
GOOD = "json://127.0.0.1:9/"


def refusal(urls: list[str], config: Path | None = None) -> str:
    without_logs()
    with pytest.raises(SettingsError) as raised:
        read_addresses(urls, config, make_asset())
    assert SECRET not in "".join(traceback.format_exception(raised.value))
    return str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        SECRET,
        f"nosuch://{SECRET}",
        f"slack://{SECRET}",
        f"mailto://{SECRET}",
        f"mailto://127.0.0.1/?from=a@example.com&to={SECRET}",
    ],
)
def test_a_url_that_cant_be_used_is_named_by_its_number(url: str) -> None:
    assert refusal([GOOD, url]).startswith("SIGNOFF_NOTIFY_URLS: address 2 can't be used; write it as docs/")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f"ana={GOOD}\nslack://{SECRET}\n", "line 2"),
        (f"ana={GOOD}\n\nnosuch://{SECRET}\n", "line 3"),
        (f"ana={GOOD}\n{SECRET} is no entry: {SECRET}\n", "line 2"),
        (f"urls:\n  - {GOOD}\n  - slack://{SECRET}\n", "entry 2"),
        (f"urls:\n  - {GOOD}\n  - nosuch://{SECRET}:\n     - tag: ana\n", "entry 2"),
        (f"urls: [\n {SECRET}", "all of it"),
        ("# nothing yet\n", "no entry in it"),
    ],
)
def test_an_entry_of_the_file_that_cant_be_used_is_named_by_its_place(tmp_path: Path, text: str, where: str) -> None:
    config = tmp_path / "notify"
    config.write_text(text)
    assert refusal([], config).startswith(f"SIGNOFF_NOTIFY_FILE: {config} can't be used: {where}; ")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (f"{GOOD}\ninclude http://127.0.0.1/{SECRET}\n".encode(), "includes another file"),
        (b"\xff\xfe", "it is not UTF-8"),
        (b"#" * 131_073, "is larger than 131072 bytes"),
    ],
)
def test_a_file_that_is_no_such_file_says_why(tmp_path: Path, data: bytes, told: str) -> None:
    config = tmp_path / "notify"
    config.write_bytes(data)
    assert told in refusal([], config)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    config = tmp_path / "notify"
    assert refusal([], config) == f"SIGNOFF_NOTIFY_FILE: {config} can't be read: No such file or directory"


def test_there_is_a_most_that_is_told() -> None:
    assert "200 are the most" in refusal([GOOD] * 201)


def test_addresses_are_numbered_through_with_groups_of_tags_resolved(tmp_path: Path) -> None:
    config = tmp_path / "notify"
    config.write_text(f"ana={GOOD}\nbob={GOOD}\ngroup-legal=ana, bob\n")
    found = read_addresses([GOOD], config, make_asset())
    assert [(str(address), sorted(address.tags)) for address in found] == [
        ("1 (JSON)", []),
        ("2 (JSON)", ["ana", "group-legal"]),
        ("3 (JSON)", ["bob", "group-legal"]),
    ]


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("ana", "ana"),
        ("Ana  Lima", "ana-lima"),
        ("Zoë Müller", "zoe-muller"),
        ("ana_lima", "ana-lima"),
        ("ana@example.com", "ana-example-com"),
        ("group:Legal & Tax", "group-legal-tax"),
        ("(ops)", "ops"),
        ("渡辺", "渡辺"),
    ],
)
def test_a_name_has_one_tag_however_it_is_written(name: str, tag: str) -> None:
    assert tag_of(name) == tag
    assert tag_of(tag) == tag


DOCUMENT = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text()


@pytest.mark.parametrize("line", re.findall(r'(?m)^SIGNOFF_NOTIFY_URLS="(.+)"$', DOCUMENT))
def test_the_urls_of_the_documentation_can_be_used(line: str) -> None:
    assert read_addresses(line.split(), None, make_asset())


@pytest.mark.parametrize("text", re.findall(r"(?ms)^```(?:ini|yaml)\n(.+?)^```", DOCUMENT))
def test_the_files_of_the_documentation_can_be_used(text: str, tmp_path: Path) -> None:
    (tmp_path / "notify").write_text(text)
    found = read_addresses([], tmp_path / "notify", make_asset())
    assert [sorted(address.tags) for address in found] == [
        ["ana-lima", "group-legal"],
        ["bob-example-com"],
        ["group-legal"],
        [],
    ]
