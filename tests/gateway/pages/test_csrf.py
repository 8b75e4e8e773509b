"""Forms: what another site sends in somebody's name does nothing, and nothing that was typed is lost."""

from pathlib import Path

import pytest

from tests.gateway.pages.browsing import HTTPS, Browser, a_browser, heading, hidden_in

TYPED = {"comment": "the third source is <b>missing</b>"}


async def test_a_form_of_ours_is_accepted(browser: Browser) -> None:
    await browser.sign_in()
    answer = await browser.send(
        "/signout", {}, page="/review", Origin="http://gateway", **{"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 303


@pytest.mark.parametrize("csrf", [None, "", "x", "é", "0" * 43])
async def test_a_form_without_its_proof_does_nothing_and_shows_what_was_typed(
    browser: Browser, csrf: str | None
) -> None:
    await browser.sign_in()
    fields = TYPED if csrf is None else {**TYPED, "csrf": csrf}
    answer = await browser.http.post("/signout", data=fields)
    assert (answer.status_code, heading(answer)) == (403, "The form was not accepted")
    assert "the third source is &lt;b&gt;missing&lt;/b&gt;" in answer.text
    assert await browser.is_signed_in()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://gateway.evil.example"},
        {"Origin": "http://evil.example/gateway"},
        {"Origin": "http://[", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_form_of_another_site_does_nothing_even_with_a_proof(browser: Browser, headers: dict[str, str]) -> None:
    await browser.sign_in()
    answer = await browser.send("/signout", TYPED, page="/review", **headers)
    assert (answer.status_code, heading(answer)) == (403, "The form was not accepted")
    assert "third source" not in answer.text
    assert await browser.is_signed_in()


async def test_the_origin_is_held_against_the_public_address(https_browser: Browser) -> None:
    await https_browser.sign_in()
    for origin in ("http://signoff.example.com", "https://signoff.example.com:8443"):
        answer = await https_browser.send("/signout", {}, page="/review", Origin=origin)
        assert answer.status_code == 403
    assert (await https_browser.send("/signout", {}, page="/review", Origin=HTTPS)).status_code == 303


async def test_the_proof_of_one_session_counts_in_no_other(browser: Browser) -> None:
    await browser.sign_in()
    old = hidden_in((await browser.open("/review")).text)
    await browser.send("/signin", {"token": browser.token("ben")}, page="/review")
    assert (await browser.http.post("/signout", data=old)).status_code == 403


async def test_the_sign_in_form_itself_can_not_be_forged(browser: Browser, tmp_path: Path) -> None:
    """Otherwise another site could sign somebody in as somebody else."""
    async with a_browser(tmp_path) as forger:
        proof = hidden_in((await forger.open("/signin")).text)
    answer = await browser.http.post("/signin", data={**proof, "token": (secret := browser.token())})
    assert (answer.status_code, heading(answer)) == (403, "The form was not accepted")
    assert secret not in answer.text
    assert not await browser.is_signed_in()


async def test_the_sign_in_form_of_every_tab_counts(browser: Browser) -> None:
    first, second = await browser.open("/signin"), await browser.open("/signin")
    assert hidden_in(first.text) == hidden_in(second.text)


async def test_a_page_gets_the_checked_form(browser: Browser) -> None:
    await browser.sign_in()
    assert (await browser.send("/review/notes", TYPED, page="/review")).text == TYPED["comment"]
    assert (await browser.http.post("/review/notes", data=TYPED)).status_code == 403


async def test_what_was_typed_is_shown_to_whoever_was_signed_out_meanwhile(browser: Browser) -> None:
    await browser.sign_in()
    fields = {**hidden_in((await browser.open("/review")).text), **TYPED}
    browser.clock.advance(hours=3)
    answer = await browser.http.post("/review/notes", data=fields)
    assert (answer.status_code, heading(answer)) == (401, "You are signed out")
    assert "the third source is &lt;b&gt;missing&lt;/b&gt;" in answer.text
    assert fields["csrf"] not in answer.text


async def test_what_another_site_typed_is_not_shown_as_ours(browser: Browser) -> None:
    answer = await browser.http.post("/review/notes", data=TYPED, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 401
    assert "third source" not in answer.text


async def test_files_and_floods_of_fields_are_refused(browser: Browser) -> None:
    await browser.sign_in()
    flood = {f"field{number}": "x" for number in range(200)}
    assert (await browser.send("/signout", flood, page="/review")).status_code == 400
    csrf = hidden_in((await browser.open("/review")).text)
    answer = await browser.http.post("/signout", data=csrf, files={"file": b"x"})
    assert answer.status_code == 400
    assert await browser.is_signed_in()
