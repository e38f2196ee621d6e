"""Tickets: numbered without a gap, locked to be moved."""

import asyncio
from typing import Any

import pytest

from storage import tickets
from storage.database import Database
from storage.models import Ticket
from tests.fixtures import rows
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded


async def make(database: Database, *, fails: bool = False, **fields: Any) -> int:
    async with database.transaction() as session:
        ticket = await rows.make(session, **fields)
        if fails:
            raise RuntimeError
        return ticket.no


async def test_numbers_have_no_gap_and_no_double(database: Database) -> None:
    numbers = await asyncio.gather(*(make(database) for _ in range(20)))
    assert sorted(numbers) == list(range(1, 21))


async def test_a_number_of_a_transaction_that_failed_is_given_again(database: Database) -> None:
    tries = [make(database, fails=number % 3 == 0) for number in range(12)]
    made = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(no for no in made if isinstance(no, int)) == list(range(1, 9))


async def test_a_locked_ticket_is_read_as_it_stands_now(database: Database) -> None:
    no = await make(database)
    async with database.transaction() as session:
        before = await tickets.get(session, no)
        async with database.transaction() as other:
            moved = await tickets.lock(other, no)
            assert moved is not None
            moved.status = "assigned"
            other.add(moved)
        assert await tickets.lock(session, no) is before
        assert before is not None
        assert before.status == "assigned"


async def test_a_lock_is_waited_for(database: Database) -> None:
    no = await make(database)

    async def again() -> None:
        async with database.transaction() as session:
            ticket = await tickets.lock(session, no)
            assert ticket is not None
            ticket.reopened += 1
            session.add(ticket)

    await asyncio.gather(*(again() for _ in range(10)))
    async with database.transaction() as session:
        found = await tickets.get(session, no)
        assert found is not None
        assert found.reopened == 10


@pytest.mark.parametrize("of", [tickets.get, tickets.lock])
async def test_an_unknown_number_is_none(database: Database, of: Any) -> None:
    async with database.transaction() as session:
        assert await of(session, 9) is None


async def of_reporter(town: Town, who: int, enterprise: str | None) -> list[int]:
    async with town.database.transaction() as session:
        found = await tickets.of_reporter(
            session, "g1", reporter_id=who, enterprise=enterprise, statuses=tickets.OPEN
        )
        return [found.no] if found else []


async def test_own_is_the_same_enterprise_else_the_same_sender(town: Town) -> None:
    await town.reports("zhang")
    (ticket,) = await town.tickets()
    assert ticket.reporter_id is not None
    assert await of_reporter(town, ticket.reporter_id, None) == [1]
    assert await of_reporter(town, 0, ticket.enterprise) == [1]
    assert await of_reporter(town, 0, "另一家") == []


async def test_a_unit_s_tickets_are_those_of_the_group(town: Town) -> None:
    first, _other = await town.reports(), await town.reports(group="g2")
    ticket: Ticket = await town.ticket(first)
    assert ticket.unit_id is not None
    async with town.database.transaction() as session:
        found = await tickets.of_unit(session, "g1", unit_id=ticket.unit_id, statuses=["assigned"])
    assert [row.no for row in found] == [first]
