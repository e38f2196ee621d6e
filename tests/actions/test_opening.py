"""A new ticket: what is read from the report, its unit, and who is told; rules 2 and 5."""

from typing import Any

import pytest
from sqlmodel import select

from actions import steps
from actions.base import Refused
from storage import people
from storage.models import Link, Ticket
from tests.fixtures.cast import REPORT, Town, at

pytestmark = pytest.mark.embedded


async def led_by(town: Town, ticket: Ticket) -> str | None:
    async with town.database.transaction() as session:
        unit = await people.unit(session, ticket.unit_id)
        return unit.name if unit else None


async def by_hand(town: Town, who: str, **args: Any) -> Ticket:
    async with town.database.transaction() as session:
        by = await steps.named(session, who)
        return await steps.open_by_hand(session, args, by=by, now=town.now)


@pytest.mark.parametrize(
    ("category", "group", "unit"),
    [
        ("traffic", "g1", "天元区城管局"),
        ("traffic", "g2", "市自规局"),
        ("utilities", "g1", "株洲供电公司"),
        ("utilities", "g2", "株洲供电公司"),
        ("tax", "g1", None),
        (None, "g1", None),
    ],
)
async def test_the_best_route_names_the_unit(
    town: Town, category: str | None, group: str, unit: str | None
) -> None:
    no = await town.reports(text="这里有问题", category=category, group=group)
    ticket = await town.ticket(no)
    assert await led_by(town, ticket) == unit
    assert ticket.status == ("assigned" if unit else "new")


async def test_the_handlers_of_the_unit_are_told(town: Town) -> None:
    no = await town.reports()
    assert await town.notices() == [(who, "assigned", no) for who in ("h1", "h2", "h9")]


async def test_without_a_route_the_coordinators_are_told(town: Town) -> None:
    (answer,) = await town.says("zhang", "税率不对", "report_issue", category="tax")
    assert answer == "@张三 已受理 #1(税费),已转专班交办,4月11日17:30前办结。"
    assert await town.notices() == [("c1", "new", 1), ("c2", "new", 1)]


@pytest.mark.parametrize(
    ("written", "district"), [("荷塘区", "荷塘区"), ("荷塘", "荷塘区"), ("火星区", "天元区")]
)
async def test_the_district_is_the_one_that_is_named_else_that_of_the_group(
    town: Town, written: str, district: str
) -> None:
    text = f"{written}新马路的路灯坏了"
    no = await town.reports(text=text, entities={"district": written})
    assert (await town.ticket(no)).district == district


async def test_what_was_read_stands_on_the_ticket(town: Town) -> None:
    no = await town.reports(entities={"address": "栗雨工业园新马路"})
    ticket = await town.ticket(no)
    assert (ticket.kind, ticket.source, ticket.category) == ("issue", "group", "traffic")
    assert (ticket.address, ticket.text, ticket.group_id) == ("栗雨工业园新马路", REPORT, "g1")
    assert ticket.enterprise == "湖南立方新能源科技有限公司"
    assert (ticket.reported_at, ticket.first_respond_by) == (town.now, at("04-07 17:30"))


async def test_an_urgent_report_is_due_within_a_day(town: Town) -> None:
    (answer,) = await town.says("zhang", "全厂停电了", "report_issue", category="utilities")
    assert answer.startswith("@张三 紧急诉求已受理 #1(水电气网),承办:株洲供电公司,4月4日09:00")
    ticket = await town.ticket()
    assert (ticket.urgent, ticket.respond_by) == (True, at("04-03 11:00"))


@pytest.mark.parametrize(
    ("name", "text", "entities", "asks"),
    [
        ("钱七", "路灯坏了", {}, True),
        ("钱七", "新马路的路灯坏了", {"address": "新马路"}, False),
        ("钱七", "电池项目路灯坏了", {"project": "电池项目"}, False),
        ("钱七", "德信包装路灯坏了", {"enterprise": "德信包装"}, False),
        ("德信包装-钱七", "路灯坏了", {}, False),
    ],
)
async def test_a_report_of_nowhere_by_nobody_is_opened_and_asked_about(
    town: Town, name: str, text: str, entities: dict[str, str], asks: bool
) -> None:
    (answer,) = await town.says("u7", text, "report_issue", entities=entities, name=name)
    assert ("请补充具体地点和单位名称" in answer) == asks
    assert len(await town.tickets()) == 1


