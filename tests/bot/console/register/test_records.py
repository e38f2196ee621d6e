"""Records of the register: who may what; made, changed, removed, remembered."""

from urllib.parse import quote

import pytest

from actions.opening import Report, open_ticket
from storage import people
from storage.models import Carrier, District, Group, Unit
from tests.bot.console.conftest import Console, make_confidential
from tests.bot.console.register.sent import hidden, lines, rows, send
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded

LISTS = (
    "groups", "members", "units", "districts", "routes", "policies", "calendar", "articles",
    "changes",
)  # fmt: skip


# --- who may what -------------------------------------------------------------------------------


@pytest.mark.parametrize("part", LISTS)
@pytest.mark.parametrize(
    ("member", "code"),
    [("zhang", 403), ("h1", 403), ("c1", 200), ("i1", 200), ("l1", 200), ("a1", 200)],
)
async def test_staff_but_handlers_read_it(
    shared: Console, part: str, member: str, code: int
) -> None:
    assert (await (await shared.visitor(member)).get(f"/register/{part}")).status_code == code


@pytest.mark.parametrize("member", ["zhang", "h1", "c1", "i1", "l1"])
@pytest.mark.parametrize(
    "path",
    ["groups/g1", "members/1", "units/1", "districts/天元区", "policies/silence_days",
     "calendar/2023-04-06", "units/new", "accounts/none/end", "calendar/notice", "city",
     "routes/edit?category=traffic", "accounts/new?member=1"],
)  # fmt: skip
async def test_only_an_administrator_changes_it(shared: Console, member: str, path: str) -> None:
    browser = await shared.visitor(member)
    seal = hidden((await browser.get("/groups")).text, "seal")
    answer = await browser.post(f"/register/{path}", data={"seal": seal, "name": "x"})
    assert answer.status_code == 403


@pytest.mark.parametrize(("member", "code"), [("c1", 200), ("a1", 200), ("l1", 403), ("i1", 403)])
async def test_coordinators_write_articles_too(shared: Console, member: str, code: int) -> None:
    assert (await (await shared.visitor(member)).get("/register/articles/new")).status_code == code


async def test_who_only_reads_sees_no_form(shared: Console) -> None:
    page = (await (await shared.visitor("l1")).get("/register/units/1")).text
    assert "<textarea" not in page
    assert 'action="/register' not in page


async def test_a_form_of_another_site_changes_nothing(shared: Console) -> None:
    browser = await shared.visitor("a1")
    answer = await browser.post("/register/units/new", data={"name": "别处"})
    assert answer.status_code == 403


# --- units --------------------------------------------------------------------------------------


async def unit(console: Console, name: str) -> Unit:
    (found,) = await rows(console, Unit, Unit.name == name)
    return found


async def test_a_unit_is_made_changed_and_remembered(console: Console, town: Town) -> None:
    browser = await console.visitor("a1")
    made = await send(browser, "/register/units/new", name="市教育局", aliases="教育局、市教体局")
    assert made.status_code == 303
    row = await unit(console, "市教育局")
    assert row.aliases == ["教育局", "市教体局"]
    path = f"/register/units/{row.id}"
    changed = await send(browser, path, name="市教育局", aliases="教育局", head="h1")
    assert changed.headers["location"] == f"{path}?saved=1"
    assert await lines(console, "unit") == [
        ("a1", str(row.id), None, {"name": "市教育局", "aliases": "教育局\n市教体局"}),
        ("a1", str(row.id), {"aliases": "教育局\n市教体局"}, {"aliases": "教育局", "head": "h1"}),
    ]
    page = (await browser.get(path)).text
    assert "系统管理员" in page
    assert "<del>教育局、市教体局" in page


async def test_what_is_saved_unchanged_leaves_no_line(console: Console, town: Town) -> None:
    row = await unit(console, "市自规局")
    path = f"/register/units/{row.id}"
    assert (await send(await console.visitor("a1"), path, name=row.name)).status_code == 303
    assert await lines(console, "unit") == []


async def test_a_renamed_unit_answers_to_its_old_name(console: Console, town: Town) -> None:
    row = await unit(console, "市自规局")
    await send(await console.visitor("a1"), f"/register/units/{row.id}", name="市自然资源局")
    async with console.app.database.transaction() as session:
        found = await people.unit_named(session, "市自规局")
    assert found is not None
    assert (found.id, found.name) == (row.id, "市自然资源局")


FAULTS = [
    ({"name": ""}, "请填写这一项"), ({"name": "市" * 101}, "最多 100 个字"),
    ({"name": "区城管"}, "已经是天元区城管局的名称或别名"),
    ({"name": "市教育局", "aliases": "供电公司"}, "已经是株洲供电公司的名称或别名"),
    ({"name": "市教育局", "head": "nobody"}, "没有编号为“nobody”的人"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "said"), FAULTS)
