"""Groups, people, units, districts, articles: looked at, made, changed, removed, remembered."""

from urllib.parse import quote

import pytest
from sqlmodel import col

from actions.opening import Report, open_ticket
from storage import people
from storage.models import Article, Carrier, District, Group, Member, Post, Unit
from tests.bot.console.conftest import MASKED, PHONE, Console, make_confidential
from tests.bot.console.register.sent import hidden, lines, rows, send
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded

LISTS = (
    "groups", "members", "units", "districts", "routes", "policies", "calendar", "articles",
    "changes",
)  # fmt: skip
MARKUP = "<script>alert(1)</script>"


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


# --- people -------------------------------------------------------------------------------------


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


# --- groups -------------------------------------------------------------------------------------


async def test_a_group_tells_how_it_is(console: Console, town: Town) -> None:
    await town.says("zhang", "大家好", "chitchat")
    browser = await console.visitor("c1")
    assert "4月3日09:00" in (await browser.get("/register/groups/g1")).text
    assert "还没有推送" in (await browser.get("/register/groups/g1")).text


@pytest.mark.parametrize(
    ("status", "error", "advice"),
    [
        ("failed", "没有设置 MINGCHENG_WEBHOOK_URL", "请在服务器上设置 MINGCHENG_WEBHOOK_URL"),
        ("failed", "HTTP 403", "对方拒收(HTTP 403)"),
        ("unknown", "ReadTimeout", "为免重复,不会自动再发"),
        ("waiting", "HTTP 503", "4月3日09:00自动重试"),
        ("failed", MARKUP, "请核对通道设置"),
    ],
)
async def test_a_group_that_ails_says_why_and_what_to_do(
    console: Console, town: Town, status: str, error: str, advice: str
) -> None:
    async with console.app.database.transaction() as session:
        session.add(
            Post(group_id="bridge", text=f"请联系{PHONE}{MARKUP}", why="reply", at=town.now,
                 next_at=town.now, status=status, error=error, tries=1)
        )  # fmt: skip
    page = (await (await console.visitor("a1")).get("/register/groups/bridge")).text
    assert advice in page
    assert MARKUP not in page
    assert PHONE not in page
    index = (await (await console.visitor("a1")).get("/register/groups?state=ails")).text
    assert index.count('href="/register/groups/') == 2  # 新建, and the group that ails
    assert {"failed": "没有发出", "unknown": "不知是否送达", "waiting": "重试中"}[status] in index


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


# --- articles -----------------------------------------------------------------------------------

HIGH = {
    "title": "高新技术企业认定条件", "body": f"注册一年以上,详询{PHONE}", "source": "科技局",
    "dated": "2023-03-01", "published": "yes",
}  # fmt: skip


async def test_an_article_is_written_tried_and_withdrawn(console: Console, town: Town) -> None:
    browser = await console.visitor("c1")
    assert (await send(browser, "/register/articles/new", **HIGH)).status_code == 303
    (row,) = await rows(console, Article)
    asked = "/register/articles?ask=高新技术企业认定条件"
    assert "机器人会直接用它答复" in (await browser.get(asked)).text
    shown = {**HIGH}
    del shown["published"]
    await send(browser, f"/register/articles/{row.id}", **shown)
    assert "没有沾边的文章" in (await browser.get(asked)).text
    assert [(was, became) for _, _, was, became in await lines(console, "article")][1:] == [
        ({"published": "yes"}, {"published": ""})
    ]


async def test_a_published_article_is_withdrawn_before_it_is_removed(
    console: Console, town: Town
) -> None:
    browser = await console.visitor("c1")
    await send(browser, "/register/articles/new", **HIGH)
    (row,) = await rows(console, Article)
    path = f"/register/articles/{row.id}"
    assert (await send(browser, f"{path}/remove", path)).status_code == 409
    await send(browser, path, **{**HIGH, "published": ""})
    assert (await send(browser, f"{path}/remove", path)).status_code == 303
    assert await rows(console, Article, col(Article.id) == row.id) == []


