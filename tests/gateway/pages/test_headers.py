"""What browsers are told about every page, and how long they may keep what."""

from pathlib import Path

import pytest

from signoff.gateway.pages import templating
from signoff.gateway.pages.templating import asset
from tests.gateway.pages.browsing import Browser, heading

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@pytest.mark.parametrize("path", ["/", "/review", "/review/no/such/page", "/signin", "/signin/oidc", "/static/none"])
async def test_every_answer_of_the_pages_permits_little_and_is_kept_by_nobody(browser: Browser, path: str) -> None:
    headers = (await browser.open(path)).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["cache-control"] == "no-store"


async def test_the_page_about_a_bug_has_them_too_and_tells_no_internals(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_in()
    monkeypatch.setattr(browser.store, "find_by_id", None)
    answer = await browser.open("/review")
    assert (answer.status_code, heading(answer)) == (500, "Something went wrong in the gateway")
    assert answer.headers["content-security-policy"] == POLICY
    assert "Traceback" not in answer.text


async def test_the_job_api_is_answered_as_before(browser: Browser) -> None:
    answer = await browser.open("/v1/jobs")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert "content-security-policy" not in answer.headers


@pytest.mark.parametrize("path", ["/reviews", "/signins", "/sign", "/staticx/signoff.css", "//review", "/v1/review"])
async def test_no_other_path_is_a_page(browser: Browser, path: str) -> None:
    assert (await browser.http.get(f"http://gateway{path}")).status_code == 401


async def test_a_static_file_is_kept_for_good_under_its_version(browser: Browser) -> None:
    answer = await browser.open(asset("signoff.css"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/css")


async def test_a_static_file_without_its_version_is_checked_by_its_etag(browser: Browser) -> None:
    answer = await browser.open("/static/signoff.css")
    assert answer.headers["cache-control"] == "no-cache"
    again = await browser.open("/static/signoff.css", **{"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert (await browser.open("/static/signoff.css?v=0")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/static/../routes.py", "/static/%2e%2e/routes.py", "/static/", "/static/none?v=1"])
async def test_nothing_but_static_files_is_served(browser: Browser, path: str) -> None:
    assert (await browser.open(path)).status_code in (401, 404)


async def test_a_version_changes_with_the_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templating, "STATIC", tmp_path)
    (tmp_path / "a.css").write_text("a")
    before = asset("a.css")
    (tmp_path / "a.css").write_text("b")
    assert asset("a.css") != before
