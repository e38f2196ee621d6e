"""The scheduler: what is due happens once, and what fails holds up nothing behind it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import text, update
from sqlmodel import col, select

from bot.scheduler import KEPT, Scheduler, reread, run_due
from bot.streams import Streams
from nlu.parse import Parse, ParserAway
from nlu.rasa_http import Rasa
from storage import carriers, hooks
from storage.database import Database
from storage.models import Delivery, Due, Poisoned, Unplaced
from tests.bot.conftest import Until
from tests.fixtures.cast import REPORT, START, Town, at, reads

pytestmark = pytest.mark.embedded

SILENCE = at("04-07 17:30")  # 04-05 is a holiday


async def resolved(town: Town, count: int = 1) -> None:
    """Tickets that wait for the enterprise's answer."""
    for _ in range(count):
        no = await town.reports()
        await town.takes("h1", no, "accept")
        await town.takes("h1", no, "resolve", text="修好了")


async def silences(town: Town) -> Sequence[Due]:
    query = select(Due).where(Due.what == "silence").order_by(col(Due.ticket_no))
    async with town.database.transaction() as session:
        return (await session.exec(query)).all()


async def refuse(database: Database, no: int) -> None:
    """From now on nothing can happen to this ticket."""
    async with database.transaction() as session:
        connection = await session.connection()
        rule = f"ALTER TABLE events ADD CONSTRAINT refused CHECK (ticket_no <> {no}) NOT VALID"
        await connection.execute(text(rule))


async def statuses(town: Town) -> list[str]:
    return [ticket.status for ticket in await town.tickets()]


# --- what is due ------------------------------------------------------------------------------


async def test_what_is_due_happens_at_its_instant(town: Town) -> None:
    await resolved(town)
    assert await run_due(town.database, SILENCE - timedelta(seconds=1)) == 0
    await town.until(SILENCE)
    assert (await town.ticket()).closed_at == SILENCE


async def test_strictly_before_its_instant_it_waits(town: Town) -> None:
    await resolved(town)
    await run_due(town.database, SILENCE, before=True)
    assert await statuses(town) == ["resolved"]


async def test_late_it_happens_now(town: Town) -> None:
    await resolved(town)
    late = SILENCE + timedelta(days=1)
    await run_due(town.database, late, now=late)
    assert (await town.ticket()).closed_at == late


async def test_two_schedulers_at_once_do_everything_once(town: Town) -> None:
    await resolved(town, 10)
    done = await asyncio.gather(*(run_due(town.database, SILENCE) for _ in range(2)))
    assert sum(done) >= 10
    for no in range(1, 11):
        assert [step for step, _ in await town.events(no)].count("silence") == 1


async def test_what_fails_is_put_off_and_the_next_is_done(town: Town) -> None:
    await resolved(town, 2)
    await refuse(town.database, 1)
    await town.until(SILENCE)
    assert await statuses(town) == ["resolved", "closed"]
    first, second = await silences(town)
    assert first.next_at == SILENCE + timedelta(hours=1)
    assert "refused" in (first.error or "")
    assert (first.done_at, second.done_at) == (None, SILENCE)


async def test_what_was_put_off_is_tried_again(town: Town) -> None:
    await resolved(town)
    await refuse(town.database, 1)
    await town.until(SILENCE)
    async with town.database.transaction() as session:
        connection = await session.connection()
        await connection.execute(text("ALTER TABLE events DROP CONSTRAINT refused"))
    await town.until(SILENCE + timedelta(hours=1))
    assert await statuses(town) == ["closed"]


# --- what is read again -----------------------------------------------------------------------


class Hand:
    """Reads each text as it is told."""

    name = "rasa"

    def __init__(self, *parses: Parse) -> None:
        self.parses = {parse.text: parse for parse in parses}

    async def parse(self, texts: Sequence[str]) -> list[Parse]:
        return [self.parses[text] for text in texts]


REPORTED = reads(REPORT, "report_issue", category="traffic")


async def by_keywords(town: Town) -> None:
    """All messages so far have been read by the keywords alone."""
    async with town.database.transaction() as session:
        connection = await session.connection()
        await connection.execute(text("UPDATE messages SET parser = 'keywords'"))


