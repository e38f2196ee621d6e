"""The ledger: what each filter shows, in each order, page by page, and how many there are."""

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, update

from storage import figures, ledger
from storage.database import Database
from storage.figures import Scope
from storage.ledger import Behind, Filter, Order, Place
from storage.models import State, Ticket
from tests.fixtures import rows
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded

DAY = timedelta(days=1)
ORDERS = [Order(by, way) for by in ("no", "due_at", "reported_at") for way in (True, False)]


async def make(database: Database, **fields: Any) -> int:
    async with database.transaction() as session:
        return (await rows.make(session, **fields)).no


async def page(database: Database, wanted: Filter, **more: Any) -> list[int]:
    async with database.transaction() as session:
        return [row.no for row in (await ledger.page(session, wanted, **more)).rows]


async def count(database: Database, wanted: Filter) -> int:
    async with database.transaction() as session:
        found = await ledger.count(session, wanted)
        assert found == (await ledger.page(session, wanted, most=1)).count
        return found


@pytest.fixture(params=[10_000, 2], ids=["few", "many"])
def _many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All ways to a page: what is gathered, what is near in the order, and what is sorted."""
    monkeypatch.setattr(ledger, "MANY", request.param)
    monkeypatch.setattr(ledger, "NEAR", min(request.param, ledger.NEAR))


FILTERS = [
    (Filter(), [4, 3, 1]),
    (Filter(confidential=True), [4, 3, 2, 1]),
    (Filter(statuses=["closed"]), [3]),
    (Filter(statuses=["closed", "new"]), [4, 3, 1]),
    (Filter(kind="misconduct"), []),
    (Filter(kind="misconduct", confidential=True), [2]),
    (Filter(category="tax"), [4]),
    (Filter(unit_id=1), [3]),
    (Filter(unit_id=0), []),
    (Filter(district="天元区"), [1]),
    (Filter(group_id="g1"), [4]),
    (Filter(source="hotline"), [3]),
    (Filter(enterprise="宏远"), [3]),
    (Filter(enterprise="宏"), [3]),
    (Filter(urgent=True), [4]),
    (Filter(reopened=True), [1]),
    (Filter(unassigned=True), [4, 1]),
    (Filter(overdue=START), []),
    (Filter(overdue=START + DAY), [1]),
    (Filter(due_since=START, due_until=START + DAY), [1]),
    (Filter(due_since=START + DAY), [4]),
    (Filter(since=START + DAY), [4, 3]),
    (Filter(until=START + DAY), [1]),
    (Filter(no=3), [3]),
    (Filter(no=2), []),
    (Filter(serves=1), [3]),
    (Filter(serves=0), []),
    (Filter(own=(None, "株洲宏远机械")), [3]),
    (Filter(own=(1, None)), [1]),
    (Filter(own=(1, "株洲宏远机械")), [3, 1]),
    (Filter(statuses=["closed"], district="天元区"), []),
    (Filter(unassigned=True, urgent=True, since=START, category="tax"), [4]),
]


@pytest.mark.usefixtures("_many")
async def test_each_filter_shows_what_it_asks_for(database: Database) -> None:
    await make(database, district="天元区", reporter_id=1, reopened=1)
    await make(database, kind="misconduct", confidential=True, due_at=START - DAY)
    await make(
        database, status="closed", enterprise="株洲宏远机械", unit_id=1, source="hotline",
        reported_at=START + DAY, due_at=START - DAY,
    )  # fmt: skip
    await make(
        database, category="tax", group_id="g1", urgent=True, reported_at=START + 2 * DAY,
        due_at=START + 3 * DAY,
    )  # fmt: skip
    for wanted, found in FILTERS:
        assert await page(database, wanted) == found, wanted
        assert await count(database, wanted) == min(len(found), ledger.MANY + 1)


WORDS = [
    (["路灯"], [3, 2, 1]), (["路灯坏了"], [1]), (["坏", "路灯"], [3, 1]), (["灯"], [3, 2, 1]),
    (["路"], [3, 2, 1]), (["灯路"], []), (["ERP"], [4]), (["erp"], [4]), (["rp 用"], [4]),
    (["100%"], [4]), (["100_"], []), (["%"], [4]), (["'"], [4]), (["\\"], [4]), (["络\\问"], [4]),
    (["宏远"], [2]), (["新马路"], [3]), (["马路", "坏"], [3]), (["停电"], []), (["电"], []),
    (["末"], [4]), (["💡"], [3]), (["a" * 100], []), (["了\n"], []), (["坏了路灯"], []),
]  # fmt: skip


@pytest.mark.usefixtures("_many")
async def test_words_are_found_wherever_they_stand(database: Database) -> None:
    await make(database, text="路灯坏了")
    await make(database, text="路灯不亮", enterprise="株洲宏远机械")
    await make(database, text="路 灯坏,路灯💡", address="新马路")
    await make(database, text="ERP 用不了,100%是'网络\\问题 末")
    await make(database, text="路灯坏了,有人要回扣", confidential=True)
    for words, found in WORDS:
        assert await page(database, Filter(words=words)) == found, words
        assert await count(database, Filter(words=words)) == min(len(found), ledger.MANY + 1)


async def test_a_word_is_found_once_it_is_written(database: Database) -> None:
    no = await make(database, text="路灯坏了")
    async with database.transaction() as session:
        ticket = await session.get(Ticket, no)
        assert ticket is not None
        ticket.enterprise = "宏远"
        session.add(ticket)
    assert await page(database, Filter(words=["宏远", "路灯"])) == [no]


async def test_the_longest_text_can_be_kept(database: Database) -> None:
    letters = "".join(chr(0x4E00 + at) for at in range(20_000))
    no = await make(database, text=letters * 5 + "路灯", enterprise="宏远")
    assert await page(database, Filter(words=["宏远"])) == [no]


async def several(database: Database) -> list[tuple[datetime, datetime, int]]:
    """Tickets some of which share their instants: due, reported, number."""
    told = []
    for number in range(12):
        due, at = START + number % 3 * DAY, START + number % 4 * DAY
        told.append((due, at, await make(database, due_at=due, reported_at=at)))
    return told


@pytest.mark.usefixtures("_many")
async def test_pages_follow_one_another_in_each_order(database: Database) -> None:
    told = await several(database)
    for order, most in itertools.product(ORDERS, (1, 5, 12)):
        key = {"due_at": 0, "reported_at": 1, "no": 2}[order.by]
        whole = sorted(told, key=lambda row: (row[key], row[2]), reverse=order.descending)
        pages = await turned(database, order, most)
        assert list(itertools.chain(*pages)) == [row[2] for row in whole], order


async def turned(database: Database, order: Order, most: int) -> list[list[int]]:
    """All pages of a list, one after the other."""
    after, pages = None, list[list[int]]()
    async with database.transaction() as session:
        while True:
            found = await ledger.page(session, Filter(), order=order, after=after, most=most)
            if not found.rows:
                return pages
            pages.append([row.no for row in found.rows])
            last = found.rows[-1]
            after = Place(getattr(last, order.by), last.no)
            assert found.count == min(12, ledger.MANY + 1)


@pytest.mark.usefixtures("_many")
async def test_one_can_go_back_as_well(database: Database) -> None:
    await several(database)
    async with database.transaction() as session:
        for order in ORDERS:
            whole = (await ledger.page(session, Filter(), order=order)).rows
            here = Place(getattr(whole[8], order.by), whole[8].no)
            found = (await ledger.page(session, Filter(), order=order, before=here, most=3)).rows
            assert [row.no for row in found] == [row.no for row in whole[5:8]]


async def test_all_of_a_list_comes_in_its_order(database: Database) -> None:
    await several(database)
    for order in ORDERS:
        async with database.transaction() as session:
            whole = [row.no for row in (await ledger.page(session, Filter(), order=order)).rows]
            parts = [
                [row.no for row in part]
                async for part in ledger.every(session, Filter(), order, most=9, at_once=4)
            ]
        assert [len(part) for part in parts] == [4, 4, 1]
        assert list(itertools.chain(*parts)) == whole[:9]


async def test_more_than_people_count_are_only_many(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "MANY", 3)
    for _ in range(3):
        await make(database)
    assert await count(database, Filter()) == 3
    await make(database)
    await make(database)
    assert await count(database, Filter()) == 4


# --- what a figure counts -------------------------------------------------------------------------

DUE, THEN, LATER = START + DAY, START + 2 * DAY, START + 4 * DAY


@pytest.mark.usefixtures("_many")
async def test_a_figure_leads_to_exactly_the_tickets_that_it_counts(database: Database) -> None:
    done = {"status": "closed", "resolved_at": DUE, "responded_at": DUE, "resolve_count": 1}
    for fields in (
        {}, {"district": "天元区"}, done, {**done, "rating": "fairly", "unit_id": 1},
        {**done, "reopened": 1, "status": "accepted", "district": "天元区"},
        {"confidential": True}, {"status": "rejected"}, {"reported_at": LATER},
    ):  # fmt: skip
        await make(database, **{"due_at": DUE, "first_respond_by": DUE, **fields})
    await rejected(database, 1)
    narrowed: list[dict[str, Any]] = [{}, {"district": "天元区"}, {"unit_id": 1}]
    instants = (START, THEN, LATER)
    async with database.transaction() as session:
        for at, only in itertools.product(instants, narrowed):
            scope = Scope(at=at, since=START, until=LATER, only=only)
            counts = await figures.total(session, scope)
            for figure in figures.conditions(at):
                behind = list(await figures.behind(session, figure, scope))
                found = await ledger.page(session, Filter(behind=Behind(figure, scope)))
                assert [row.no for row in found.rows] == behind, (figure, scope)
                assert len(behind) == getattr(counts, figure)


async def rejected(database: Database, no: int) -> None:
    """What it was before stays what it was."""
    async with database.transaction() as session:
        await session.exec(
            update(State).where(col(State.ticket_no) == no).values(until=THEN, past=True)
        )
        ticket = await session.get(Ticket, no)
        assert ticket is not None
        ticket.status = "rejected"
        session.add(ticket)
