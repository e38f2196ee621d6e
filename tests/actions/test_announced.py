"""A year's notice: the calendar set, open deadlines counted anew, the warning in time."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import delete
from sqlmodel import col, select

from actions import announced, clock
from actions.announced import Announcement, Imported, Special
from actions.deadlines import ZONE
from bot import calendars
from storage import calendar
from storage.models import Day, Due, Reminder
from tests.bot.calendars.notices import NEXT
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded

NOTICE = calendars.parse(NEXT.encode())
#: What the law alone says of the year, as it is kept until the notice comes.
GUESSED = {
    (1, 1): "元旦", (2, 5): "农历除夕", (2, 6): "春节", (2, 7): "春节", (2, 8): "春节",
    (2, 9): "春节补假", (2, 10): "春节补假", (4, 5): "清明节", (5, 1): "劳动节", (5, 2): "劳动节",
    (5, 3): "劳动节补假", (5, 4): "劳动节补假", (6, 9): "端午节", (9, 15): "中秋节",
    (10, 1): "国庆节", (10, 2): "国庆节", (10, 3): "国庆节", (10, 4): "国庆节补假",
    (10, 5): "国庆节补假",
}  # fmt: skip
#: It moves no deadline before 4 February, only what comes after.
AFTERWARDS = Announcement(
    2027, {date(2027, 2, number): Special(working=False, name="春节") for number in range(4, 11)}
)
#: A Thursday, the last day that is announced here.
EVE = datetime(2026, 12, 31, 10, tzinfo=ZONE)


@pytest_asyncio.fixture(autouse=True)
async def unannounced(town: Town) -> None:
    """The calendar as it is before the notice of 2027, whatever has been announced since."""
    first = date(2027, 1, 1)
    guess = []
    for which in (first + timedelta(days=n) for n in range(2 * 365)):
        named = GUESSED.get((which.month, which.day)) if which.year == 2027 else None
        why = named or ("周末" if which.weekday() >= 5 else "")
        source = calendar.EXPECTED
        guess.append(Day(day=which, working=not why, why=why, source=source, official=False))
    async with town.database.transaction() as session:
        await session.exec(delete(Day).where(col(Day.day) >= first))
        await calendar.put(session, guess)


def day(month: int, number: int, hour: int = 17, minute: int = 30) -> datetime:
    return datetime(2027, month, number, hour, minute, tzinfo=ZONE)


async def announce(town: Town, notice: Announcement = NOTICE) -> Imported:
    async with town.database.transaction() as session:
        return await announced.announce(session, notice, town.now)


async def reports(town: Town, now: datetime = EVE) -> int:
    town.now = now
    return await town.reports()


async def days(town: Town, *wanted: date) -> dict[date, tuple[bool, str, bool]]:
    async with town.database.transaction() as session:
        found = await calendar.between(session, min(wanted), max(wanted))
    return {row.day: (row.working, row.why, row.official) for row in found if row.day in wanted}


async def sets(town: Town, which: date, *, working: bool) -> None:
    by_hand = Day(day=which, working=working, why="本市", source=calendar.BY_CITY, official=True)
    async with town.database.transaction() as session:
        await calendar.put(session, [by_hand])


async def ladder(town: Town, no: int) -> Mapping[str, datetime]:
    query = select(Reminder).where(Reminder.ticket_no == no, col(Reminder.fired_at).is_(None))
    async with town.database.transaction() as session:
        return {row.level: row.at for row in (await session.exec(query)).all()}


async def planned(town: Town, what: str) -> list[datetime]:
    query = select(Due.at).where(Due.what == what, col(Due.done_at).is_(None))
    async with town.database.transaction() as session:
        return list((await session.exec(query)).all())


# --- the calendar -----------------------------------------------------------------------------


async def test_the_whole_year_is_announced(town: Town) -> None:
    town.now = EVE
    await announce(town)
    first = date(2027, 1, 1)
    every = [first + timedelta(days=n) for n in range(365)]
    assert all(official for _, _, official in (await days(town, *every)).values())
    assert await days(town, first, date(2027, 1, 31), date(2027, 3, 6), date(2027, 3, 8)) == {
        first: (False, "元旦", True),
        date(2027, 1, 31): (True, "春节调休上班", True),
        date(2027, 3, 6): (False, "周末", True),
        date(2027, 3, 8): (True, "", True),
    }


async def test_what_changed_is_what_counts_otherwise_now(town: Town) -> None:
    town.now = EVE
    changed = [row.day for row in (await announce(town)).changed]
    assert date(2027, 1, 31) in changed
    assert date(2027, 2, 11) in changed
    assert date(2027, 1, 1) not in changed
    assert (await announce(town)).changed == []


async def test_what_the_city_set_by_hand_stays(town: Town) -> None:
    town.now = EVE
    await sets(town, date(2027, 1, 31), working=False)
    done = await announce(town)
    assert (await days(town, date(2027, 1, 31))) == {date(2027, 1, 31): (False, "本市", True)}
    assert [row.day for row in done.kept] == [date(2027, 1, 31)]
    assert date(2027, 1, 31) not in [row.day for row in done.changed]


async def test_a_holiday_of_which_the_notice_says_nothing_stays_a_guess(town: Town) -> None:
    town.now = EVE
    half = Announcement(2027, {date(2027, 1, 1): Special(working=False, name="元旦")})
    await announce(town, half)
    assert await days(town, date(2027, 2, 6), date(2027, 5, 3), date(2027, 5, 6)) == {
        date(2027, 2, 6): (False, "春节", False),
        date(2027, 5, 3): (False, "劳动节补假", False),
        date(2027, 5, 6): (True, "", True),
    }


async def test_a_notice_may_set_days_of_the_december_before(town: Town) -> None:
    town.now = EVE
    said = {date(2026, 12, 31): Special(working=False, name="元旦"), **NOTICE.days}
    await announce(town, Announcement(2027, said))
    assert (await days(town, date(2026, 12, 31)))[date(2026, 12, 31)] == (False, "元旦", True)


# --- deadlines --------------------------------------------------------------------------------


async def test_past_the_last_announced_day_a_deadline_is_provisional(town: Town) -> None:
    ticket = await town.ticket(await reports(town))
    assert (ticket.provisional, ticket.due_at) == (True, day(1, 8))


async def test_the_notice_makes_it_certain(town: Town) -> None:
    no = await reports(town)
    assert (await announce(town)).moved == []
    ticket = await town.ticket(no)
    assert (ticket.provisional, ticket.due_at) == (False, day(1, 8))
    assert (await town.chain(no))[-1].step == "recount"


async def test_a_deadline_that_moves_is_told_and_recorded(town: Town) -> None:
    no = await reports(town, day(2, 3, 10))
    assert (await town.ticket(no)).due_at == day(2, 16)
    (moved,) = (await announce(town)).moved
    assert (moved.no, moved.was, moved.due_at) == (no, day(2, 16), day(2, 18))
    event = (await town.chain(no))[-1]
    assert (event.step, event.by, event.words) == (
        "recount", "calendar", "2027-02-16 → 2027-02-18",
    )  # fmt: skip


async def test_the_ladder_follows_the_deadline(town: Town) -> None:
    no = await reports(town, day(2, 3, 10))
    await announce(town)
    assert await ladder(town, no) == {
        "unanswered": day(2, 17, 9, 0), "blue": day(2, 17, 9, 0), "yellow": day(2, 19, 9, 0),
        "orange": day(2, 22, 9, 0), "red": day(2, 24, 9, 0),
    }  # fmt: skip


async def test_the_ladder_of_a_deadline_that_stays_stands_on_the_new_days(town: Town) -> None:
    no = await reports(town, datetime(2027, 1, 27, 10, tzinfo=ZONE))
    assert (await ladder(town, no))["yellow"] == day(2, 4, 9, 0)
    assert (await announce(town, AFTERWARDS)).moved == []
    assert (await ladder(town, no))["yellow"] == day(2, 11, 9, 0)


async def test_a_reminder_that_is_late_is_not_lost(town: Town) -> None:
    no = await reports(town, datetime(2027, 1, 27, 10, tzinfo=ZONE))
    was = await ladder(town, no)
    town.now = day(2, 4, 12, 0)  # nothing ran in the meantime
    await announce(town, AFTERWARDS)
    now = await ladder(town, no)
    assert {level: now[level] for level, at in was.items() if at <= town.now} == {
        level: at for level, at in was.items() if at <= town.now
    }
    assert len(now) == len(was)


async def test_a_digest_that_is_late_is_still_made_up(town: Town) -> None:
    town.now = EVE
    async with town.database.transaction() as session:
        await clock.begin(session, town.now)
    late = await planned(town, "daily")
    town.now = day(1, 8, 10, 0)
    await announce(town)
    assert await planned(town, "daily") == late


async def test_confidential_tickets_move_in_silence(town: Town) -> None:
    town.now = day(1, 20, 10, 0)
    await town.says("zhang", "有人收钱才办事", "report_misconduct")
    was = (await town.ticket()).due_at
    assert (await announce(town)).moved == []
    assert (await town.ticket()).due_at != was


async def test_what_is_resolved_stays(town: Town) -> None:
    no = await reports(town, day(2, 3, 10))
    await town.takes("h1", no, "resolve", text="修好了")
    assert (await announce(town)).moved == []


# --- how far it goes --------------------------------------------------------------------------


async def status(town: Town, now: datetime) -> announced.Status:
    async with town.database.transaction() as session:
        return await announced.status(session, now)


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (datetime(2026, 11, 20, 23, 59, tzinfo=ZONE), False),
        (datetime(2026, 11, 21, 0, 0, tzinfo=ZONE), True),
        (EVE, True),
    ],
)
async def test_forty_days_before_the_end_the_next_notice_is_wanted(
    town: Town, now: datetime, wanted: bool
) -> None:
    found = await status(town, now)
    assert (found.last, found.wanted) == (date(2026, 12, 31), wanted)


async def test_once_it_is_there_it_is_not_wanted(town: Town) -> None:
    town.now = EVE
    await announce(town)
    found = await status(town, EVE)
    assert (found.last, found.wanted) == (date(2027, 12, 31), False)


async def test_after_half_a_notice_it_is_still_wanted(town: Town) -> None:
    town.now = EVE
    await announce(town, Announcement(2027, {date(2027, 1, 1): NOTICE.days[date(2027, 1, 1)]}))
    found = await status(town, EVE)
    assert (found.last, found.wanted) == (date(2027, 2, 4), True)


async def test_status_counts_what_rests_on_a_guess(town: Town) -> None:
    await reports(town)
    assert (await status(town, EVE)).provisional == 1
    await announce(town)
    assert (await status(town, EVE)).provisional == 0


async def test_status_does_not_count_misconduct(town: Town) -> None:
    town.now = EVE
    await town.says("zhang", "有人要回扣", "report_misconduct")
    assert (await town.ticket()).provisional
    assert (await status(town, EVE)).provisional == 0


async def test_status_names_what_the_city_has_set_from_today_on(town: Town) -> None:
    for which in (date(2026, 12, 30), date(2027, 1, 4)):
        await sets(town, which, working=False)
    assert [row.day for row in (await status(town, EVE)).own] == [date(2027, 1, 4)]


async def test_somebody_is_warned_once_and_in_time(town: Town) -> None:
    town.now = datetime(2026, 11, 2, 9, tzinfo=ZONE)
    async with town.database.transaction() as session:
        await clock.begin(session, town.now)
    await town.until(datetime(2026, 11, 21, 8, 59, tzinfo=ZONE))
    assert [who for who, level, _ in await town.notices() if level == "request"] == []
    await town.until(datetime(2026, 11, 25, 9, tzinfo=ZONE))
    warned = [who for who, level, _ in await town.notices() if level == "request"]
    assert sorted(warned) == ["a1", "c1", "c2"]


async def test_nobody_is_warned_of_what_was_imported(town: Town) -> None:
    town.now = datetime(2026, 11, 2, 9, tzinfo=ZONE)
    async with town.database.transaction() as session:
        await clock.begin(session, town.now)
    await announce(town)
    await town.until(datetime(2026, 11, 25, 9, tzinfo=ZONE))
    assert [who for who, level, _ in await town.notices() if level == "request"] == []
