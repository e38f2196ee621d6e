"""What an official says in a ticket's group through the bot."""

import pytest

from actions import reply
from actions.base import Refused
from actions.opening import Report, open_ticket
from actions.steps import named
from storage import events, tickets
from storage.models import Post
from tests.fixtures.cast import REPORT, Town, at

pytestmark = pytest.mark.embedded


async def says(town: Town, who: str, text: str, no: int = 1) -> Post:
    async with town.database.transaction() as session:
        by, ticket = await named(session, who), await tickets.lock(session, no)
        assert ticket is not None
        return await reply.reply(session, ticket, text, by=by, now=town.now)


@pytest.mark.parametrize(
    ("who", "name"),
    [("h1", "天元区城管局-李科"), ("c1", "专班-王敏"), ("i1", "市纪委-赵主任")],
)
async def test_the_group_reads_it_in_the_name_of_the_official(
    town: Town, who: str, name: str
) -> None:
    await town.reports()
    post = await says(town, who, "明天上午到现场")
    assert post.text == f"@张三 #1 {name}:明天上午到现场"
    assert (post.group_id, post.to, post.about, post.next_at) == ("g1", ["zhang"], [1], town.now)


async def test_it_stands_in_the_chain(town: Town) -> None:
    await town.reports()
    await says(town, "h1", "明天上午\n到现场")
    said = (await town.chain())[-1]
    assert (said.step, said.by, said.was, said.became) == ("say", "h1", "assigned", "assigned")
    assert said.words == "明天上午\n到现场"
    async with town.database.transaction() as session:
        assert await events.broken(session) is None


@pytest.mark.parametrize("who", ["zhang", "li", "h3", "l1", "a1"])
async def test_nobody_else_speaks(town: Town, who: str) -> None:
    await town.reports()
    before = await town.count()
    with pytest.raises(Refused, match="没有找到 #1"):
        await says(town, who, "在吗")
    assert await town.count() == before
    assert "say" not in [step for step, _ in await town.events()]


@pytest.mark.parametrize("who", ["i1", "c1"])
async def test_of_what_is_confidential_nothing_is_said(town: Town, who: str) -> None:
    await town.says("zhang", "有人要回扣", "report_misconduct")
    assert (await town.ticket()).confidential
    before = await town.count()
    with pytest.raises(Refused, match="没有找到 #1"):
        await says(town, who, "在吗")
    assert await town.count() == before


async def test_what_has_no_group_has_nobody_to_read_it(town: Town) -> None:
    async with town.database.transaction() as session:
        report = Report(text=REPORT, source="hotline")
        await open_ticket(session, report, by=None, now=town.now)
    with pytest.raises(Refused, match="没有可以回复的群"):
        await says(town, "c1", "在吗")


@pytest.mark.parametrize(
    ("text", "why"), [("", "请写明"), (" \u200b\n", "请写明"), ("长" * 501, "最多说 500 个字")]
)
async def test_there_is_something_to_say_and_not_too_much(town: Town, text: str, why: str) -> None:
    await town.reports()
    with pytest.raises(Refused, match=why):
        await says(town, "c1", text)


async def test_what_is_written_acts_on_nothing(town: Town) -> None:
    await town.reports()
    post = await says(town, "c1", "@所有人 <b>点</b> [CQ:at,qq=all]\n请打 13812345678")
    assert post.text.endswith("＠所有人 ‹b›点‹/b› ［CQ:at,qq=all］ 请打 138****5678")


async def test_in_the_night_it_waits_unless_it_is_urgent(town: Town) -> None:
    await town.reports()
    town.now = at("04-03 21:00")
    assert (await says(town, "c1", "明天联系您")).next_at == at("04-04 08:00")
    await town.takes("c1", 1, "edit", urgent=True)
    assert (await says(town, "c1", "马上到")).next_at == town.now


async def test_who_wrote_it_down_is_not_who_is_addressed(town: Town) -> None:
    async with town.database.transaction() as session:
        report = Report(text=REPORT, source="hotline", group_id="g1")
        await open_ticket(session, report, by=await named(session, "c1"), now=town.now)
    post = await says(town, "c2", "明天上午到现场")
    assert (post.text, post.to) == ("#1 专班-刘洋:明天上午到现场", [])
