"""A ledger's rows become tickets: as they were told, once, all or none."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from actions import intake
from actions.intake import Checked, Fault, Row
from actions.opening import Report
from storage import people, tickets
from storage.models import Group, Unit
from tests.fixtures.cast import REPORT, START, Town, at

pytestmark = pytest.mark.embedded


def row(number: int = 2, **fields: Any) -> Row:
    told: dict[str, Any] = {
        "text": REPORT, "source": "hotline", "at": START - timedelta(hours=1), **fields,
    }  # fmt: skip
    return Row(number=number, **told)


async def checked(town: Town, *rows: Row) -> Checked:
    async with town.database.transaction() as session:
        return await intake.check(session, rows, town.now)


async def opened(town: Town, *rows: Row) -> list[int]:
    async with town.database.transaction() as session:
        found = await intake.check(session, rows, town.now)
        assert found.faults == []
        return await intake.open_all(session, found.reports, town.now)


async def carried_out(town: Town, reports: Mapping[str, Report]) -> None:
    async with town.database.transaction() as session:
        await intake.open_all(session, reports, town.now)


async def unit(town: Town, no: int = 1) -> str | None:
    ticket = await town.ticket(no)
    async with town.database.transaction() as session:
        found = await people.unit(session, ticket.unit_id)
        return found.name if found else None


async def test_a_ticket_says_what_the_row_says(town: Town) -> None:
    await opened(
        town,
        row(source="breakfast_meeting", enterprise="宏远机械", contact="李四 13812345678",
            district="天元", category="traffic", address="新马路"),
    )  # fmt: skip
    ticket = await town.ticket()
    assert (ticket.source, ticket.enterprise, ticket.text) == (
        "breakfast_meeting", "宏远机械", REPORT,
    )  # fmt: skip
    assert (ticket.district, ticket.address, ticket.contact) == (
        "天元区", "新马路", "李四 13812345678",
    )  # fmt: skip
    assert (ticket.reporter_id, ticket.group_id, ticket.status) == (None, None, "assigned")


async def test_its_deadlines_count_from_when_it_was_told(town: Town) -> None:
    town.now = at("04-11 09:00")
    await opened(town, row(at=at("04-03 16:00")))
    ticket = await town.ticket()
    assert (ticket.reported_at, ticket.respond_by, ticket.due_at) == (
        at("04-03 16:00"), at("04-07 17:30"), at("04-11 17:30"),
    )  # fmt: skip


async def test_reminders_that_would_have_been_are_not_made_up(town: Town) -> None:
    town.now = at("04-20 10:00")
    await opened(town, row(at=at("04-03 16:00"), category="traffic", group="g1"))
    await town.until(at("04-21 10:00"))
    assert [level for _, level, _ in await town.notices()] == ["assigned"] * 3


async def test_the_event_is_of_now_and_by_the_import(town: Town) -> None:
    await opened(town, row())
    (event, *_) = await town.chain()
    assert (event.step, event.by, event.at, event.words) == ("open", "import", START, REPORT)


@pytest.mark.parametrize(
    ("fields", "leads"),
    [
        ({"category": "traffic", "district": "天元区"}, "天元区城管局"),
        ({"category": "traffic", "group": "g1"}, "天元区城管局"),
        ({"category": "traffic", "group": "制造名城-荷塘区-1群"}, "市自规局"),
        ({"category": "traffic", "unit": "供电公司"}, "株洲供电公司"),
        ({}, None),
    ],
)
async def test_the_unit_is_the_one_that_is_named_else_that_of_the_route(
    town: Town, fields: dict[str, Any], leads: str | None
) -> None:
    await opened(town, row(**fields))
    assert await unit(town) == leads


@pytest.mark.parametrize(
    ("fields", "urgent"),
    [
        ({"text": "全厂停电了", "category": "utilities"}, True),
        ({"text": "全厂停电了", "category": "utilities", "urgent": False}, False),
        ({"text": "路灯坏了", "urgent": True}, True),
        ({"text": "全厂停电了", "category": "utilities", "kind": "consult"}, False),
    ],
)
async def test_it_is_urgent_where_the_row_or_its_words_say_so(
    town: Town, fields: dict[str, Any], urgent: bool
) -> None:
    await opened(town, row(**fields))
    assert (await town.ticket()).urgent == urgent


async def test_misconduct_goes_to_the_inspectors_alone(town: Town) -> None:
    await opened(town, row(kind="misconduct", group="g1", category="traffic"))
    ticket = await town.ticket()
    assert (ticket.confidential, ticket.unit_id) == (True, None)
    assert await town.notices() == [("i1", "new", 1)]
    assert await town.posts() == []


async def test_a_row_that_looks_like_an_open_ticket_is_linked_to_it(town: Town) -> None:
    first = await town.reports()
    (no,) = await opened(town, row(group="g1", text=f"{REPORT}了"))
    async with town.database.transaction() as session:
        assert (await tickets.related(session))[no] == [first]


async def test_the_same_rows_again_open_nothing(town: Town) -> None:
    rows = (row(), row(3, text="别的事"))
    assert await opened(town, *rows) == [1, 2]
    assert (await checked(town, *rows)).known == 2
    assert await opened(town, *rows, row(4, text="新的事")) == [3]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({}, {"category": "tax", "unit": "市自规局", "group": "g1", "urgent": True}, True),
        ({}, {"contact": "李四"}, False),
        ({}, {"district": "天元区"}, False),
        ({}, {"address": "新马路"}, False),
        ({}, {"text": "别的事"}, False),
        ({}, {"enterprise": "宏远机械"}, False),
        ({}, {"source": "visit"}, False),
        ({}, {"at": START - timedelta(hours=2)}, False),
        ({"own": "7"}, {"own": "7", "text": "写清楚了"}, True),
        ({"own": "7"}, {"own": "8"}, False),
        ({"own": "7"}, {"own": "7", "source": "visit"}, False),
    ],
)
def test_a_row_is_known_by_its_number_else_by_what_was_told(
    first: dict[str, Any], second: dict[str, Any], same: bool
) -> None:
    assert (row(**first).key == row(3, **second).key) == same


@pytest.mark.parametrize(
    ("fields", "column", "part"),
    [
        ({"at": START + timedelta(seconds=1)}, "反映时间", "在将来"),
        ({"at": datetime(1923, 4, 3, tzinfo=START.tzinfo)}, "反映时间", "早于"),
        ({"urgent": True, "timed": False}, "反映时间", "几点几分"),
        ({"text": "全厂停电了", "category": "utilities", "timed": False}, "反映时间", "几点几分"),
        ({"district": "火星区"}, "区县", "天元区、荷塘区"),
        ({"group": "g9"}, "群", "没有群"),
        ({"unit": "火星局"}, "承办单位", "没有单位"),
        ({"unit": "市自规局", "kind": "misconduct"}, "承办单位", "纪检"),
        ({"urgent": True, "kind": "consult"}, "紧急", "只有诉求"),
    ],
)
async def test_what_does_not_fit_the_city_is_named(
    town: Town, fields: dict[str, Any], column: str, part: str
) -> None:
    (fault,) = (await checked(town, row(7, **fields))).faults
    assert (fault.row, fault.column, part in fault.reason) == (7, column, True), fault.reason


async def test_now_is_not_the_future(town: Town) -> None:
    assert (await checked(town, row(at=town.now))).faults == []


async def test_the_same_row_twice_in_a_ledger_is_a_mistake(town: Town) -> None:
    found = await checked(town, row(2), row(5))
    assert found.faults == [Fault(5, "", "与第 2 行相同,请删去一行")]


async def test_a_group_of_a_name_that_two_have_must_be_given_by_its_id(town: Town) -> None:
    async with town.database.transaction() as session:
        session.add(Group(id="g7", name="制造名城-天元区-1群"))
    (fault,) = (await checked(town, row(group="制造名城-天元区-1群"))).faults
    assert "有 2 个群" in fault.reason
    assert (await checked(town, row(group="g7"))).faults == []


async def test_a_check_opens_nothing(town: Town) -> None:
    assert len((await checked(town, row())).reports) == 1
    assert await town.tickets() == []


async def test_where_one_can_t_be_opened_none_is(town: Town) -> None:
    gone = Unit(id=999, name="撤销的局")
    reports = (await checked(town, row(), row(3, text="别的事"))).reports
    last = list(reports)[-1]
    reports[last] = replace(reports[last], unit=gone)
    with pytest.raises(IntegrityError):
        await carried_out(town, reports)
    assert await town.tickets() == []
    assert len((await checked(town, row(), row(3, text="别的事"))).reports) == 2