async def test_a_coordinator_opens_in_the_group_too(town: Town) -> None:
    (answer,) = await town.says("c1", REPORT, "report_issue", category="traffic")
    assert answer.startswith("@王敏 已受理 #1")


async def test_numbers_run_on_across_groups(town: Town) -> None:
    assert [await town.reports(group=group) for group in ("g1", "g2", "g1")] == [1, 2, 3]


async def test_the_answer_belongs_to_message_and_ticket(town: Town) -> None:
    no = await town.reports(id="m-one")
    (post,) = await town.posts()
    assert (post.about, post.to, post.why, post.next_at) == ([no], ["zhang"], "reply", town.now)
    assert post.answers == (await town.message("m-one")).id


async def test_at_night_a_reply_goes_at_once(town: Town) -> None:
    town.now = at("04-03 23:00")
    await town.reports()
    assert (await town.posts())[0].next_at == at("04-03 23:00")


async def test_a_coordinator_opens_what_was_told_elsewhere(town: Town) -> None:
    ticket = await by_hand(
        town, "c1", text="全厂停电了", source="hotline", category="utilities", district="荷塘区",
        enterprise="宏远机械", group="g2",
    )  # fmt: skip
    assert (ticket.status, ticket.urgent, ticket.source) == ("assigned", True, "hotline")
    assert (ticket.group_id, ticket.enterprise) == ("g2", "宏远机械")
    assert await led_by(town, ticket) == "株洲供电公司"


async def test_the_group_hears_of_what_was_written_down_by_hand(town: Town) -> None:
    await by_hand(town, "c1", text=REPORT, source="hotline", category="traffic", group="g1")
    (post,) = await town.posts()
    assert (post.group_id, post.why, post.about, post.to) == ("g1", "notice", [1], [])


@pytest.mark.parametrize(
    ("told", "linked"),
    [
        ({"group": "g1"}, [(1, 2), (2, 1)]),
        ({"district": "天元"}, [(1, 2), (2, 1)]),
        ({"group": "g2"}, []),
        ({}, []),
    ],
)
async def test_written_down_by_hand_it_is_linked_as_well(
    town: Town, told: dict[str, str], linked: list[tuple[int, int]]
) -> None:
    await town.reports()
    await by_hand(town, "c1", text=REPORT, source="hotline", category="traffic", **told)
    async with town.database.transaction() as session:
        rows = (await session.exec(select(Link.ticket_no, Link.other_no))).all()
    assert sorted((one, other) for one, other in rows) == linked


async def test_what_has_neither_group_nor_district_is_near_nothing(town: Town) -> None:
    for _ in range(2):
        await by_hand(town, "c1", text=REPORT, source="hotline", category="traffic")
    async with town.database.transaction() as session:
        assert (await session.exec(select(Link))).all() == []


@pytest.mark.parametrize("who", ["zhang", "h1", "i1", "l1", "a1"])
async def test_nobody_else_opens_by_hand(town: Town, who: str) -> None:
    with pytest.raises(Refused, match="不能代为登记"):
        await by_hand(town, who, text=REPORT, source="hotline")
    assert await town.tickets() == []


async def test_a_group_that_there_is_not_is_refused(town: Town) -> None:
    with pytest.raises(Refused, match="g9"):
        await by_hand(town, "c1", text=REPORT, source="hotline", group="g9")


async def test_misconduct_is_confidential_and_goes_to_the_inspectors_alone(town: Town) -> None:
    ticket = await by_hand(
        town, "c1", text="有人收钱", source="hotline", kind="misconduct", category="traffic",
        district="天元区",
    )  # fmt: skip
    assert (ticket.status, ticket.confidential, ticket.unit_id) == ("new", True, None)
    assert await town.notices() == [("i1", "new", ticket.no)]
    assert await town.posts() == []