async def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_is_kept(
    shared: Console, fields: dict[str, str], said: str
) -> None:
    answer = await send(await shared.visitor("a1"), "/register/units/new", **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert all(f"{value[:50]}" in answer.text for value in fields.values())


async def test_a_record_that_changed_meanwhile_is_shown_beside_what_was_typed(
    console: Console, town: Town
) -> None:
    mine, other = await console.visitor("a1"), await console.visitor("a1")
    row = await unit(console, "市自规局")
    path = f"/register/units/{row.id}"
    page = (await mine.get(path)).text
    await send(other, path, name="市自规局", aliases="别人写的")
    seen = {name: hidden(page, name) for name in ("seal", "saw")}
    answer = await mine.post(path, data={**seen, "name": "市自规局", "aliases": "我写的"})
    assert answer.status_code == 409
    assert "现在是:别人写的" in answer.text
    assert "我写的</textarea>" in answer.text
    assert (await unit(console, "市自规局")).aliases == ["别人写的"]
    again = {name: hidden(answer.text, name) for name in ("seal", "saw")}
    await mine.post(path, data={**again, "name": "市自规局", "aliases": "我写的"})
    assert (await unit(console, "市自规局")).aliases == ["我写的"]


async def test_nothing_is_removed_that_a_ticket_points_to(console: Console, town: Town) -> None:
    await town.reports()
    browser = await console.visitor("a1")
    row = await unit(console, "天元区城管局")
    path = f"/register/units/{row.id}"
    page = (await browser.get(path)).text
    assert "不能删除:还有工单 1 件、人员 3 人、路由 1 条用到它" in page
    answer = await browser.post(f"{path}/remove", data={"seal": hidden(page, "seal")})
    assert answer.status_code == 409
    assert (await unit(console, "天元区城管局")).id == row.id


async def test_what_nothing_points_to_is_removed_and_remembered(
    console: Console, town: Town
) -> None:
    browser = await console.visitor("a1")
    await send(browser, "/register/districts/new", name="芦淞区", aliases="芦淞")
    path = f"/register/districts/{quote('芦淞区')}"
    answer = await send(browser, f"{path}/remove", path)
    assert answer.status_code == 303
    assert await rows(console, District, District.name == "芦淞区") == []
    assert (await lines(console, "district"))[-1] == (
        "a1", "芦淞区", {"name": "芦淞区", "aliases": "芦淞"}, None,
    )  # fmt: skip
    assert "已删除" in (await browser.get(answer.headers["location"])).text


async def test_the_open_tickets_of_a_unit_are_counted_and_linked(
    console: Console, town: Town
) -> None:
    await town.reports()
    await town.reports()
    await town.takes("h1", 1, "resolve", text="已换灯泡")
    page = (await (await console.visitor("c1")).get("/register/units")).text
    path = f"/tickets?unit={quote('天元区城管局')}&amp;status=new&amp;status=assigned"
    assert f'<a href="{path}&amp;status=accepted&amp;status=suspended" class="count">1</a>' in page


# --- groups -------------------------------------------------------------------------------------


async def test_a_group_is_made_and_its_channel_changed(console: Console, town: Town) -> None:
    browser = await console.visitor("a1")
    await send(browser, "/register/groups/new", id="g9", name="新群", reads="sandbox")
    await send(browser, "/register/groups/g9", name="新群", pushes="webhook", district="荷塘区")
    (row,) = await rows(console, Group, Group.id == "g9")
    assert (row.reads, row.answers, row.pushes, row.district) == (None, None, "webhook", "荷塘区")
    carried = await rows(console, Carrier, Carrier.group_id == "g9")
    assert {(one.channel, one.address) for one in carried} >= {("webhook", "g9")}
    again = await send(browser, "/register/groups/new", id="g9", name="再来", reads="sandbox")
    assert again.status_code == 409
    assert "已经有同名或同编号的了" in again.text


# --- misconduct ---------------------------------------------------------------------------------


async def test_how_much_misconduct_there_is_stands_nowhere(console: Console, town: Town) -> None:
    no = await town.reports()
    browser = await console.visitor("a1")
    paths = (f"/register/districts/{quote('天元区')}", "/register/groups/g1")
    for path in paths:
        assert "工单 1 件" in (await browser.get(path)).text
    await make_confidential(town, no)
    for path in paths:
        page = (await browser.get(path)).text
        assert "不能删除" in page
        assert "工单" not in page.split("不能删除")[1].split("用到它")[0]


async def test_what_only_misconduct_points_to_is_kept_too(console: Console, town: Town) -> None:
    async with town.database.transaction() as session:
        session.add(Group(id="g9", name="新群"))
        await session.flush()
        told = Report(text="有人要回扣", kind="misconduct", source="visit", group_id="g9")
        await open_ticket(session, told, by=None, now=town.now)
    browser = await console.visitor("a1")
    answer = await send(browser, "/register/groups/g9/remove", "/register/groups/g9")
    assert answer.status_code == 409
    assert await rows(console, Group, Group.id == "g9") != []
