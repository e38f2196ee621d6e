"""补充情况: details, pictures and files join the ticket, without a word."""

import pytest

from tests.fixtures.cast import Town, at

pytestmark = pytest.mark.embedded


async def test_details_are_taken_without_a_word(town: Town) -> None:
    no = await town.reports()
    assert await town.says("zhang", "就在3号门对面", "add_detail", id="m-more") == []
    message = await town.message("m-more")
    assert (message.ticket_no, message.effect) == (no, "add")


async def test_addressed_the_bot_says_where_they_went(town: Town) -> None:
    no = await town.reports()
    said = await town.says("zhang", "就在3号门对面", "add_detail", mentions=True)
    assert said == [f"@张三 已补充到 #{no}。"]


async def test_asked_for_them_the_bot_says_so_once(town: Town) -> None:
    await town.says("u7", "路灯坏了", "report_issue", name="钱七")  # neither place nor name
    assert await town.says("u7", "", "chitchat", images=["p1"], name="钱七") == []
    said = await town.says("u7", "德信包装门口", "add_detail", name="钱七")
    assert said == ["@钱七 已补充到 #1。"]  # the picture alone was no answer
    assert await town.says("u7", "就一盏", "add_detail", name="钱七") == []


async def test_they_are_no_step(town: Town) -> None:
    no = await town.reports()
    events = await town.events(no)
    await town.says("zhang", "就在3号门对面", "add_detail")
    assert await town.events(no) == events


async def test_the_first_address_is_kept(town: Town) -> None:
    no = await town.reports()
    for place in ("新马路3号", "新马路5号"):
        await town.says("zhang", f"在{place}", "add_detail", entities={"address": place})
    assert (await town.ticket(no)).address == "新马路3号"


async def test_a_colleague_adds_to_the_latest_ticket_of_the_enterprise(town: Town) -> None:
    no = await town.reports()
    await town.says("wang", "就在3号门对面", "add_detail", id="m-more")
    assert (await town.message("m-more")).ticket_no == no


async def test_a_stranger_adds_nothing(town: Town) -> None:
    no = await town.reports()
    assert await town.says("li", "我们也是", "add_detail", id="m-more") == []
    assert await town.says("li", f"#{no} 我们也是", "add_detail") == []  # talk about another's
    (answer,) = await town.says("li", f"#{no} 我们也是", "add_detail", mentions=True)
    assert "不是您单位的诉求" in answer
    assert (await town.message("m-more")).ticket_no is None


async def test_an_enterprise_that_still_writes_is_not_silent(town: Town) -> None:
    no = await town.reports()
    await town.takes("h1", no, "resolve")
    town.now = at("04-04 10:00")
    await town.says("zhang", "还要再看看", "add_detail")
    await town.until(at("04-07 17:30"))
    assert (await town.ticket(no)).status == "resolved"
    await town.until(at("04-10 17:30"))
    assert (await town.ticket(no)).status == "closed"


async def test_what_a_coordinator_adds_is_not_a_word_of_the_enterprise(town: Town) -> None:
    no = await town.reports()
    await town.takes("h1", no, "resolve")
    town.now = at("04-04 10:00")
    await town.says("c1", f"#{no} 已电话联系企业", "add_detail")
    await town.until(at("04-07 17:30"))
    assert (await town.ticket(no)).status == "closed"


async def test_who_is_named_only_later_is_whose_ticket_it_is(town: Town) -> None:
    await town.says("u7", "路灯坏了", "report_issue", name="钱七")
    named = {"enterprise": "德信包装"}
    await town.says("u7", "我们是德信包装", "add_detail", entities=named, name="钱七")
    assert (await town.ticket(1)).enterprise == "德信包装"
    said = await town.says("u8", "到哪了", "ask_progress", name="德信包装-孙八")
    assert "#1" in said[0]


async def test_an_addressed_picture_gets_a_word_and_a_bare_call_a_line_of_help(town: Town) -> None:
    no = await town.reports()
    said = await town.says("zhang", "", "chitchat", images=["p1"], mentions=True)
    assert said == [f"@张三 已补充到 #{no}。"]
    (line,) = await town.says("zhang", "", "chitchat", mentions=True, id="m-call")
    assert len(line.splitlines()) == 1
    assert (await town.message("m-call")).ticket_no is None


async def test_a_number_that_the_bot_asked_for_is_answered(town: Town) -> None:
    no = await town.reports()
    town.now = at("04-03 12:00")
    said = await town.says("zhang", "补充一点", "add_detail", group="g2", mentions=True)
    assert "哪一件" in said[0]
    said = await town.says("zhang", str(no), "chitchat", group="g2")
    assert said == [f"@张三 已补充到 #{no}。"]


async def test_a_handler_adds_to_the_only_ticket_of_the_unit(town: Town) -> None:
    no = await town.reports()
    assert await town.says("h1", "现场在东门", "add_detail", id="m-more") == []
    assert (await town.message("m-more")).ticket_no == no
