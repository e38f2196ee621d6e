"""Lists that people keep: each their own, by name."""

import pytest

from storage import people, views
from storage.database import Database

pytestmark = pytest.mark.embedded


async def of(database: Database, who: str) -> tuple[int, list[tuple[str, str]]]:
    async with database.transaction() as session:
        member = await people.known(session, who)
        assert member is not None
        assert member.id is not None
        kept = await views.of(session, member.id)
        return member.id, [(view.name, view.query) for view in kept]


async def test_a_list_is_kept_under_its_name_and_is_ones_own(database: Database) -> None:
    (mine, _), (other, _) = await of(database, "c1"), await of(database, "c2")
    async with database.transaction() as session:
        await views.keep(session, mine, "超期", "overdue=1")
        await views.keep(session, mine, "我的", "q=a")
        await views.keep(session, other, "超期", "urgent=1")
        await views.keep(session, mine, "超期", "overdue=1&sort=due")
    assert (await of(database, "c1"))[1] == [("超期", "overdue=1&sort=due"), ("我的", "q=a")]
    assert (await of(database, "c2"))[1] == [("超期", "urgent=1")]


async def test_nobody_forgets_another_s(database: Database) -> None:
    (mine, _), (other, _) = await of(database, "c1"), await of(database, "c2")
    async with database.transaction() as session:
        await views.keep(session, mine, "超期", "overdue=1")
        (view,) = await views.of(session, mine)
        assert view.id is not None
        await views.drop(session, other, view.id)
        assert len(await views.of(session, mine)) == 1
        await views.drop(session, mine, view.id)
    assert (await of(database, "c1"))[1] == []
