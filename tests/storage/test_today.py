"""What waits for somebody: asked of what is open, and of what people were told."""

import pytest
from sqlmodel import col, select

from storage import follows, people, today
from storage.models import Member, Notice, Ticket
from tests.bot.console.conftest import make_confidential
from tests.fixtures.cast import Town, at

pytestmark = pytest.mark.embedded


async def person(town: Town, who: str) -> Member:
    async with town.database.transaction() as session:
        found = await people.known(session, who)
        assert found is not None
        return found


async def reminded(town: Town, level: str, beyond: str | None = None) -> list[int]:
    async with town.database.transaction() as session:
        found = await today.reminded(session, level, beyond=beyond, most=10)
    assert found.total == len(found.rows)
    return [ticket.no for ticket in found.rows]


async def wishes(town: Town) -> list[tuple[int, str]]:
    async with town.database.transaction() as session:
        found, total = await today.wishes(session, most=10)
    assert total == len(found)
    return [(wish.ticket.no, wish.words) for wish in found]


async def test_a_level_lists_what_is_still_open_after_it(town: Town) -> None:
    await town.reports()  # due on 04-11: orange on 04-14, red on 04-18
    await town.until(at("04-13 12:00"))
    assert await reminded(town, "orange") == []
    await town.until(at("04-14 12:00"))
    assert await reminded(town, "orange") == [1]
    assert await reminded(town, "orange", beyond="red") == [1]
    await town.until(at("04-18 12:00"))
    assert await reminded(town, "orange", beyond="red") == []
    assert await reminded(town, "red") == [1]
    await town.takes("h1", 1, "resolve", text="已换灯泡")
    assert await reminded(town, "red") == []


async def test_a_level_of_another_deadline_does_not_count(town: Town) -> None:
    await town.reports()
    await town.until(at("04-14 12:00"))
    await town.takes("h1", 1, "resolve", text="已换灯泡")
    await town.takes("zhang", 1, "dispute", reason="还是不亮")
    assert await reminded(town, "orange") == []


async def test_what_is_confidential_is_on_no_list_of_a_level(town: Town) -> None:
    await town.reports()
    await town.until(at("04-18 12:00"))
    await make_confidential(town, 1)
    assert await reminded(town, "orange") == await reminded(town, "red") == []


async def test_a_wish_stands_once_until_somebody_answers_it(town: Town) -> None:
    await town.reports()
    assert await wishes(town) == []
    await town.takes("h1", 1, "accept")
    assert not await town.takes("h1", 1, "transfer", unit="市自规局", reason="不归我们管")
    ((no, words),) = await wishes(town)  # both coordinators were told
    assert no == 1
    assert "不归我们管" in words
    town.later(hours=1)
    await town.takes("h1", 1, "progress", text="先去看看")
    assert len(await wishes(town)) == 1
    await town.takes("c1", 1, "transfer", unit="市自规局")
    assert await wishes(town) == []


async def test_a_wish_after_another_was_answered_stands_again(town: Town) -> None:
    await town.reports()
    await town.takes("h1", 1, "extend", days=2, reason="缺配件")
    town.later(hours=1)
    await town.takes("c1", 1, "extend", days=2, reason="同意")
    town.later(hours=1)
    await town.takes("h1", 1, "extend", days=1, reason="还缺一件")
    ((_, words),) = await wishes(town)
    assert "还缺一件" in words


async def test_a_wish_ends_with_its_ticket_and_of_misconduct_there_is_none(town: Town) -> None:
    await town.reports()
    await town.reports("li")
    for no in (1, 2):
        await town.takes("h1", no, "return", reason="不归我们管")
    assert len(await wishes(town)) == 2
    await town.takes("h1", 1, "resolve", text="已经修好")
    assert [no for no, _ in await wishes(town)] == [2]
    await make_confidential(town, 2)
    assert await wishes(town) == []


async def test_what_is_followed_is_listed_by_its_deadline_and_what_has_ended_last(
    town: Town,
) -> None:
    who = await person(town, "c1")
    await town.reports()
    town.later(days=1)
    await town.reports("li")
    await town.reports("wang")
    await town.takes("h1", 1, "resolve", text="已换灯泡")
    await make_confidential(town, 3)
    async with town.database.transaction() as session:
        for no in (1, 2, 3):
            await follows.follow(session, who.id or 0, no)
    async with town.database.transaction() as session:
        found = await today.followed(session, who, most=10)
        assert ([ticket.no for ticket in found.rows], found.total) == ([2, 1], 2)
        one = await today.followed(session, who, most=1)
        assert (len(one.rows), one.total) == (1, 2)


async def test_the_last_words_on_each_ticket_are_those_of_the_work(town: Town) -> None:
    await town.reports()
    await town.reports("li", "荷塘区停电", category="utilities", group="g2")
    await town.takes("h1", 1, "accept", text="收到")
    await town.takes("h1", 1, "progress", text="明天进场")
    await town.says("zhang", "就在路口", "add_detail")
    async with town.database.transaction() as session:
        told = await today.last_told(session, [1, 2])
    assert {no: (event.step, event.words) for no, event in told.items()} == {
        1: ("progress", "明天进场")
    }


async def notices(town: Town, who: str, **more: int) -> list[str]:
    member = await person(town, who)
    async with town.database.transaction() as session:
        found = await today.notices(session, member, town.now, **{"most": 10, **more})
    return [notice.level for notice, _ in found]


async def test_a_notice_waits_for_the_morning(town: Town) -> None:
    await town.until(at("04-03 23:00"))
    await town.reports()
    assert await notices(town, "h1") == []
    await town.until(at("04-04 08:00"))
    assert await notices(town, "h1") == ["assigned"]


async def test_notices_are_newest_first_and_paged_by_number(town: Town) -> None:
    for _ in range(3):
        await town.reports()
    member = await person(town, "h1")
    async with town.database.transaction() as session:
        first = await today.notices(session, member, town.now, most=2)
        rest = await today.notices(session, member, town.now, before=first[-1][0].id, most=2)
    assert [notice.ticket_no for notice, _ in (*first, *rest)] == [3, 2, 1]


async def test_of_misconduct_only_an_inspector_reads_a_notice(town: Town) -> None:
    await town.reports()
    await make_confidential(town, 1)
    async with town.database.transaction() as session:
        for who in ("c1", "i1"):
            member = await people.known(session, who)
            assert member is not None
            session.add(
                Notice(
                    at=town.now, not_before=town.now, member_id=member.id or 0, level="red",
                    ticket_no=1, text="移交:#1",
                )
            )  # fmt: skip
    assert await notices(town, "i1") == ["red"]
    assert await notices(town, "c1") == []


async def test_who_looks_after_the_registers_learns_what_is_missing(town: Town) -> None:
    async with town.database.transaction() as session:
        assert await today.deserted(session) == ["市自规局"]
        assert await today.strangers(session) == 1  # the visitor of the bridge
        assert await today.poisoned(session) == await today.stuck(session) == 0


async def test_provisional_deadlines_are_counted_without_misconduct(town: Town) -> None:
    await town.reports()
    await town.reports("li")
    async with town.database.transaction() as session:
        for ticket in (await session.exec(select(Ticket).order_by(col(Ticket.no)))).all():
            ticket.provisional = True
            session.add(ticket)
        assert await today.provisional(session) == 2
    await make_confidential(town, 2)
    async with town.database.transaction() as session:
        assert await today.provisional(session) == 1
