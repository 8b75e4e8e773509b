"""Where a sign-in leads: to a page of this site, whatever the address asks for."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signoff.gateway.pages.destinations import local_path
from tests.gateway.pages.browsing import Browser

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "review",
    "?next=/review",
    "/review#part",
    "/révue",
    "/" + "x" * 3_000,
    "",
]


@pytest.mark.parametrize("asked", ELSEWHERE)
async def test_a_sign_in_leads_nowhere_else(browser: Browser, asked: str) -> None:
    answer = await browser.sign_in(next=asked)
    assert answer.headers["location"] == "/review"


@pytest.mark.parametrize("asked", ["/", "/review", "/review/brief-1", "/review?status=held&after=a%2Fb", "/a//b"])
def test_a_page_of_this_site_is_reached(asked: str) -> None:
    assert local_path(asked) == asked


@pytest.mark.parametrize("asked", [None, 5, ["/review"]])
def test_what_is_no_text_leads_home(asked: object) -> None:
    assert local_path(asked) == "/review"


@given(st.text(st.sampled_from("/\\:.@?#%&=\t\r\n evil0a"), max_size=12).map(lambda text: "/" + text) | st.text())
@example("/%5cevil.example")
@example("/.//evil.example")
def test_no_text_leads_to_another_site(asked: str) -> None:
    reached = urlsplit(urljoin("https://signoff.example.com/signin", local_path(asked)))
    assert (reached.scheme, reached.netloc) == ("https", "signoff.example.com")
    assert "\\" not in local_path(asked)
