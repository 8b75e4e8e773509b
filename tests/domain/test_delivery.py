"""Where a deliverable may go."""

import pytest
from pydantic import TypeAdapter, ValidationError

from signoff.domain.delivery import DeliverySpec, File, Http, Release

spec: TypeAdapter[DeliverySpec] = TypeAdapter(DeliverySpec)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"channel": "release"}, Release()),
        ({"channel": "file"}, File(folder="approved")),
        ({"channel": "file", "folder": "a/b.c/d-e_f"}, File(folder="a/b.c/d-e_f")),
        ({"channel": "http", "url": "https://a.example/hook?x=1@2"}, Http(url="https://a.example/hook?x=1@2")),
        ({"channel": "http", "url": "http://127.0.0.1:8080"}, Http(url="http://127.0.0.1:8080")),
        ({"channel": "http", "url": "http://[::1]:8080/"}, Http(url="http://[::1]:8080/")),
    ],
)
def test_the_channel_says_which_fields_there_are(data: dict[str, str], expected: Release | File | Http) -> None:
    assert spec.validate_python(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"channel": "fax"},
        {"folder": "approved"},
        {"channel": "release", "folder": "approved"},
        {"channel": "file", "url": "https://a.example"},
        {"channel": "http"},
        {"channel": "http", "url": "https://a.example", "headers": {"Authorization": "x"}},
    ],
)
def test_a_field_that_the_channel_lacks_is_refused(data: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        spec.validate_python(data)


@pytest.mark.parametrize(
    "folder",
    [
        *("..", "../x", "a/..", "a/../b", ".", "./a", "a/.", ".hidden", "a/.git"),
        *("/etc", "//a", "a//b", "a/", "", " ", "a b", "a\\b", "C:", "~", "a\n", "a\x00", "%2e%2e", "ä", "a" * 201),
    ],
)
def test_a_folder_never_leads_out_of_the_delivery_folder(folder: str) -> None:
    with pytest.raises(ValidationError):
        File(folder=folder)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@a.example/",
        "https://user@a.example/",
        "https://:secret@a.example/",
        "https://@a.example/",
        "https://a.example:443@b.example/",
    ],
)
def test_a_url_with_credentials_is_refused_because_it_would_be_in_the_history(url: str) -> None:
    with pytest.raises(ValidationError, match="must not carry a user name or password"):
        Http(url=url)


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://a.example", "file:///etc/passwd", "a.example", "//a.example", "javascript:alert(1)", ""),
        *("https://", "https:///x", "https://?x", "https://#x", "https://:443/", "https:a.example"),
        *("https://a.example/ x", "https://a.example/\n", "https://ä.example/", "https://[::1", "x" * 2_001),
        r"https://a.example\@b.example/",
        r"https://a.example\.b.example/",
    ],
)
def test_a_url_is_a_plain_http_address_with_a_host(url: str) -> None:
    with pytest.raises(ValidationError):
        Http(url=url)