async def test_a_report_that_was_taken_for_talk_is_opened(town: Town) -> None:
    await town.says("zhang", REPORT, "chitchat")
    await by_keywords(town)
    assert await reread(town.database, Hand(REPORTED), START) == 1
    assert await statuses(town) == ["assigned"]
    message = await town.message("m1")
    assert (message.effect, message.parse["intent"]["name"]) == ("open", "report_issue")


async def test_what_a_message_did_stays_as_it_is(town: Town) -> None:
    await town.reports()
    await by_keywords(town)
    await reread(town.database, Hand(REPORTED), START)
    assert await statuses(town) == ["assigned"]
    assert await town.count() == 1


async def test_each_message_is_read_again_once(town: Town) -> None:
    await town.says("zhang", REPORT, "chitchat")
    await by_keywords(town)
    await asyncio.gather(*(reread(town.database, Hand(REPORTED), START) for _ in range(4)))
    assert await statuses(town) == ["assigned"]
    assert await reread(town.database, Hand(REPORTED), START) == 0


async def test_while_the_parser_is_away_everything_waits(town: Town) -> None:
    await town.says("zhang", REPORT, "chitchat")
    await by_keywords(town)
    away = Rasa("http://127.0.0.1:1", "")
    with pytest.raises(ParserAway):
        await reread(town.database, away, START)
    await away.close()
    assert (await town.message("m1")).parser == "keywords"


async def test_what_can_t_be_handled_the_second_time_is_set_aside(town: Town) -> None:
    await town.says("zhang", REPORT, "chitchat")
    await by_keywords(town)
    await refuse(town.database, 1)
    assert await reread(town.database, Hand(REPORTED), START) == 1
    async with town.database.transaction() as session:
        (aside,) = (await session.exec(select(Poisoned))).all()
    assert (aside.group_id, aside.external_id) == ("g1", "m1")
    assert await reread(town.database, Hand(REPORTED), START) == 0


async def test_a_running_scheduler_does_both(town: Town, streams: Streams, until: Until) -> None:
    await resolved(town)
    town.now = SILENCE
    await town.says("zhang", REPORT, "chitchat")
    await by_keywords(town)
    scheduler = Scheduler(town.database, streams, Hand(REPORTED), town.clock)
    running = asyncio.create_task(scheduler.run())

    async def done() -> bool:
        return await statuses(town) == ["closed", "assigned"]

    await until(done)
    running.cancel()
    await asyncio.wait([running])


async def test_what_nobody_can_read_is_kept_for_a_month(town: Town, streams: Streams) -> None:
    old, new = town.now - KEPT - timedelta(seconds=1), town.now - KEPT
    async with town.database.transaction() as session:
        for why, moment in (("kind", old), ("kind", new), ("group", old)):
            await carriers.unplaced(
                session, channel="onebot", address="20001", why=why, payload="{}", at=moment
            )
    scheduler = Scheduler(town.database, streams, None, town.clock)
    await scheduler._tidy()
    async with town.database.transaction() as session:
        kept = (await session.exec(select(Unplaced).order_by(col(Unplaced.id)))).all()
        assert [(row.why, row.at) for row in kept] == [("kind", new), ("group", old)]
        await session.delete(kept[0])
        await carriers.unplaced(
            session, channel="onebot", address="", why="kind", payload="{}", at=old
        )
    await scheduler._tidy()  # once a day
    async with town.database.transaction() as session:
        assert len((await session.exec(select(Unplaced))).all()) == 2


async def test_what_hooks_took_is_kept_for_a_month(town: Town, streams: Streams) -> None:
    async with town.database.transaction() as session:
        await hooks.make(session, url="https://example.com/in", steps=(), by="a1", now=town.now)
    await town.reports()
    async with town.database.transaction() as session:
        assert await hooks.hand_over(session, town.now) == 2
        await session.exec(update(Delivery).values(status="taken"))
    scheduler = Scheduler(town.database, streams, None, town.clock)
    for days, left in ((30, 2), (31, 0)):
        town.now = START + timedelta(days=days)
        await streams.client.flushdb()  # the next day
        await scheduler._tidy()
        async with town.database.transaction() as session:
            assert len((await session.exec(select(Delivery))).all()) == left
