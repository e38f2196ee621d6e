"""A report becomes a ticket, and the group hears of it."""

import pytest

from tests.fixtures.cast import REPORT, Town, at

pytestmark = pytest.mark.embedded


async def test_a_report_is_answered_with_number_unit_and_date(town: Town) -> None:
    (answer,) = await town.says("zhang", REPORT, "report_issue", category="traffic")
    assert answer == "@张三 已受理 #1(道路交通),承办:天元区城管局,4月11日17:30前办结。"


async def test_a_route_assigns_it_at_once(town: Town) -> None:
    no = await town.reports()
    assert await town.events(no) == [("open", "new"), ("assign", "assigned")]
    assert (await town.ticket(no)).due_at == at("04-11 17:30")
