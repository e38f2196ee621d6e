"""What the clock does: silence closes; rules, sections 2 and 8."""

import pytest

from bot.scheduler import run_due
from tests.fixtures.cast import Town, at

pytestmark = pytest.mark.embedded


async def resolved(town: Town, moment: str = "04-03 09:00") -> int:
    no = await town.reports()
    town.now = at(moment)
    await town.takes("h1", no, "resolve")
    return no


@pytest.mark.parametrize(
    ("moment", "closes"),
    [
        ("04-03 09:00", "04-07 17:30"),
        ("04-03 23:59", "04-07 17:30"),
        ("04-04 09:00", "04-10 17:30"),
        ("04-21 09:00", "04-25 17:30"),  # the Sunday between is a working day
    ],
)
async def test_three_working_days_of_silence_close(town: Town, moment: str, closes: str) -> None:
    no = await resolved(town, moment)
    await town.until(at(closes).replace(minute=29))
    assert (await town.ticket(no)).status == "resolved"
    await town.until(at(closes))
    ticket = await town.ticket(no)
    assert (ticket.status, ticket.closed_at, ticket.rating) == ("closed", at(closes), None)


async def test_the_clock_says_so_in_the_events_and_nothing_in_the_group(town: Town) -> None:
    no = await resolved(town)
    said = await town.count()
    await town.until(at("04-07 17:30"))
    event = (await town.chain(no))[-1]
    assert (event.step, event.by, event.became) == ("silence", "clock", "closed")
    assert await town.count() == said


async def test_late_after_a_stop_it_closes_all_the_same_and_once(town: Town) -> None:
    no = await resolved(town)
    for _ in range(2):
        await run_due(town.database, at("05-04 09:00"))
    assert [step for step, _ in await town.events(no)].count("silence") == 1


async def test_what_was_confirmed_is_not_closed_again(town: Town) -> None:
    no = await resolved(town)
    await town.takes("zhang", no, "confirm", rating="satisfied")
    await town.until(at("04-10 09:00"))
    assert (await town.events(no))[-1] == ("confirm", "closed")


async def test_a_dispute_ends_the_wait_and_a_new_result_begins_it_again(town: Town) -> None:
    no = await resolved(town)
    await town.takes("zhang", no, "dispute", reason="又不亮了")
    await town.until(at("04-07 17:30"))
    assert (await town.ticket(no)).status == "accepted"
    await town.takes("h1", no, "resolve")
    await town.until(at("04-12 17:30"))
    assert (await town.ticket(no)).status == "closed"
