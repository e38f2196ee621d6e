"""A report becomes a ticket, and the group hears of it."""

from dataclasses import replace

import pytest

from bot.channels.base import Incoming
from storage import messages
from tests.fixtures.cast import REPORT, Town, at, reads

pytestmark = pytest.mark.embedded


async def test_a_report_is_answered_with_number_unit_and_date(town: Town) -> None:
    (answer,) = await town.says("zhang", REPORT, "report_issue", category="traffic")
    assert answer == "@张三 已受理 #1(道路交通),承办:天元区城管局,4月11日17:30前办结。"


async def test_a_route_assigns_it_at_once(town: Town) -> None:
    no = await town.reports()
    assert await town.events(no) == [("open", "new"), ("assign", "assigned")]
    assert (await town.ticket(no)).due_at == at("04-11 17:30")


async def tells_two(town: Town) -> None:
    """Zhang tells of a lamp and of the power in one message."""
    text = "1、新马路的路灯坏了 2、车间停电"
    lamp = reads("新马路的路灯坏了", "report_issue", category="traffic")
    power = reads("车间停电", "report_issue", category="utilities")
    whole = reads(text, "report_issue", category="traffic")
    await town.hears(
        Incoming(kind="message", channel="sandbox", group="g1", id="two", at=town.now,
                 sender="zhang", name="立方新能源-张三", text=text),
        replace(whole, parts=(lamp, power)),
    )  # fmt: skip


async def test_several_problems_become_several_tickets_and_one_answer(town: Town) -> None:
    await tells_two(town)
    lamp, power = await town.tickets()
    assert (lamp.text, lamp.category) == ("新马路的路灯坏了", "traffic")
    assert (power.text, power.category, power.urgent) == ("车间停电", "utilities", True)
    (answer,) = await town.posts()
    assert answer.about == [1, 2]
    assert answer.text.splitlines() == [
        "@张三 您说的 2 件事已分别受理:",
        "#1(道路交通)承办:天元区城管局,4月11日17:30前办结",
        "紧急 #2(水电气网)承办:株洲供电公司,4月4日09:00前办结",
    ]


async def test_each_of_several_tickets_has_the_message_that_told_of_it(town: Town) -> None:
    await tells_two(town)
    async with town.database.transaction() as session:
        told = [[m.external_id for m in await messages.of_ticket(session, no)] for no in (1, 2)]
    assert told == [["two"], ["two"]]


@pytest.mark.parametrize("quote", ["two", "post-1"])
async def test_who_quotes_a_message_of_several_means_the_own_one(town: Town, quote: str) -> None:
    await tells_two(town)
    await town.says("h3", "马上派人", "accept_task", quote=quote)
    assert [ticket.status for ticket in await town.tickets()] == ["assigned", "accepted"]
