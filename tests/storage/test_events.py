"""The chain of events: what is appended holds, and whatever is done to it is found."""

import hashlib
import json

import pytest
from sqlalchemy import text

from storage import events
from storage.database import Database
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded


async def broken(database: Database) -> int | None:
    async with database.transaction() as session:
        return await events.broken(session)


async def changed(database: Database, *statements: str) -> None:
    async with database.transaction() as session:
        connection = await session.connection()
        for statement in statements:
            await connection.execute(text(statement))


async def test_a_chain_without_events_is_whole(database: Database) -> None:
    assert await broken(database) is None


async def test_each_event_carries_the_hash_of_the_one_before(town: Town) -> None:
    chain = await town.chain(await town.reports())
    assert [event.seq for event in chain] == [1, 2]
    assert [event.prev for event in chain] == ["", chain[0].hash]


async def test_the_hash_covers_all_but_itself_as_sorted_json(town: Town) -> None:
    (first, *_) = await town.chain(await town.reports())
    assert events.content(first) == {
        "seq": 1, "ticket": 1, "at": "2023-04-03T09:00:00+08:00", "by": "zhang", "step": "open",
        "from": None, "to": "new", "words": first.words, "message": "m1", "prev": "",
    }  # fmt: skip
    written = json.dumps(
        events.content(first), sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    assert first.hash == hashlib.sha256(written.encode()).hexdigest()


async def test_a_chain_over_several_tickets_is_whole(town: Town) -> None:
    await town.reports()
    await town.reports("li", "荷塘区的路灯也坏了")
    assert await broken(town.database) is None


@pytest.mark.parametrize(
    ("statements", "first"),
    [
        (("UPDATE events SET words = 'x' WHERE seq = 2",), 2),
        (("UPDATE events SET at = at + interval '1 second' WHERE seq = 3",), 3),
        (("UPDATE events SET message = NULL WHERE seq = 1",), 1),
        (("UPDATE events SET hash = repeat('0', 64) WHERE seq = 2",), 2),
        (("DELETE FROM events WHERE seq = 2",), 3),
        (("DELETE FROM events WHERE seq = 4",), 4),
        (("DELETE FROM events WHERE seq > 2",), 3),
        (("DELETE FROM events",), 1),
        (("DELETE FROM heads WHERE name = 'event'",), 5),
        (
            (
                "UPDATE events SET seq = 9 WHERE seq = 2",
                "UPDATE events SET seq = 2 WHERE seq = 3",
                "UPDATE events SET seq = 3 WHERE seq = 9",
            ),
            2,
        ),
    ],
    ids=[
        "words", "moment", "message", "hash", "removed", "last removed", "tail cut", "all removed",
        "head removed", "reordered",
    ],
)  # fmt: skip
async def test_what_is_done_to_the_chain_is_found(
    town: Town, statements: tuple[str, ...], first: int
) -> None:
    await town.reports()
    await town.reports("li", "荷塘区的路灯也坏了")
    await changed(town.database, *statements)
    assert await broken(town.database) == first


async def test_a_link_hashed_anew_breaks_the_next_one(town: Town) -> None:
    (first, *_) = await town.chain(await town.reports())
    forged = events.digest({**events.content(first), "words": "x"})
    await changed(town.database, f"UPDATE events SET words = 'x', hash = '{forged}' WHERE seq = 1")
    assert await broken(town.database) == 2


async def test_the_last_link_hashed_anew_does_not_fit_the_counter(town: Town) -> None:
    last = (await town.chain(await town.reports()))[-1]
    forged = events.digest({**events.content(last), "words": "x"})
    await changed(
        town.database,
        f"UPDATE events SET words = 'x', hash = '{forged}' WHERE seq = {last.seq}",
    )
    assert await broken(town.database) == last.seq


async def test_what_is_appended_after_the_look_at_the_counter_is_no_break(town: Town) -> None:
    await town.reports()
    async with town.database.transaction() as session:
        seen = await events.last(session)  # a session keeps what it has seen
        await town.reports("li", "荷塘区的路灯也坏了")
        assert seen is not None
        assert await events.broken(session) is None


async def test_the_chain_is_read_on_from_a_place(town: Town) -> None:
    await town.reports()
    async with town.database.transaction() as session:
        assert [event.seq for event in await events.after(session, 1)] == [2]
