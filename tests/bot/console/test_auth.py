"""Signing in and out, and forms that only our own pages can send."""

import asyncio
import base64
import re
from datetime import timedelta

import httpx
import pytest

from bot import accounts as passwords
from bot import totp
from bot.console import admission
from bot.moments import Moments
from storage import accounts, changes
from storage.models import Account, Change
from tests.bot.console.conftest import PASSWORD, Console, seal

pytestmark = pytest.mark.embedded

WRONG = {"password": "wrong"}
RIGHT = {"password": PASSWORD}


async def row(console: Console, login: str) -> Account:
    async with console.app.database.transaction() as session:
        found = await accounts.find(session, login)
    assert found is not None
    return found


async def lines(console: Console, *what: str) -> list[Change]:
    """The record of these sorts, the newest first."""
    async with console.app.database.transaction() as session:
        return list(await changes.page(session, what=what))


async def test_the_right_password_opens_the_console(shared: Console) -> None:
    browser, login = await shared.stranger(), await shared.account("a1")
    answer = await browser.post("/signin", data={"login": login, **RIGHT})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get("/groups")).status_code == 200
    assert (await row(shared, login)).last_at is not None


async def test_a_wrong_password_opens_nothing(shared: Console) -> None:
    browser = await shared.stranger()
    answer = await browser.post("/signin", data={"login": await shared.account("a1"), **WRONG})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert (await browser.get("/groups")).status_code == 303


async def test_an_unknown_login_is_told_what_a_wrong_password_is_told(console: Console) -> None:
    """Up to being locked, and then too."""
    browser, login = await console.stranger(), await console.account("a1")
    for status in (*[401] * passwords.FAILURES, 429, 429):
        known = await browser.post("/signin", data={"login": login, **WRONG})
        unknown = await browser.post("/signin", data={"login": "nobody", **WRONG})
        assert unknown.status_code == known.status_code == status
        assert unknown.text == known.text.replace(login, "nobody")


async def test_many_tries_at_once_do_not_tell_whether_there_is_such_an_account(
    console: Console,
) -> None:
    browser, login = await console.stranger(), await console.account("a1")
    for tried in (login, "nobody"):
        form = {"login": tried, **WRONG}
        answers = await asyncio.gather(
            *(browser.post("/signin", data=form) for _ in range(passwords.FAILURES + 2))
        )
        told = sorted(answer.status_code for answer in answers)
        assert told == [*[401] * passwords.FAILURES, 429, 429]


async def test_after_five_failures_the_right_password_has_to_wait_and_is_told_how_long(
    shared: Console,
) -> None:
    browser, login = await shared.stranger(), await shared.account("a1")
    for _ in range(passwords.FAILURES):
        assert (await browser.post("/signin", data={"login": login, **WRONG})).status_code == 401
    other = await shared.stranger()
    answer = await other.post("/signin", data={"login": login, **RIGHT})
    assert answer.status_code == 429
    assert "1分钟后再试" in answer.text
    assert "set-cookie" not in answer.headers


async def test_the_wait_ends(shared: Console) -> None:
    browser, login = await shared.stranger(), await shared.account("a1")
    async with shared.app.database.transaction() as session:
        account = await accounts.lock(session, login)
        assert account is not None
        account.failures, account.locked_until = 11, shared.app.now() - timedelta(seconds=1)
    assert (await browser.post("/signin", data={"login": login, **WRONG})).status_code == 401
    answer = await browser.post("/signin", data={"login": login, **RIGHT})
    assert (answer.status_code, "1小时后再试" in answer.text) == (429, True)


async def test_a_crowd_of_failures_closes_an_address_and_no_other(shared: Console) -> None:
    browser, login = await shared.stranger(), await shared.account("a1")
    assert admission.CROWD >= 100  # an office behind one address has many people
    transport = browser._transport
    assert isinstance(transport, httpx.ASGITransport)
    moments = Moments(shared.app.streams)
    for _ in range(admission.CROWD):
        await moments.count("address", transport.client[0], 600)
    answer = await browser.post("/signin", data={"login": login, **RIGHT})
    assert (answer.status_code, "10分钟后再试" in answer.text) == (429, True)
    other = await shared.stranger()
    assert (await other.post("/signin", data={"login": login, **RIGHT})).status_code == 303


@pytest.mark.parametrize(
    ("public", "scheme", "secure"),
    [("", "http", False), ("", "https", True), ("https://a.example", "http", True),
     ("http://127.0.0.1:1", "http", False)],
)  # fmt: skip
async def test_scripts_and_other_sites_never_get_the_cookie(
    console: Console, public: str, scheme: str, secure: bool
) -> None:
    console.app.settings.public_url = public
    browser = await console.stranger(scheme)
    answer = await browser.post("/signin", data={"login": await console.account("a1"), **RIGHT})
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


async def test_who_signs_in_again_is_no_longer_signed_in_with_the_old_cookie(
    shared: Console,
) -> None:
    browser = await shared.visitor("a1")
    old = dict(browser.cookies)
    await browser.post("/signin", data={"login": await shared.account("c1"), **RIGHT})
    other = await shared.stranger()
    other.cookies.update(old)
    assert (await other.get("/groups")).status_code == 303
    assert (await browser.get("/reviews")).status_code == 200


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
    assert (await browser.post("/signin", data=asked)).headers["location"] == "/"
    form = await browser.get("/signin", params={"next": target})
    assert 'name="next" value="/"' in form.text


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


