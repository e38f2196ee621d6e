"""催办: passed on to the handler, once in four hours whoever urged; rules, sections 4 and 8."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from actions.base import Refused
from storage.models import Notice
from tests.fixtures.cast import REPORT, Town, at

pytestmark = pytest.mark.embedded


async def urges(town: Town, who: str = "zhang", text: str = "#1 快点吧") -> str:
    (answer,) = await town.says(who, text, "urge")
    return answer


async def test_it_goes_to_every_handler_of_the_unit_at_once(town: Town) -> None:
    no = await town.reports()
    assert await urges(town) == "@张三 #1 已催办天元区城管局,4月11日17:30前办结。"
    assert await town.told("urge") == [(who, no, town.now) for who in ("h1", "h2", "h9")]


async def test_who_accepted_it_is_the_one_who_is_urged(town: Town) -> None:
    no = await town.reports()
    await town.takes("h2", no, "accept")
    await urges(town)
    assert await town.told("urge") == [("h2", no, town.now)]


async def test_without_a_unit_the_coordinators_are_urged(town: Town) -> None:
    no = await town.reports(category=None)
    await urges(town)
    assert await town.told("urge") == [(who, no, town.now) for who in ("c1", "c2")]


@pytest.mark.parametrize(
    ("later", "times"),
    [(timedelta(hours=3, minutes=59, seconds=59), 1), (timedelta(hours=4), 2)],
)
@pytest.mark.parametrize("who", ["zhang", "wang", "c1"])
async def test_once_in_four_hours_whoever_urged(
    town: Town, who: str, later: timedelta, times: int
) -> None:
    no = await town.reports()
    await town.takes("h2", no, "accept")
    await urges(town)
    town.now += later
    answer = await urges(town, who)
    assert ("刚催过天元区城管局" in answer) == (times == 1)
    assert len(await town.told("urge")) == times


async def test_what_was_not_passed_on_does_not_move_the_four_hours(town: Town) -> None:
    await town.takes("h2", await town.reports(), "accept")
    for _ in range(3):
        await urges(town)
        town.later(hours=2)
    passed_on = [moment for *_, moment in await town.told("urge")]
    assert passed_on == [at("04-03 09:00"), at("04-03 13:00")]


async def test_each_ticket_has_its_own_four_hours(town: Town) -> None:
    for _ in range(2):
        await town.takes("h2", await town.reports(), "accept")
    await urges(town)
    await urges(town, text="#2 快点吧")
    assert [no for _, no, _ in await town.told("urge")] == [1, 2]


@pytest.mark.parametrize(
    ("moment", "reads"),
    [
        ("04-03 19:59", "04-03 19:59"),
        ("04-03 20:00", "04-04 08:00"),
        ("04-03 22:00", "04-04 08:00"),
        ("04-04 03:00", "04-04 08:00"),
    ],
)
async def test_at_night_it_waits_for_eight_and_the_answer_does_not(
    town: Town, moment: str, reads: str
) -> None:
    await town.takes("h2", await town.reports(), "accept")
    town.now = at(moment)
    answer = await urges(town)
    assert ("上午8点送达" in answer) == (moment != reads)
    assert (await town.posts())[-1].next_at == at(moment)
    assert [when for *_, when in await town.told("urge")] == [at(reads)]


@pytest.mark.parametrize(("moment", "times"), [("04-04 11:59", 1), ("04-04 12:00", 2)])
async def test_what_waited_was_passed_on_at_eight(town: Town, moment: str, times: int) -> None:
    await town.takes("h2", await town.reports(), "accept")
    for again in ("04-03 22:00", "04-03 23:30", moment):
        town.now = at(again)
        await urges(town)
    assert len(await town.told("urge")) == times


async def test_of_an_urgent_one_it_goes_at_once_by_night(town: Town) -> None:
    town.now = at("04-03 23:00")
    no = await town.reports(text="全厂停电了", category="utilities")
    await urges(town)
    assert await town.told("urge") == [("h3", no, at("04-03 23:00"))]


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([("h1", "resolve", {})], "承办单位已报办结,请核实"),
        ([("h1", "resolve", {}), ("zhang", "confirm", {})], "已销号"),
        ([("c1", "reject", {"reason": "不归政府管"})], "不予受理"),
    ],
)
async def test_what_is_no_longer_worked_on_is_not_passed_on(
    town: Town, steps: list[tuple[str, str, dict[str, str]]], words: str
) -> None:
    no = await town.reports()
    for who, step, args in steps:
        await town.takes(who, no, step, **args)
    assert words in await urges(town)
    assert await town.told("urge") == []


async def test_where_none_fits_the_bot_asks(town: Town) -> None:
    (answer,) = await town.says("zhang", "快点吧", "urge")
    assert "请问是哪一件?" in answer


async def test_it_is_no_step_of_the_ticket(town: Town) -> None:
    no = await town.reports()
    before = await town.events(no)
    await urges(town)
    assert await town.events(no) == before


# --- in the console -----------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["zhang", "c1", "i1", "l1"])
async def test_whoever_may_urge_does_it_on_the_page_as_well(town: Town, who: str) -> None:
    no = await town.reports()
    before = await town.ticket()
    await town.takes(who, no, "urge", text="今天请到现场")
    assert await town.told("urge") == [(handler, no, town.now) for handler in ("h1", "h2", "h9")]
    event = (await town.chain())[-1]
    assert (event.step, event.was, event.became) == ("urge", "assigned", "assigned")
    assert (event.by, event.words) == (who, "今天请到现场")
    after = await town.ticket()
    assert (after.due_at, after.respond_by) == (before.due_at, before.respond_by)


async def test_the_handler_reads_who_urges_and_what_is_added(town: Town) -> None:
    await town.takes("h1", await town.reports(), "accept")
    await town.takes("i1", 1, "urge", text="今天请到现场")
    (told,) = await notices(town)
    assert told.startswith("市纪委-赵主任 催办 #1,4月11日17:30前办结:")
    assert told.endswith("\n附言:今天请到现场")


async def test_what_is_late_or_stands_still_is_said_so(town: Town) -> None:
    await town.takes("h1", await town.reports(), "accept")
    for moment, told in (("04-13 10:00", "超期2个工作日"), ("04-14 10:00", "目前挂账")):
        town.now = at(moment)
        if told == "目前挂账":
            await town.takes("c1", 1, "suspend", reason="等资金")
        await town.takes("i1", 1, "urge")
        assert f"催办 #1,{told}:{REPORT}" in (await notices(town))[-1]


async def test_nobody_hears_of_the_own_urging(town: Town) -> None:
    no = await town.reports(category=None)
    await town.takes("c1", no, "urge")
    assert await town.told("urge") == [("c2", no, town.now)]


async def notices(town: Town) -> list[str]:
    async with town.database.transaction() as session:
        wanted = select(Notice.text).where(Notice.level == "urge").order_by(col(Notice.id))
        return list((await session.exec(wanted)).all())


async def test_the_group_hears_nothing_of_it(town: Town) -> None:
    no = await town.reports()
    said = await town.posts()
    await town.takes("i1", no, "urge")
    assert await town.posts() == said


async def test_page_and_group_share_the_four_hours(town: Town) -> None:
    no = await town.reports()
    await urges(town)
    town.later(hours=3)
    with pytest.raises(Refused, match="4月3日09:00刚催过,4月3日13:00后可以再催"):
        await town.takes("i1", no, "urge")
    town.later(hours=1)
    await town.takes("i1", no, "urge")
    assert "刚催过" in await urges(town)


async def test_in_the_night_it_waits_for_the_morning(town: Town) -> None:
    no = await town.reports()
    town.now = at("04-03 22:00")
    await town.takes("i1", no, "urge")
    assert {moment for *_, moment in await town.told("urge")} == {at("04-04 08:00")}
    town.later(minutes=30)
    with pytest.raises(Refused, match="已催过,4月4日08:00送达,4月4日12:00后可以再催"):
        await town.takes("i1", no, "urge")


@pytest.mark.parametrize("who", ["h1", "li", "a1"])
async def test_others_may_not(town: Town, who: str) -> None:
    no = await town.reports()
    with pytest.raises(Refused):
        await town.takes(who, no, "urge")
    assert await town.told("urge") == []


async def test_of_misconduct_nobody_is_urged(town: Town) -> None:
    await town.says("li", "有人要回扣", "report_misconduct")
    with pytest.raises(Refused, match="由纪检直接办理"):
        await town.takes("i1", 1, "urge")
