"""Accounts, a whole city from a file, and the record of all changes."""

import html
import re
from pathlib import Path

import httpx
import pytest
from sqlmodel import col

from bot.accounts import hasher
from storage.models import Account, Member, Unit
from tests.bot.console.conftest import Console
from tests.bot.console.register.sent import agree, hidden, lines, rows, send
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded

CITY = "/register/city"
FILE = (Path(__file__).parents[3] / "fixtures" / "city.yaml").read_text(encoding="utf-8")


async def number(console: Console, who: str) -> int:
    (row,) = await rows(console, Member, Member.external_id == who)
    return row.id or 0


async def account(console: Console, login: str) -> Account | None:
    found = await rows(console, Account, Account.login == login)
    return found[0] if found else None


def told(page: str) -> str:
    """The password that a page shows."""
    found = re.search(r'class="secret">([^<]+)<', page)
    assert found is not None
    return html.unescape(found[1])


async def test_an_account_is_made_and_its_password_shown_once(console: Console, town: Town) -> None:
    browser = await console.visitor("a1")
    path = f"/register/accounts/new?member={await number(console, 'c2')}"
    made = await send(browser, path, login="liuyang")
    assert made.status_code == 200
    password, row = told(made.text), await account(console, "liuyang")
    assert row is not None
    assert row.given
    assert hasher.verify(password, row.password)
    assert await lines(console, "account") == [("a1", "liuyang", None, {"member": "专班-刘洋"})]
    for page in ("/register/accounts", "/register/accounts/liuyang", "/register/changes"):
        shown = (await browser.get(page)).text
        assert "liuyang" in shown
        assert password not in shown


@pytest.mark.parametrize("login", ["", "a", "有 空格", "a/b", "x" * 51, "<b>"])
async def test_a_login_that_can_not_be_typed_is_refused(shared: Console, login: str) -> None:
    path = f"/register/accounts/new?member={await number(shared, 'c2')}"
    answer = await send(await shared.visitor("a1"), path, login=login)
    assert answer.status_code == 422
    assert "用户名用字母、数字或汉字" in answer.text


async def test_nobody_takes_over_an_account_that_is_there(console: Console, town: Town) -> None:
    login = await console.account("c1")
    path = f"/register/accounts/new?member={await number(console, 'c2')}"
    answer = await send(await console.visitor("a1"), path, login=login)
    assert answer.status_code == 422
    assert "已经有同名或同编号的了" in answer.text
    row = await account(console, login)
    assert row is not None
    assert row.member_id == await number(console, "c1")


async def test_another_password_signs_everybody_out(console: Console, town: Town) -> None:
    login = await console.account("c1")
    token = await console.app.sessions.begin(login, console.app.now(), address="", agent="")
    browser, path = await console.visitor("a1"), f"/register/accounts/{login}"
    answer = await send(browser, f"{path}/password", path)
    row = await account(console, login)
    assert row is not None
    assert hasher.verify(told(answer.text), row.password)
    assert row.given
    assert await console.app.sessions.of(token) is None


async def test_an_account_is_ended_and_nobody_signs_in_with_it(
    console: Console, town: Town
) -> None:
    login = await console.account("c1")
    token = await console.app.sessions.begin(login, console.app.now(), address="", agent="")
    browser, path = await console.visitor("a1"), f"/register/accounts/{login}"
    assert (await send(browser, f"{path}/end", path)).status_code == 303
    assert await account(console, login) is None
    assert await console.app.sessions.of(token) is None
    assert (await lines(console, "account"))[-1][1:] == (login, {"member": "专班-王敏"}, None)


async def test_nobody_ends_the_own_account(console: Console, town: Town) -> None:
    browser = await console.visitor("a1")
    (row,) = await rows(console, Account, col(Account.member_id) == await number(console, "a1"))
    path = f"/register/accounts/{row.login}"
    assert "不能停用" in (await browser.get(path)).text
    assert (await send(browser, f"{path}/end", path)).status_code == 404
    assert await account(console, row.login)


async def test_who_reads_the_changes_does_not_read_those_of_accounts(
    console: Console, town: Town
) -> None:
    path = f"/register/accounts/new?member={await number(console, 'c2')}"
    await send(await console.visitor("a1"), path, login="liuyang")
    reader = await console.visitor("c1")
    for query in ("", "?what=account", "?what=sign_in"):
        assert "liuyang" not in (await reader.get(f"/register/changes{query}")).text


