"""办结: a handler says it is done, and the enterprise is asked whether it is."""

import pytest

from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded


async def test_the_reporter_is_asked_to_look(town: Town) -> None:
    no = await town.reports()
    (answer,) = await town.says("h1", "路灯已修好,请核实", "report_done")
    assert answer == (
        f"@李科 #{no} 办结已登记。\n@张三 请核实:解决了请回“满意”或“已解决”,"
        "没解决请直接说明。3个工作日内没有回复的,将自动销号。"
    )
    assert (await town.posts())[-1].to == ["h1", "zhang"]


@pytest.mark.parametrize("first", [None, "accept"])
async def test_it_is_resolved_from_assigned_and_from_accepted(
    town: Town, first: str | None
) -> None:
    no = await town.reports()
    if first:
        await town.takes("h1", no, first)
    await town.says("h1", "路灯已修好", "report_done")
    ticket = await town.ticket(no)
    assert (ticket.status, ticket.resolved_at) == ("resolved", town.now)
    assert (await town.chain(no))[-1].words == "路灯已修好"


async def test_another_unit_may_not(town: Town) -> None:
    no = await town.reports()
    await town.says("h3", f"#{no} 已修好", "report_done")
    assert (await town.ticket(no)).status == "assigned"


async def test_a_resolved_ticket_is_not_resolved_again(town: Town) -> None:
    no = await town.reports()
    for _ in range(2):
        answers = await town.says("h1", f"#{no} 已修好", "report_done")
    (answer,) = answers
    assert answer.startswith(f"@李科 #{no} 现在是“已办结待评价”,不能办结。反映的企业可以确认销号")
    assert (await town.ticket(no)).resolve_count == 1
