"""One's own account: a new password, one-time codes, and the browsers that are signed in."""

import base64
import re

import httpx
import pytest

from bot import accounts as passwords
from bot import totp
from bot.console.page import COOKIE
from bot.sessions import mark_of
from storage import accounts, changes
from storage.models import Account
from tests.bot.console.conftest import PASSWORD, Console

pytestmark = pytest.mark.embedded

NEW = "马家河大桥的桥墩"
LONG = f"{NEW}上有三只鸟"
MARKUP = "<script>alert(1)</script>"


async def signed_in(console: Console, login: str, agent: str = "Firefox") -> httpx.AsyncClient:
    """A browser in which somebody has signed in with the password."""
    browser = await console.stranger()
    browser.headers["user-agent"] = agent
    answer = await browser.post("/signin", data={"login": login, "password": PASSWORD})
    assert answer.status_code == 303
    return browser


async def sends(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    """Fill in a form of the account and send it."""
    page = (await browser.get("/account/password")).text
    found = re.search(r'name="seal" value="(\w+)"', page)
    assert found is not None
    return await browser.post(path, data={"seal": found[1], **fields})


async def row(console: Console, login: str) -> Account:
    async with console.app.database.transaction() as session:
        found = await accounts.find(session, login)
    assert found is not None
    return found


async def is_in(browser: httpx.AsyncClient) -> bool:
    return (await browser.get("/groups")).status_code == 200


@pytest.mark.parametrize("member", ["zhang", "h1", "c1", "i1", "l1", "a1"])
async def test_everybody_has_an_account_page(shared: Console, member: str) -> None:
    page = await (await shared.visitor(member)).get("/account")
    assert page.status_code == 200
    assert "就是这个" in page.text


# --- password ------------------------------------------------------------------------------------


async def test_a_new_password_ends_all_other_browsers(console: Console) -> None:
    login, other = await console.account("c1"), await console.visitor("c2")
    first, second = await signed_in(console, login), await signed_in(console, login)
    old_cookie = dict(first.cookies)
    answer = await sends(first, "/account/password", old=PASSWORD, new=LONG, again=LONG)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?done=password")
    assert [await is_in(first), await is_in(second), await is_in(other)] == [True, False, True]
    thief = await console.stranger()
    thief.cookies.update(old_cookie)
    assert not await is_in(thief)
    assert "密码已经改好" in (await first.get("/account?done=password")).text
    again = await console.stranger()
    for password, status in ((PASSWORD, 401), (LONG, 303)):
        signed = await again.post("/signin", data={"login": login, "password": password})
        assert signed.status_code == status
    async with console.app.database.transaction() as session:
        (line,) = await changes.page(session, what=["password"])
    assert (line.by, line.of, line.was, line.became) == ("c1", login, None, None)


@pytest.mark.parametrize(
    ("old", "new", "again", "told"),
    [
        ("guessed", LONG, LONG, "现在的密码不对"),
        ("", LONG, LONG, "现在的密码不对"),
        (PASSWORD, "short", "short", "至少要10个字符"),
        (PASSWORD, "", "", "至少要10个字符"),
        (PASSWORD, "1234567890", "1234567890", "太容易被猜到"),
        (PASSWORD, PASSWORD, PASSWORD, "不能与现在的相同"),
        (PASSWORD, LONG, f"{LONG}。", "不一样"),
    ],
)
async def test_what_is_no_new_password_changes_nothing(
    shared: Console, old: str, new: str, again: str, told: str
) -> None:
    login = await shared.account("c1")
    browser = await signed_in(shared, login)
    before = (await row(shared, login)).password
    answer = await sends(browser, "/account/password", old=old, new=new, again=again)
    assert (answer.status_code, told in answer.text) == (400, True)
    assert (await row(shared, login)).password == before
    assert LONG not in answer.text


async def test_guessing_the_old_password_closes_the_account_as_at_the_door(
    shared: Console,
) -> None:
    login = await shared.account("c1")
    browser = await signed_in(shared, login)
    for _ in range(passwords.FAILURES):
        await sends(browser, "/account/password", old="guessed", new=LONG, again=LONG)
    answer = await sends(browser, "/account/password", old=PASSWORD, new=LONG, again=LONG)
    assert (answer.status_code, "过一会儿再试" in answer.text) == (400, True)


async def test_a_given_password_is_changed_without_typing_it_again_and_all_opens(
    console: Console,
) -> None:
    password = await passwords.add(console.app.database, "wang", "c1", console.app.now())
    assert password is not None
    browser = await console.stranger()
    await browser.post("/signin", data={"login": "wang", "password": password})
    for new in (password, "wang"):  # neither the old one nor the login
        answer = await sends(browser, "/account/password", new=new, again=new)
        assert answer.status_code == 400
    answer = await sends(browser, "/account/password", new=LONG, again=LONG)
    assert answer.status_code == 303
    assert await is_in(browser)
    assert not (await row(console, "wang")).given


async def test_a_password_that_was_reset_elsewhere_ends_the_browsers(console: Console) -> None:
    login = await console.account("c1")
    browser = await signed_in(console, login)
    await passwords.add(console.app.database, login, "c1", console.app.now())
    assert not await is_in(browser)


@pytest.mark.parametrize(
    ("change", "status"), [({"role": "member"}, 403), ({"role": "inspector"}, 200)]
)
async def test_another_role_holds_at_once(
    console: Console, change: dict[str, str], status: int
) -> None:
    login = await console.account("c1")
    browser = await signed_in(console, login)
    async with console.app.database.transaction() as session:
        held = await accounts.held(session, login)
        assert held is not None
        held[1].role = change["role"]
    assert (await browser.get("/reviews")).status_code == status


# --- one-time codes ------------------------------------------------------------------------------


async def offered(browser: httpx.AsyncClient) -> str:
    page = (await browser.get("/account/codes")).text
    found = re.search(r'name="secret" value="(\w+)"', page)
    assert found is not None
    assert f"secret={found[1]}" in page
    assert found[1][:4] in page.split('<code class="secret">')[1]
    return found[1]


def code(console: Console, secret: str, later: int = 0) -> str:
    step = int(console.app.now().timestamp()) // totp.STEP
    return totp.code(base64.b32decode(secret), step + later)


async def test_codes_are_asked_for_once_one_was_shown(console: Console) -> None:
    login = await console.account("c1")
    browser = await signed_in(console, login)
    secret = await offered(browser)
    assert await offered(browser) != secret
    fields = {"secret": secret, "code": code(console, secret), "old": PASSWORD}
    answer = await sends(browser, "/account/codes", **fields)
    assert answer.headers["location"] == "/account?done=codes"
    assert (await row(console, login)).totp == secret
    other = await console.stranger()
    page = await other.post("/signin", data={"login": login, "password": PASSWORD})
    assert "动态验证码" in page.text
    half = re.search(r'name="half" value="([\w-]+)"', page.text)
    assert half is not None
    # what confirmed the secret is used; the next one opens
    for later, status in ((0, 401), (1, 303)):
        sent = {"half": half[1], "code": code(console, secret, later)}
        assert (await other.post("/signin/code", data=sent)).status_code == status
    async with console.app.database.transaction() as session:
        (line,) = await changes.page(session, what=["totp"])
    assert (line.by, line.became) == ("c1", True)
    assert secret not in str(line)


@pytest.mark.parametrize(
    ("typed", "old", "told"),
    [
        ("000000", PASSWORD, "验证码不对"),
        ("", PASSWORD, "验证码不对"),
        (None, "guessed", "密码不对"),
    ],
)
async def test_a_wrong_code_or_password_turns_nothing_on(
    shared: Console, typed: str | None, old: str, told: str
) -> None:
    login = await shared.account("c1")
    browser = await signed_in(shared, login)
    secret = await offered(browser)
    right = code(shared, secret)
    fields = {"secret": secret, "code": right if typed is None else typed, "old": old}
    answer = await sends(browser, "/account/codes", **fields)
    assert (answer.status_code, told in answer.text) == (400, True)
    assert f'value="{secret}"' in answer.text  # still the one that the telephone has
    assert (await row(shared, login)).totp is None


@pytest.mark.parametrize("secret", ["", "A", "\x00", MARKUP, "A" * 64, "非"])
async def test_an_invented_secret_is_not_taken(shared: Console, secret: str) -> None:
    login = await shared.account("c1")
    browser = await signed_in(shared, login)
    answer = await sends(browser, "/account/codes", secret=secret, code="1", old=PASSWORD)
    assert answer.headers.get("location") == "/account/codes"
    assert (await row(shared, login)).totp is None


@pytest.mark.parametrize(("old", "off"), [(PASSWORD, True), ("guessed", False)])
async def test_codes_end_with_the_password(shared: Console, old: str, off: bool) -> None:
    login = await shared.account("c1")
    browser = await signed_in(shared, login)
    async with shared.app.database.transaction() as session:
        await accounts.ask_codes(session, login, totp.secret())
    answer = await sends(browser, "/account/codes/end", old=old)
    assert answer.status_code == (303 if off else 400)
    assert ((await row(shared, login)).totp is None) is off


# --- browsers ------------------------------------------------------------------------------------


async def marks(browser: httpx.AsyncClient) -> list[str]:
    return re.findall(r'name="mark" value="(\w+)"', (await browser.get("/account")).text)


async def test_ones_own_browsers_are_listed_and_no_other(console: Console) -> None:
    login = await console.account("c1")
    browser = await signed_in(console, login)
    await signed_in(console, login, f"{MARKUP} Chrome/1 Android")
    await console.visitor("c2")
    page = (await browser.get("/account")).text
    assert "Chrome · 安卓手机" in page
    assert MARKUP not in page
    assert len(await marks(browser)) == 1  # the other one; this one signs out by its button


async def test_one_browser_is_ended(console: Console) -> None:
    login = await console.account("c1")
    browser, lost = await signed_in(console, login), await signed_in(console, login)
    (mark,) = await marks(browser)
    assert (await sends(browser, "/account/browsers/end", mark=mark)).status_code == 303
    assert [await is_in(browser), await is_in(lost)] == [True, False]


async def test_all_others_are_ended_at_once(console: Console) -> None:
    login, other = await console.account("c1"), await console.visitor("c2")
    browser, *lost = [await signed_in(console, login) for _ in range(3)]
    await sends(browser, "/account/browsers/end")
    assert await is_in(browser)
    assert await is_in(other)
    assert not any([await is_in(one) for one in lost])


@pytest.mark.parametrize("mark", ["invented", "\x00", "0" * 64])
async def test_nobody_ends_what_is_not_there(shared: Console, mark: str) -> None:
    browser = await signed_in(shared, await shared.account("c1"))
    assert (await sends(browser, "/account/browsers/end", mark=mark)).status_code == 303
    assert await is_in(browser)


async def test_nobody_ends_anothers_browser(console: Console) -> None:
    other = await console.visitor("c2")
    browser = await signed_in(console, await console.account("c1"))
    mark = mark_of(other.cookies[COOKIE])
    assert (await sends(browser, "/account/browsers/end", mark=mark)).status_code == 303
    assert await is_in(other)
