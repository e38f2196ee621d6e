"""Signing in and out, and forms that only our own pages can send."""

from datetime import timedelta

import pytest

from bot.console import auth
from tests.bot.console.conftest import PASSWORD, Console, seal

pytestmark = pytest.mark.embedded

WRONG = {"password": "wrong"}
RIGHT = {"password": PASSWORD}


async def test_the_right_password_opens_the_groups(shared: Console) -> None:
    browser = await shared.stranger()
    answer = await browser.post("/signin", data={"login": await shared.account("a1"), **RIGHT})
    assert (answer.status_code, answer.headers["location"]) == (303, "/groups")
    assert (await browser.get("/groups")).status_code == 200


async def test_a_wrong_password_opens_nothing(shared: Console) -> None:
    browser = await shared.stranger()
    answer = await browser.post("/signin", data={"login": await shared.account("a1"), **WRONG})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert (await browser.get("/groups")).status_code == 303


async def test_an_unknown_login_is_told_what_a_wrong_password_is_told(shared: Console) -> None:
    browser, login = await shared.stranger(), await shared.account("a1")
    known = await browser.post("/signin", data={"login": login, **WRONG})
    unknown = await browser.post("/signin", data={"login": "nobody", **WRONG})
    assert unknown.status_code == known.status_code == 401
    assert unknown.text == known.text.replace(login, "nobody")


async def test_after_many_failures_the_right_password_has_to_wait_too(shared: Console) -> None:
    browser, login = await shared.stranger(), await shared.account("a1")
    for _ in range(auth.FAILURES):
        assert (await browser.post("/signin", data={"login": login, **WRONG})).status_code == 401
    answer = await browser.post("/signin", data={"login": login, **RIGHT})
    assert answer.status_code == 429
    assert "五分钟" in answer.text


async def test_failures_of_one_login_count_whatever_the_address(shared: Console) -> None:
    browser, login = await shared.stranger(), await shared.account("a1")
    for _ in range(auth.FAILURES):
        await browser.post("/signin", data={"login": login, **WRONG})
    now = shared.app.now()
    assert auth._blocked(now, login, "somewhere else")
    assert not auth._blocked(now, "somebody else", "somewhere else")


async def test_the_wait_ends(shared: Console) -> None:
    browser, login = await shared.stranger(), await shared.account("a1")
    for _ in range(auth.FAILURES):
        await browser.post("/signin", data={"login": login, **WRONG})
    later = shared.app.now() + auth.SPAN
    assert not auth._blocked(later, login, "somewhere else")
    assert auth._blocked(later - timedelta(minutes=1), login, "somewhere else")


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
async def test_scripts_and_other_sites_never_get_the_cookie(
    shared: Console, scheme: str, secure: bool
) -> None:
    browser = await shared.stranger(scheme)
    answer = await browser.post("/signin", data={"login": await shared.account("a1"), **RIGHT})
    flags = {flag.strip().lower() for flag in answer.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=lax", "path=/"} <= flags
    assert ("secure" in flags) is secure


async def test_the_cookie_of_who_signed_out_is_worth_nothing(shared: Console) -> None:
    browser = await shared.visitor("a1")
    kept = dict(browser.cookies)
    answer = await browser.post("/signout", data={"seal": await seal(browser)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")
    assert (await browser.get("/groups", cookies=None)).status_code == 303
    browser.cookies.update(kept)
    assert (await browser.get("/groups")).status_code == 303


@pytest.mark.parametrize("cookie", ["", "invented", "x" * 5000])
async def test_an_invented_cookie_signs_nobody_in(shared: Console, cookie: str) -> None:
    browser = await shared.stranger()
    answer = await browser.get("/groups", headers={"cookie": f"mingcheng={cookie}"})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "page",
    ["/tickets/12", "/groups/g1", "/tickets?status=new&unit=%E5%B8%82%E8%87%AA%E8%A7%84%E5%B1%80"],
)
async def test_after_the_sign_in_comes_the_page_that_was_asked_for(
    shared: Console, page: str
) -> None:
    browser = await shared.stranger()
    form = (await browser.get(page)).next_request
    assert form is not None
    assert form.url.path == "/signin"
    asked = {"login": await shared.account("a1"), "next": form.url.params["next"], **RIGHT}
    assert page.replace("&", "&amp;") in (await browser.send(form)).text
    assert (await browser.post("/signin", data=asked)).headers["location"] == page


ELSEWHERE = [
    "//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example",
    "\\\\elsewhere.example", "elsewhere.example", "javascript:alert(1)", "/\t/elsewhere.example",
    "/\n/elsewhere.example", " //elsewhere.example", "", "\x00", "/a\r\nSet-Cookie: a=b",
]  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE)
async def test_no_sign_in_leads_to_another_host(shared: Console, target: str) -> None:
    browser = await shared.stranger()
    asked = {"login": await shared.account("a1"), "next": target, **RIGHT}
    assert (await browser.post("/signin", data=asked)).headers["location"] == "/groups"
    form = await browser.get("/signin", params={"next": target})
    assert 'name="next" value="/groups"' in form.text


@pytest.mark.parametrize("given", [{}, {"seal": ""}, {"seal": "0" * 64}, {"seal": "非"}])
async def test_a_form_without_the_right_seal_is_refused(
    shared: Console, given: dict[str, str]
) -> None:
    browser = await shared.visitor("a1")
    assert (await browser.post("/signout", data=given)).status_code == 403
    assert (await browser.get("/groups")).status_code == 200


async def test_the_seal_of_another_browser_does_not_fit(shared: Console) -> None:
    browser, other = await shared.visitor("a1"), await shared.visitor("c1")
    assert (await browser.post("/signout", data={"seal": await seal(other)})).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", ["/signout", "/groups/g1/messages"])
async def test_a_form_on_another_site_is_refused_whatever_it_carries(
    shared: Console, site: str, path: str
) -> None:
    browser = await shared.visitor("a1")
    said = {"seal": await seal(browser), "speaker": "zhang", "text": "在吗"}
    answer = await browser.post(path, data=said, headers={"sec-fetch-site": site})
    assert answer.status_code == 403
    assert await shared.app.streams.lag() == 0


async def test_another_site_signs_nobody_in(shared: Console) -> None:
    browser = await shared.stranger()
    asked = {"login": await shared.account("a1"), **RIGHT}
    answer = await browser.post("/signin", data=asked, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