async def test_changes_follow_one_another_and_are_narrowed(console: Console, town: Town) -> None:
    browser = await console.visitor("a1")
    for n in range(52):
        await send(browser, "/register/districts/new", name=f"区{n}")
    await send(browser, "/register/units/new", name="市教育局")
    page = (await browser.get("/register/changes")).text
    assert "市教育局" in page
    older = re.search(r'href="(\?what=&amp;before=\d+)"', page)
    assert older is not None
    second = (await browser.get(f"/register/changes{html.unescape(older[1])}")).text
    assert page.count("<tr>") - 1 == 50
    assert second.count("<tr>") - 1 == 3
    only = (await browser.get("/register/changes?what=unit")).text
    assert only.count("<tr>") - 1 == 1


# --- a city -------------------------------------------------------------------------------------


async def upload(browser: httpx.AsyncClient, content: str | bytes) -> httpx.Response:
    seal = hidden((await browser.get(CITY)).text, "seal")
    data = content if isinstance(content, bytes) else content.encode()
    return await browser.post(CITY, data={"seal": seal}, files={"file": ("CITY.yaml", data)})


async def test_a_city_is_shown_before_it_is_taken(console: Console, town: Town) -> None:
    text = FILE.replace("  - {name: 市自规局}", "  - {name: 市自规局}\n  - {name: 市教育局}")
    text = text.replace("{id: c2, name: 专班-刘洋, role: coordinator}", "{id: c2, name: 专班-刘洋}")
    browser = await console.visitor("a1")
    asked = await upload(browser, text)
    assert asked.status_code == 200
    assert '单位</th><td class="number">4</td><td class="number">1</td>' in asked.text
    assert "专班-刘洋:专班 → <strong>企业成员</strong>" in asked.text
    assert await rows(console, Unit, Unit.name == "市教育局") == []
    done = await agree(browser, CITY, asked.text, text=text)
    assert done.status_code == 303
    assert await rows(console, Unit, Unit.name == "市教育局")
    ((by, of, _, became),) = await lines(console, "city")
    assert (by, of, became["unit"]) == ("a1", "株洲", "4(新增1)")
    assert became["roles"] == ["专班-刘洋:coordinator→member"]


async def test_a_city_that_moves_deadlines_says_so_and_moves_them(
    console: Console, town: Town
) -> None:
    no = await town.reports()
    was = (await town.ticket(no)).due_at
    text = FILE + "calendar:\n  - {date: 2023-04-07, working: false}\n"
    browser = await console.visitor("a1")
    asked = await upload(browser, text)
    assert "1 件在办工单的时限会变" in asked.text
    await agree(browser, CITY, asked.text, text=text)
    assert (await town.ticket(no)).due_at > was


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "请选一个文件"),
        (b"city: x\ngroups: 5\n", "第 2 行"),
        (FILE.replace("unit: 市自规局}", "unit: 市自规局, x: 1}"), "没有这样的一项"),
        (b"\x00\x01\x02\xff", "不是文本文件"),
        (b"x" * 900_001, "文件超过 900 KB"),
    ],
)
async def test_a_file_with_a_fault_changes_nothing_and_names_the_line(
    shared: Console, content: str | bytes, said: str
) -> None:
    answer = await upload(await shared.visitor("a1"), content)
    assert answer.status_code == 422
    assert said in answer.text


async def test_nobody_takes_the_own_role_away_with_a_file(console: Console, town: Town) -> None:
    text = FILE.replace("{id: a1, name: 系统管理员, role: admin}", "{id: a1, name: 系统管理员}")
    browser = await console.visitor("a1")
    asked = await upload(browser, text)
    assert asked.status_code == 422
    assert "会取消您自己的管理员身份" in asked.text
    await agree(browser, CITY, asked.text, text=text)
    (row,) = await rows(console, Member, Member.external_id == "a1")
    assert row.role == "admin"


async def test_who_signs_in_does_not_become_another_enterprise_by_a_nickname(
    console: Console, town: Town
) -> None:
    await town.says("new", "早", "chitchat", name="湘江机械-周敏")
    browser = await console.visitor("a1")
    path = f"/register/accounts/new?member={await number(console, 'new')}"
    assert "看得到湘江机械的工单" in (await browser.get(path)).text
    assert (await send(browser, path, login="zhoumin")).status_code == 200
    await town.says("new", "早", "chitchat", name="宏远机械-周敏")
    (row,) = await rows(console, Member, Member.external_id == "new")
    assert (row.enterprise, row.enterprise_from) == ("湘江机械", "register")
