"""What the clock does: silence closes; rules, sections 2 and 8."""

from datetime import timedelta

import pytest

from actions import clock
from bot.scheduler import run_due
from storage import settings
from storage.models import Due
from tests.fixtures.cast import Town, at

pytestmark = pytest.mark.embedded

SECOND = timedelta(seconds=1)


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


async def test_the_clock_says_so_in_the_events_and_to_who_was_silent(town: Town) -> None:
    no = await resolved(town)
    await town.until(at("04-07 17:30"))
    event = (await town.chain(no))[-1]
    assert (event.step, event.by, event.became) == ("silence", "clock", "closed")
    post = (await town.posts())[-1]
    assert (post.to, post.about, post.why, post.next_at) == (
        ["zhang"], [no], "notice", at("04-07 17:30"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "text", "intent"),
    [
        ("zhang", "还要再看看", "add_detail"),
        ("wang", "还要再看看", "add_detail"),  # a colleague
        ("zhang", "到哪一步了", "ask_progress"),
        ("zhang", "快点吧", "urge"),
        ("zhang", "", "chitchat"),  # a picture
    ],
)
async def test_a_message_of_the_enterprise_that_acts_on_it_begins_the_wait_anew(
    town: Town, who: str, text: str, intent: str
) -> None:
    no = await resolved(town)
    town.now = at("04-06 23:00")
    await town.says(who, f"{text} #1" if text else "", intent, images=["p"], quote="m1")
    await town.until(at("04-11 17:30") - SECOND)
    assert (await town.ticket(no)).status == "resolved"
    await town.until(at("04-11 17:30"))
    assert (await town.ticket(no)).status == "closed"


@pytest.mark.parametrize(
    ("who", "text", "intent"),
    [
        ("zhang", "大家早上好", "chitchat"),
        ("zhang", "新马路又堵了", "report_issue"),  # another matter
        ("li", "#1 到哪一步了", "ask_progress"),
        ("c1", "#1 到哪一步了", "ask_progress"),
        ("h1", "#1 已再次核实", "add_detail"),
    ],
)
async def test_other_words_do_not(town: Town, who: str, text: str, intent: str) -> None:
    no = await resolved(town)
    town.now = at("04-06 10:00")
    await town.says(who, text, intent)
    await town.until(at("04-07 17:30"))
    assert (await town.ticket(no)).status == "closed"


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


async def test_a_city_may_wait_longer(town: Town) -> None:
    async with town.database.transaction() as session:
        await settings.write(session, {"silence_days": 5})
    no = await resolved(town)
    await town.until(at("04-11 17:30"))
    assert (await town.ticket(no)).closed_at == at("04-11 17:30")


async def test_work_that_nobody_knows_is_an_error(town: Town) -> None:
    unknown = Due(what="dance", at=town.now, next_at=town.now, turn=0)
    async with town.database.transaction() as session:
        with pytest.raises(ValueError, match="dance"):
            await clock.run(session, unknown, town.now)
