"""Hooks: every event is handed over once, in order; of a hook one delivery is on its way."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlmodel import col, select

from storage import hooks
from storage.hooks import LEASE, Told
from storage.models import Delivery, Hook
from tests.bot.console.conftest import make_confidential
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded


async def made(town: Town, *steps: str, url: str = "https://example.com/in") -> Hook:
    async with town.database.transaction() as session:
        return await hooks.make(session, url=url, steps=steps, by="a1", now=town.now)


async def hand_over(town: Town) -> int:
    async with town.database.transaction() as session:
        return await hooks.hand_over(session, town.now)


async def claim(town: Town, most: int = 10) -> list[Told]:
    async with town.database.transaction() as session:
        return await hooks.claim(session, town.now, most)


async def settle(town: Town, told: Told, status: str = "taken", later: float = 0) -> None:
    async with town.database.transaction() as session:
        await hooks.settle(
            session, told.delivery, status=status, next_at=town.now + timedelta(seconds=later),
            code=None, error=None if status == "taken" else "status",
        )  # fmt: skip


async def waiting(town: Town) -> Sequence[Delivery]:
    async with town.database.transaction() as session:
        found = await session.exec(select(Delivery).order_by(col(Delivery.id)))
        return found.all()


async def test_what_happens_after_a_hook_was_made_is_handed_over_once(town: Town) -> None:
    await town.reports()
    await made(town)
    assert await hand_over(town) == 0
    await town.takes("h1", 1, "accept")
    await town.takes("h1", 1, "progress", text="在修")
    assert await hand_over(town) == 2
    assert await hand_over(town) == 0
    assert [row.event_seq for row in await waiting(town)] == [3, 4]


async def test_only_the_chosen_steps_and_nothing_confidential(town: Town) -> None:
    await made(town, "accept", "open")
    await town.reports()
    await town.takes("h1", 1, "accept")
    await make_confidential(town, await town.reports("li", "有人要回扣"))
    assert await hand_over(town) == 2
    claimed = await claim(town)
    assert [(told.ticket.no, told.event.step) for told in claimed] == [(1, "open")]
    await settle(town, claimed[0])
    assert [(told.ticket.no, told.event.step) for told in await claim(town)] == [(1, "accept")]


async def test_what_became_confidential_meanwhile_is_not_told(town: Town) -> None:
    await made(town, "open")
    await town.reports()
    await hand_over(town)
    await make_confidential(town, 1)
    assert await claim(town) == []
    assert await waiting(town) == []


async def test_of_a_hook_that_nobody_answers_little_waits_and_nothing_is_lost(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "ROOM", 2)
    await made(town)
    await town.reports()
    await town.takes("h1", 1, "accept")
    seen = []
    for _ in range(3):
        await hand_over(town)
        assert len([row for row in await waiting(town) if row.status == "waiting"]) <= 2
        (told,) = await claim(town)
        seen.append(told.event.seq)
        await settle(town, told)
    assert seen == [1, 2, 3]


async def test_the_next_waits_for_the_one_before(town: Town) -> None:
    await made(town)
    await town.reports()
    await hand_over(town)
    (first,) = await claim(town)
    assert await claim(town) == []  # on its way
    await settle(town, first, "waiting", later=60)
    assert await claim(town) == []  # waits for its next try
    town.later(seconds=60)
    (again,) = await claim(town)
    assert (again.event.seq, again.delivery.tries) == (first.event.seq, 2)
    await settle(town, again)
    (second,) = await claim(town)
    assert second.event.seq == first.event.seq + 1


async def test_what_was_given_up_holds_up_nothing_and_can_be_tried_again(town: Town) -> None:
    hook = await made(town)
    await town.reports()
    await hand_over(town)
    (first,) = await claim(town)
    await settle(town, first, "given_up")
    (second,) = await claim(town)
    await settle(town, second)
    async with town.database.transaction() as session:
        assert await hooks.unfinished(session) == {(hook.id, "given_up"): 1}
        assert await hooks.again(session, hook.id or 0, town.now, delivery_id=99) == 0
        assert await hooks.again(session, hook.id or 0, town.now) == 1
    assert [told.event.seq for told in await claim(town)] == [first.event.seq]


async def test_whoever_died_with_a_delivery_loses_it_when_the_lease_ends(town: Town) -> None:
    await made(town)
    await town.reports()
    await hand_over(town)
    (lost,) = await claim(town)
    town.later(seconds=LEASE.total_seconds())
    (again,) = await claim(town)
    assert again.delivery.id == lost.delivery.id
    await settle(town, lost, "given_up")  # it wakes up late: what it knows counts no more
    assert (await waiting(town))[0].status == "waiting"


async def test_two_that_claim_at_once_never_have_the_same(town: Town) -> None:
    await made(town)
    await made(town)
    await town.reports()
    await hand_over(town)
    async with town.database.transaction() as one, town.database.transaction() as other:
        mine = await hooks.claim(one, town.now, 1)
        yours = await hooks.claim(other, town.now, 10)
    assert {told.hook.id for told in mine} | {told.hook.id for told in yours} == {1, 2}
    assert len(mine) == len(yours) == 1


async def test_an_ended_hook_is_told_nothing(town: Town) -> None:
    hook = await made(town)
    await town.reports()
    await hand_over(town)
    async with town.database.transaction() as session:
        assert await hooks.end(session, hook.id or 0, town.now) is not None
        assert await hooks.end(session, hook.id or 0, town.now) is None
    await town.takes("h1", 1, "accept")
    assert await claim(town) == []
    assert await hand_over(town) == 0


async def test_the_log_has_the_newest_first_in_pages(town: Town) -> None:
    hook = await made(town)
    await town.reports()
    await town.takes("h1", 1, "accept")
    await hand_over(town)
    async with town.database.transaction() as session:
        first = await hooks.log(session, hook.id or 0, most=2)
        rest = await hooks.log(session, hook.id or 0, before=first[-1][1].seq)
    assert [event.seq for _, event in (*first, *rest)] == [3, 2, 1]


async def test_of_what_is_old_the_taken_is_dropped_and_the_given_up_stays(town: Town) -> None:
    await made(town)
    await town.reports()
    await hand_over(town)
    first, second = await claim(town, 1), await claim(town, 1)
    assert second == []
    await settle(town, first[0])
    await settle(town, (await claim(town, 1))[0], "given_up")
    await town.takes("h1", 1, "accept")
    await hand_over(town)
    assert [row.status for row in await waiting(town)] == ["taken", "given_up", "waiting"]
    assert await forget(town, timedelta(0)) == 0  # nothing is older than it is
    assert await forget(town, timedelta(seconds=-1)) == 1
    assert [row.status for row in await waiting(town)] == ["given_up", "waiting"]


async def test_of_a_hook_that_ended_long_ago_nothing_stays(town: Town) -> None:
    ended, other = await made(town), await made(town, url="https://example.com/other")
    await town.reports()
    await hand_over(town)
    async with town.database.transaction() as session:
        await hooks.end(session, ended.id or 0, town.now)
    assert await forget(town, timedelta(seconds=-1)) == 2
    assert {row.hook_id for row in await waiting(town)} == {other.id}


async def forget(town: Town, age: timedelta) -> int:
    async with town.database.transaction() as session:
        return await hooks.forget(session, town.now - age)
