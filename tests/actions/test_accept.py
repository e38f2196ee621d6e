"""签收: a handler takes the work on."""

import pytest

from tests.fixtures.cast import Town, at

pytestmark = pytest.mark.embedded


async def test_the_reporter_hears_that_somebody_has_it(town: Town) -> None:
    no = await town.reports()
    assert await town.says("h1", "收到,马上派人", "accept_task") == [
        f"@李科 #{no} 已签收。@张三 天元区城管局已接手,4月11日17:30前办结。"
    ]
    assert (await town.posts())[-1].to == ["h1", "zhang"]


async def test_the_handler_who_accepted_has_it(town: Town) -> None:
    no = await town.reports()
    town.later(minutes=5)
    await town.says("h2", "收到", "accept_task", id="m-took")
    ticket = await town.ticket(no)
    assert (ticket.status, ticket.accepted_at) == ("accepted", at("04-03 09:05"))
    assert ticket.handler_id == (await town.message("m-took")).sender_id


async def test_what_is_new_is_meant_before_what_is_accepted_already(town: Town) -> None:
    await town.reports()
    await town.says("h1", "收到", "accept_task")
    second = await town.reports()
    await town.says("h1", "收到", "accept_task")
    assert (await town.events(second))[-1] == ("accept", "accepted")


async def test_where_all_is_accepted_already_it_is_progress(town: Town) -> None:
    no = await town.reports()
    for who in ("h1", "h2"):
        await town.says(who, "收到", "accept_task")
    assert [step for step, _ in await town.events(no)][-2:] == ["accept", "progress"]


async def test_named_again_it_is_progress(town: Town) -> None:
    no = await town.reports()
    await town.says("h1", "收到", "accept_task")
    (answer,) = await town.says("h2", f"#{no} 收到,在路上", "accept_task")
    assert answer.startswith(f"@赵工 #{no} 进展已登记。@张三 天元区城管局有新进展")
    assert (await town.events(no))[-1] == ("progress", "accepted")


async def test_another_unit_may_not(town: Town) -> None:
    no = await town.reports()
    assert await town.says("h3", f"#{no} 收到", "accept_task") == [
        f"@周班 #{no} 不是本单位承办的,如需转办请联系专班。"
    ]
    assert (await town.ticket(no)).status == "assigned"


async def test_what_no_unit_has_is_not_accepted(town: Town) -> None:
    no = await town.reports(category=None)
    await town.says("h1", f"#{no} 收到", "accept_task")
    assert (await town.ticket(no)).status == "new"


async def test_with_nothing_to_accept_it_is_talk(town: Town) -> None:
    assert await town.says("h1", "收到", "accept_task") == []