@pytest.mark.parametrize("path", ["/signin", "/signin/code"])
async def test_another_site_signs_nobody_in(shared: Console, path: str) -> None:
    browser = await shared.stranger()
    asked = {"login": await shared.account("a1"), **RIGHT}
    answer = await browser.post(path, data=asked, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


# --- a password that somebody else has given -----------------------------------------------------


async def given(console: Console, member: str = "c1") -> tuple[httpx.AsyncClient, str]:
    """A browser that has signed in with a given password, and that."""
    password = await passwords.add(console.app.database, "wang", member, console.app.now())
    assert password is not None
    browser = await console.stranger()
    await browser.post("/signin", data={"login": "wang", "password": password})
    return browser, password


async def test_nothing_opens_before_a_given_password_is_changed(console: Console) -> None:
    browser, _ = await given(console)
    for path in ("/", "/tickets", "/groups/g1", "/account", "/account/codes", "/live", "/reviews"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account/password")
    page = await browser.get("/account/password")
    assert "请先设一个自己的密码" in page.text
    assert "现在的密码\n" not in page.text
    assert 'href="/tickets"' not in page.text


async def test_a_form_is_no_way_around_it(console: Console) -> None:
    browser, _ = await given(console, "a1")
    page = (await browser.get("/account/password")).text
    found = re.search(r'name="seal" value="(\w+)"', page)
    assert found is not None
    said = {"seal": found[1], "speaker": "zhang", "text": "在吗"}
    answer = await browser.post("/groups/g1/messages", data=said)
    assert answer.headers["location"] == "/account/password"
    assert await console.app.streams.lag() == 0


# --- one-time codes ------------------------------------------------------------------------------


async def half(console: Console, login: str) -> tuple[httpx.AsyncClient, str, str]:
    """A browser that has shown the right password, what it holds, and the account's secret."""
    secret = totp.secret()
    async with console.app.database.transaction() as session:
        await accounts.ask_codes(session, login, secret)
    browser = await console.stranger()
    page = await browser.post("/signin", data={"login": login, "next": "/tickets", **RIGHT})
    found = re.search(r'name="half" value="([\w-]+)"', page.text)
    assert found is not None
    assert "set-cookie" not in page.headers
    return browser, found[1], secret


def code(console: Console, secret: str) -> str:
    step = int(console.app.now().timestamp()) // totp.STEP
    return totp.code(base64.b32decode(secret), step)


async def test_with_one_time_codes_the_password_alone_opens_nothing(shared: Console) -> None:
    login = await shared.account("c1")
    browser, token, secret = await half(shared, login)
    assert (await browser.get("/groups")).status_code == 303
    sent = {"half": token, "code": code(shared, secret), "next": "/tickets"}
    answer = await browser.post("/signin/code", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/tickets")
    assert (await browser.get("/groups")).status_code == 200
    other = await shared.stranger()
    assert (await other.post("/signin/code", data=sent)).status_code == 401


@pytest.mark.parametrize("typed", ["", "000000", "非非非非非非", "1" * 20])
async def test_a_wrong_code_may_be_tried_again_until_the_account_is_closed(
    shared: Console, typed: str
) -> None:
    login = await shared.account("c1")
    browser, token, secret = await half(shared, login)
    for _ in range(passwords.FAILURES):
        answer = await browser.post("/signin/code", data={"half": token, "code": typed})
        assert (answer.status_code, token in answer.text) == (401, True)
    sent = {"half": token, "code": code(shared, secret)}
    assert (await browser.post("/signin/code", data=sent)).status_code == 429
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("token", ["", "invented", "\x00", "x" * 200])
async def test_a_code_without_a_password_before_is_nothing(shared: Console, token: str) -> None:
    answer = await (await shared.stranger()).post("/signin/code", data={"half": token, "code": "1"})
    assert answer.status_code == 401


# --- the record ----------------------------------------------------------------------------------


async def test_sign_ins_refusals_and_sign_outs_are_recorded(console: Console) -> None:
    browser, login = await console.stranger(), await console.account("c1")
    await browser.post("/signin", data={"login": login, **WRONG})
    await browser.post("/signin", data={"login": login, **RIGHT})
    await browser.post("/signout", data={"seal": await seal(browser)})
    found = await lines(console)
    assert [(row.what, row.by, row.of, row.became) for row in found] == [
        ("sign_out", "c1", login, None),
        ("sign_in", "c1", login, {"way": "password"}),
        ("refused", "c1", login, {"why": "wrong"}),
    ]
    assert all(row.address and row.address.startswith("10.0.") for row in found)


async def test_what_was_typed_into_the_wrong_field_is_not_recorded(console: Console) -> None:
    await (await console.stranger()).post("/signin", data={"login": PASSWORD, **WRONG})
    (line,) = await lines(console)
    assert (line.by, line.of, line.became) == ("?", "?", {"why": "wrong"})


@pytest.mark.parametrize("plain", [True, False])
async def test_where_nothing_is_encrypted_each_page_says_so(console: Console, plain: bool) -> None:
    settings = console.app.settings.model_copy(update={"host": "0.0.0.0" if plain else "127.0.0.1"})
    console.app.settings = settings
    again = Console(console.app, console.stack)
    for browser, path in (
        (await again.stranger(), "/signin"),
        (await again.visitor("c1"), "/groups"),
    ):
        assert ("本站没有加密" in (await browser.get(path)).text) is plain
