"""What a ticket was and when: one state at any instant, the latest step of an instant counts."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from storage import states, tickets
from storage.database import Database
from storage.models import FOREVER, State
from tests.fixtures import rows
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded

SECOND = timedelta(seconds=1)
THEN = START + timedelta(hours=1)


async def becomes(database: Database, status: str, now: datetime) -> None:
    async with database.transaction() as session:
        ticket = await tickets.lock(session, 1)
        assert ticket is not None
        ticket.status = status
        session.add(ticket)
        await session.flush()
        await states.write(session, ticket, now)


async def at(database: Database, moment: datetime) -> list[str]:
    async with database.transaction() as session:
        return list((await session.exec(select(State.status).where(states.at(moment)))).all())


async def spans(database: Database) -> list[tuple[datetime, datetime, bool]]:
    query = select(State.since, State.until, State.past).order_by(col(State.since))
    async with database.transaction() as session:
        rows_ = (await session.exec(query)).all()
        return [(since, until, past) for since, until, past in rows_]


@pytest.mark.parametrize(
    ("moment", "found"),
    [
        (START - SECOND, []),
        (START, ["new"]),
        (THEN - SECOND, ["new"]),
        (THEN, ["assigned"]),
        (THEN + timedelta(days=999), ["assigned"]),
    ],
)
async def test_at_any_instant_a_ticket_is_one_thing(
    database: Database, moment: datetime, found: list[str]
) -> None:
    async with database.transaction() as session:
        await rows.make(session)
    await becomes(database, "assigned", THEN)
    assert await at(database, moment) == found


async def test_several_steps_at_one_instant_make_one_state(database: Database) -> None:
    async with database.transaction() as session:
        await rows.make(session)
    for status in ("assigned", "accepted"):
        await becomes(database, status, THEN)
    assert await at(database, THEN) == ["accepted"]
    assert await spans(database) == [(START, THEN, True), (THEN, FOREVER, False)]


async def test_spans_follow_each_other_without_a_gap(database: Database) -> None:
    async with database.transaction() as session:
        await rows.make(session)
    for hour in range(1, 4):
        await becomes(database, "assigned", START + timedelta(hours=hour))
    found = await spans(database)
    assert [end for _, end, _ in found] == [*(begin for begin, _, _ in found[1:]), FOREVER]
    assert [past for *_, past in found] == [True, True, True, False]