async def test_a_title_that_another_article_has_is_refused_in_its_own_form(
    console: Console, town: Town
) -> None:
    browser = await console.visitor("c1")
    for title in ("一", "二"):
        await send(browser, "/register/articles/new", **{**HIGH, "title": title})
    second = (await rows(console, Article, Article.title == "二"))[0]
    path = f"/register/articles/{second.id}"
    answer = await send(browser, path, **{**HIGH, "title": "一"})
    assert answer.status_code == 409
    assert f'action="{path}"' in answer.text
    assert "已经有同名或同编号的了" in answer.text


@pytest.mark.parametrize("dated", ["2023-02-30", "昨天", "99999-01-01"])
async def test_a_date_that_is_none_is_said(shared: Console, dated: str) -> None:
    fields = {**HIGH, "dated": dated}
    answer = await send(await shared.visitor("c1"), "/register/articles/new", **fields)
    assert answer.status_code == 422
    assert "请写成日期" in answer.text


# --- what comes from outside --------------------------------------------------------------------

ODD = [
    "units/0", "units/-1", "units/one", "units/９", f"units/{'9' * 30}", "units/%00",
    "members/none", "groups/none", "groups/%00", "districts/none", "articles/99999",
    "policies/none", "policies/__class__", "calendar/2023-02-30", "calendar/20230405",
    "calendar/none", "calendar/9999-12-31", "accounts/none", "accounts/%00",
    "routes/edit?category=none", "routes/edit", "routes/edit?category=traffic&district=none",
    "accounts/new?member=99999", "accounts/new", f"accounts/new?member={'9' * 30}",
    f"members?after={2**63}", "members?after=-1", "changes?before=0", f"changes?before={2**63}",
    "calendar?year=99999", "calendar?year=x",
]  # fmt: skip


@pytest.mark.parametrize("path", ODD)
async def test_what_is_not_there_is_not_found(shared: Console, path: str) -> None:
    assert (await (await shared.visitor("a1")).get(f"/register/{path}")).status_code == 404


ASKED = [
    "members?q=%00&role=%00&unit=%00", "members?q=%FF", "groups?state=%00", "changes?what=%00",
    "articles?q=%00&state=x&ask=%00", "routes?q=%00&category=%00&district=%00", "routes?q=%FF",
    "members?q=_%25\\", f"routes?q={'长' * 2000}", "calendar?year=1", "calendar?year=9998",
]  # fmt: skip


@pytest.mark.parametrize("path", ASKED)
async def test_no_odd_question_is_a_failure_of_ours(shared: Console, path: str) -> None:
    assert (await (await shared.visitor("a1")).get(f"/register/{path}")).status_code == 200


SENT = [
    "units/new", "members/new", "groups/new", "districts/new", "articles/new", "units/1",
    "members/1", "policies/silence_days", "policies/close_of_business", "calendar/2023-04-06",
    "calendar/notice", "city", "routes/edit?category=traffic", "accounts/new?member=1",
]  # fmt: skip
NAMES = (
    "name", "aliases", "head", "role", "unit", "enterprise", "channel", "external_id", "id",
    "district", "title", "body", "source", "dated", "value", "working", "why", "text", "login",
    "saw", "agreed",
)  # fmt: skip


@pytest.mark.parametrize("value", ["\x00", "长" * 100_000, str(2**63), "\udcff", "٣", "１:3０"])
@pytest.mark.parametrize("path", SENT)
async def test_no_odd_form_is_a_failure_of_ours(shared: Console, path: str, value: str) -> None:
    browser = await shared.visitor("a1")
    seal = hidden((await browser.get("/groups")).text, "seal")
    sent = value.encode("utf-8", "surrogateescape")
    answer = await browser.post(
        f"/register/{path}", data={"seal": seal.encode(), **dict.fromkeys(NAMES, sent)}
    )
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("path", ["units", "units/new", "changes"])
async def test_what_people_write_is_never_markup(console: Console, town: Town, path: str) -> None:
    browser = await console.visitor("a1")
    await send(browser, "/register/units/new", name=MARKUP, aliases=f"{MARKUP}2")
    assert (MARKUP in (await browser.get(f"/register/{path}")).text) is False
    answer = await send(browser, "/register/units/new", name=MARKUP)
    assert MARKUP not in answer.text


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
