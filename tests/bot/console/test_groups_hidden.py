"""What the group window keeps from whom: misconduct and what points to it, and numbers."""

import pytest

from tests.bot.console.conftest import Console, make_confidential, seal
from tests.fixtures.cast import REPORT, Town

pytestmark = pytest.mark.embedded


@pytest.mark.parametrize("told", ["guessed", "opened"])
@pytest.mark.parametrize("member", ["zhang", "li", "h1", "c1", "l1", "a1", "i1"])
async def test_of_misconduct_inspectors_alone_read_more_than_that_it_was_said(
    console: Console, town: Town, member: str, told: str
) -> None:
    await town.says("li", "早", "chitchat")
    sure = 0.95 if told == "opened" else 0.4
    await town.says(
        "zhang", "科长收了红包", "report_misconduct", confidence=sure, id="secret",
        images=["红包.jpg"],
    )  # fmt: skip
    await town.says("li", "真的吗", "chitchat", quote="secret")
    browser = await console.visitor(member)
    for path in ("/groups/g1?parse=1", "/groups/g1/feed"):
        page = (await browser.get(path)).text.split("</ol>")[0]  # without who may be spoken as
        # once it is a ticket its words stand on the ticket's page, where each look is recorded
        inspects = member == "i1" and told == "guessed"
        for word in ("科长收了红包", "红包.jpg", "立方新能源-张三", "反映涉纪线索"):
            assert (word in page) is inspects, word
        assert "将按规定处理" not in page
        assert ("有人说了一句话,内容" in page) is not inspects
        assert ('<a href="/tickets/1">#1</a>' in page) is (member == "i1" and told == "opened")
        assert ("引用的话不在此显示" in page) is not inspects
        assert 'data-id="secret"' not in page or inspects
        assert "真的吗" in page


async def test_what_became_misconduct_by_judgement_is_hidden_too(
    console: Console, town: Town
) -> None:
    await town.says("zhang", "办事要红包", "chitchat", id="told")
    no = await town.reports("li", group="g2")
    await make_confidential(town, no)
    async with town.database.transaction() as session:
        (await session.merge(await town.message("told"))).ticket_no = no
    for member, linked in (("c1", False), ("i1", True)):
        page = (await (await console.visitor(member)).get("/groups/g1")).text
        assert "办事要红包" not in page
        assert (f'<a href="/tickets/{no}">#{no}</a>' in page) is linked


async def test_nobody_quotes_what_is_hidden(console: Console, town: Town) -> None:
    await town.says("zhang", "科长收了红包", "report_misconduct", id="secret")
    page = (await (await console.visitor("c1")).get("/groups/g1?quote=secret")).text
    assert "科长收了红包" not in page
    assert 'id="quote" value=""' in page


async def test_who_told_of_misconduct_is_not_found_out_by_taking_it_back(
    console: Console, town: Town
) -> None:
    await town.says("zhang", "科长收了红包", "report_misconduct", id="secret")
    browser = await console.visitor("c1")
    for speaker in ("zhang", "li"):
        said = {"seal": await seal(browser), "speaker": speaker, "message": "secret"}
        assert (await browser.post("/groups/g1/recalls", data=said)).status_code == 404
    assert await console.app.streams.lag() == 0


@pytest.mark.parametrize(("member", "linked"), [("a1", False), ("c1", False), ("i1", True)])
async def test_the_number_of_a_confidential_ticket_is_not_in_the_window(
    console: Console, town: Town, member: str, linked: bool
) -> None:
    await town.says("zhang", "我要反映情况", "chitchat", id="told")
    no = await town.reports("li", group="g2")
    await make_confidential(town, no)
    async with town.database.transaction() as session:
        message = await session.merge(await town.message("told"))
        message.ticket_no = no
    browser = await console.visitor(member)
    assert (f"#{no}" in (await browser.get("/groups/g1")).text) is linked


async def test_a_handler_reads_the_numbers_of_the_own_units_tickets_alone(
    console: Console, town: Town
) -> None:
    own, other, talk = "13811111111", "13822222222", "13833333333"
    await town.reports("zhang", f"{REPORT},{own}")
    await town.reports("li", f"荷塘区仙庾岭停电,{other}", category="utilities")
    await town.says("wang", f"加我{talk}", "chitchat", name=f"湘火炬-小王{talk}")
    browser, reads = await console.visitor("h1"), await console.visitor("c1")
    for path in ("/groups/g1", "/groups/g1/feed"):
        page = (await browser.get(path)).text
        assert own in page
        assert other not in page
        assert talk not in page
        whole = (await reads.get(path)).text
        assert all(number in whole for number in (own, other, talk))
