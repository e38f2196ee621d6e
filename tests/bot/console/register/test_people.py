"""People of the register: their roles, their ids, their phones, and how they are found."""

import re

import pytest

from storage.models import Member
from tests.bot.console.conftest import MASKED, PHONE, Console
from tests.bot.console.register.sent import lines, rows, send
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded


async def member(console: Console, id_: str) -> Member:
    (found,) = await rows(console, Member, Member.external_id == id_)
    return found


async def test_an_administrator_grants_a_role_and_it_holds_at_once(
    console: Console, town: Town
) -> None:
    browser, wang = await console.visitor("a1"), await console.visitor("wang")
    assert (await wang.get("/register/units")).status_code == 403
    row = await member(console, "wang")
    fields = {"name": row.name, "enterprise": row.enterprise, "role": "coordinator", "unit": ""}
    await send(browser, f"/register/members/{row.id}", **fields)
    assert (await wang.get("/register/units")).status_code == 200
    assert await lines(console, "member") == [
        ("a1", str(row.id), {"role": "member"}, {"role": "coordinator"})
    ]


@pytest.mark.parametrize(
    ("who", "fields", "said"),
    [
        ("wang", {"name": "王五", "role": "handler"}, "承办人必须有单位"),
        ("wang", {"name": "王五", "role": "king"}, "请从清单里选一个"),
        ("a1", {"name": "系统管理员", "role": "member"}, "不能改自己的身份"),
    ],
)
async def test_a_role_that_can_not_be_is_refused(
    shared: Console, who: str, fields: dict[str, str], said: str
) -> None:
    row = await member(shared, who)
    answer = await send(await shared.visitor("a1"), f"/register/members/{row.id}", **fields)
    assert answer.status_code == 422
    assert said in answer.text


async def test_nobody_is_made_twice(shared: Console) -> None:
    fields = {"name": "张三", "role": "member", "channel": "sandbox", "external_id": "zhang"}
    answer = await send(await shared.visitor("a1"), "/register/members/new", **fields)
    assert answer.status_code == 422
    assert "已经有同名或同编号的了" in answer.text


async def test_the_id_of_a_person_stays(console: Console, town: Town) -> None:
    row = await member(console, "li")
    fields = {"name": "李四", "role": "member", "external_id": "zhang", "channel": "webhook"}
    await send(await console.visitor("a1"), f"/register/members/{row.id}", **fields)
    assert (await member(console, "li")).name == "李四"
    assert (await member(console, "li")).enterprise_from is None


@pytest.mark.parametrize(("reader", "reads"), [("c1", True), ("a1", False), ("l1", False)])
async def test_phones_are_masked_by_role(
    console: Console, town: Town, reader: str, reads: bool
) -> None:
    await send(await console.visitor("a1"), "/register/members/new", name=f"宏远-周{PHONE}",
               role="member", channel="sandbox", external_id="zhou")  # fmt: skip
    row = await member(console, "zhou")
    browser = await console.visitor(reader)
    for path in ("/register/members", f"/register/members/{row.id}", "/register/changes"):
        page = (await browser.get(path)).text
        assert (PHONE in page, MASKED in page) == (reads, not reads), path


async def test_a_mask_that_is_left_alone_changes_no_number(console: Console, town: Town) -> None:
    browser = await console.visitor("a1")
    fields = {"role": "member", "channel": "sandbox", "external_id": "zhou"}
    await send(browser, "/register/members/new", name=f"周{PHONE}", **fields)
    path = f"/register/members/{(await member(console, 'zhou')).id}"
    await send(browser, path, name=f"周{MASKED}", role="member", enterprise="宏远机械")
    row = await member(console, "zhou")
    assert (row.name, row.enterprise, row.enterprise_from) == (
        f"周{PHONE}", "宏远机械", "register",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found"),
    [("q=立方", 2), ("q=%25", 0), ("role=handler", 4), ("unit=天元区城管局", 3), ("q=zhang", 1),
     ("q=立方&role=handler", 0), ("role=king", 13), ("after=2147483647", 0)],
)  # fmt: skip
async def test_people_are_found(shared: Console, query: str, found: int) -> None:
    page = (await (await shared.visitor("c1")).get(f"/register/members?{query}")).text
    assert page.count('class="text"><a href="/register/members/') == found


async def test_pages_of_people_follow_one_another(console: Console, town: Town) -> None:
    async with console.app.database.transaction() as session:
        session.add_all([
            Member(channel="sandbox", external_id=f"m{n}", name=f"成员{n}") for n in range(60)
        ])  # fmt: skip
    browser, query, seen = await console.visitor("c1"), "q=成员", 0
    while query:
        page = (await browser.get(f"/register/members?{query}")).text
        seen += page.count('class="text"><a href="/register/members/')
        query = page.partition('<a class="button second" href="?')[2].partition('"')[0]
        query = query.replace("&amp;", "&")
    assert seen == 60


async def test_people_are_known_by_their_platform(shared: Console) -> None:
    page = (await (await shared.visitor("a1")).get("/register/members/new")).text
    offered = re.search(r'<select id="f-channel".*?</select>', page, re.DOTALL)
    assert offered is not None
    assert set(re.findall(r'value="(\w+)"', offered[0])) == {
        "sandbox", "webhook", "wecom", "onebot",
    }  # fmt: skip
