"""What the ladder says, where, and to whom; rules, sections 4 and 8."""

from datetime import datetime

import pytest
from sqlmodel import col, select

from bot.scheduler import run_due
from storage import settings
from storage.models import Letter, Post, Reminder
from tests.fixtures.cast import REPORT, Town, at

pytestmark = pytest.mark.embedded

#: A ticket reported on Monday, 3 April, is due on the 11th.
UNANSWERED = BLUE = "04-10 09:00"
YELLOW, ORANGE, RED = "04-12 09:00", "04-14 09:00", "04-18 09:00"
LEVELS = ("unanswered", "blue", "yellow", "orange", "red")


async def reminded(town: Town, *moments: str) -> list[tuple[str, list[int]]]:
    """What was posted as reminders, or only that of some moments: group and tickets."""
    posts = [post for post in await town.posts() if post.why == "reminder"]
    wanted = [at(moment) for moment in moments]
    return [(post.group_id, post.about) for post in posts if not wanted or post.next_at in wanted]


async def last(town: Town) -> Post:
    return [post for post in await town.posts() if post.why == "reminder"][-1]


async def fired(town: Town, no: int = 1) -> list[tuple[str, datetime]]:
    """The levels of a ticket that have fired."""
    query = select(Reminder).where(Reminder.ticket_no == no, col(Reminder.fired_at).is_not(None))
    async with town.database.transaction() as session:
        rows = (await session.exec(query)).all()
    found = sorted(rows, key=lambda row: (row.at, LEVELS.index(row.level)))
    return [(row.level, row.at) for row in found]


async def told(town: Town, *levels: str) -> list[tuple[str, str]]:
    """Who was told of which level."""
    wanted = levels or LEVELS
    return [(who, level) for who, level, _ in await town.notices() if level in wanted]


async def letters(town: Town) -> list[tuple[str, datetime]]:
    async with town.database.transaction() as session:
        rows = (await session.exec(select(Letter).order_by(col(Letter.id)))).all()
    return [(row.kind, row.at) for row in rows]


async def test_all_levels_fire_in_their_turn(town: Town) -> None:
    await town.reports()
    await town.until(at("05-31 18:00"))
    moments = (UNANSWERED, BLUE, YELLOW, ORANGE, RED)
    assert await fired(town) == list(zip(LEVELS, map(at, moments), strict=True))


@pytest.mark.parametrize(
    ("moment", "level"), [(BLUE, "临期"), (YELLOW, "超期1个工作日"), (ORANGE, "督办")]
)
async def test_the_group_is_told_the_level(town: Town, moment: str, level: str) -> None:
    await town.reports()
    await town.until(at(moment))
    post = await last(town)
    assert (post.next_at, post.about, post.to) == (at(moment), [1], [])
    assert f"#1 {level}" in post.text
    assert "天元区城管局 4月11日17:30前办结" in post.text


async def test_one_post_a_group_and_instant_lists_each_ticket_once(town: Town) -> None:
    for group in ("g1", "g2", "g1"):
        await town.reports(group=group)
    await town.until(at(BLUE))  # of each ticket both `unanswered` and `blue` are due
    assert await reminded(town) == [("g1", [1, 3]), ("g2", [2])]
    assert (await last(town)).text.count("#") == 1


async def test_a_ticket_stands_under_its_gravest_level(town: Town) -> None:
    await town.reports()
    await town.until(at(BLUE))
    text = (await last(town)).text
    assert "临期" in text
    assert "未签收" not in text


async def test_the_earliest_deadline_comes_first_then_the_number(town: Town) -> None:
    for _ in range(3):
        await town.reports()
    await town.takes("c1", 1, "extend", days=2, reason="等配件")  # due on the 13th
    await town.until(at(YELLOW))  # `blue` of 1, `yellow` of 2 and 3
    post = await last(town)
    assert post.about == [2, 3, 1]
    assert [line[:2] for line in post.text.splitlines()[1:]] == ["#2", "#3", "#1"]


@pytest.mark.parametrize(("number", "more"), [(10, None), (12, "另有 2 件")])
async def test_ten_lines_and_then_how_many_more(town: Town, number: int, more: str | None) -> None:
    for _ in range(number):
        await town.reports()
    await town.until(at(BLUE))
    post = await last(town)
    assert post.text.count("#") == 10
    assert ("另有" in post.text) == bool(more)
    assert (more or "") in post.text
    assert post.about == list(range(1, number + 1))  # also those beyond ten


async def test_red_is_not_for_the_group(town: Town) -> None:
    await town.reports()
    await town.until(at("05-31 18:00"))
    assert await reminded(town, RED) == []
    assert await told(town, "red") == [("i1", "red")]


async def test_of_misconduct_only_the_inspectors_hear(town: Town) -> None:
    await town.says("zhang", "街道的人张口要烟钱", "report_misconduct")
    await town.until(at("06-30 18:00"))
    assert {level for level, _ in await fired(town)} == set(LEVELS)
    assert await told(town) == [("i1", level) for level in LEVELS]
    assert await reminded(town) == []
    assert await letters(town) == []


@pytest.mark.parametrize(
    ("steps", "fires"),
    [
        ([], True),
        ([("h1", "accept", {})], False),
        ([("c1", "return", {"reason": "不归他们管"})], True),  # `new` again
        ([("h1", "accept", {}), ("c1", "transfer", {"unit": "市自规局"})], True),
        ([("h1", "resolve", {})], False),
        ([("c1", "reject", {"reason": "不归政府管"})], False),
    ],
)
async def test_unanswered_is_what_nobody_has_accepted(
    town: Town, steps: list[tuple[str, str, dict[str, str]]], fires: bool
) -> None:
    no = await town.reports()
    for who, step, args in steps:
        await town.takes(who, no, step, **args)
    await town.until(at("05-31 18:00"))
    assert ("unanswered" in dict(await fired(town))) == fires


async def test_accepted_too_late_it_was_unanswered_once(town: Town) -> None:
    no = await town.reports()
    await town.until(at(UNANSWERED))
    await town.takes("h1", no, "accept")
    await town.takes("c1", no, "return", reason="不归他们管")
    await town.until(at("05-31 18:00"))
    assert [level for level, _ in await fired(town)].count("unanswered") == 1


async def test_what_is_recorded_at_the_instant_comes_before_the_reminder(town: Town) -> None:
    no = await town.reports()
    await run_due(town.database, at(UNANSWERED), before=True)
    town.now = at(UNANSWERED)
    await town.takes("h1", no, "accept")
    await town.until(at(UNANSWERED))
    assert [level for level, _ in await fired(town)] == ["blue"]


async def test_what_no_unit_has_is_told_to_the_group_alone(town: Town) -> None:
    await town.reports(category=None)
    await town.until(at(UNANSWERED))
    assert "#1 临期 待交办" in (await last(town)).text
    assert await told(town) == []


@pytest.mark.parametrize(
    ("moment", "level", "people"),
    [
        (UNANSWERED, "unanswered", ["h1", "h2", "h9"]),
        (BLUE, "blue", ["h1", "h2", "h9"]),
        (YELLOW, "yellow", ["h1", "h2", "h9"]),  # the head, too, works there
        (ORANGE, "orange", ["h9", "l1"]),
        (RED, "red", ["i1"]),
    ],
)
async def test_a_level_is_told_to_its_people(
    town: Town, moment: str, level: str, people: list[str]
) -> None:
    await town.reports()
    await town.until(at(moment))
    assert [who for who, _ in await told(town, level)] == people


@pytest.mark.parametrize(
    ("level", "people"), [("blue", ["h2"]), ("yellow", ["h2", "h9"]), ("orange", ["h9", "l1"])]
)
async def test_who_accepted_it_is_its_handler(town: Town, level: str, people: list[str]) -> None:
    no = await town.reports()
    await town.takes("h2", no, "accept")
    await town.until(at("05-31 18:00"))
    assert [who for who, _ in await told(town, level)] == people


async def test_a_vacant_place_is_skipped(town: Town) -> None:
    await town.reports(text="二期报装卡了一个月", category="utilities")  # a unit without a head
    await town.until(at("05-31 18:00"))
    assert await told(town, "yellow", "orange") == [("h3", "yellow"), ("l1", "orange")]


async def test_with_orange_and_red_a_letter_is_drawn_up(town: Town) -> None:
    await town.reports()
    await town.until(at(YELLOW))
    assert await letters(town) == []
    await town.until(at("05-31 18:00"))
    assert await letters(town) == [("supervision", at(ORANGE)), ("handover", at(RED))]


async def test_a_letter_says_of_what_and_how_late(town: Town) -> None:
    await town.reports()
    await town.until(at(ORANGE))
    async with town.database.transaction() as session:
        (letter,) = (await session.exec(select(Letter))).all()
    for words in ("天元区城管局", "#1", "4月11日17:30", "超期3个工作日", REPORT):
        assert words in letter.text


async def test_what_is_urgent_is_late_by_hours(town: Town) -> None:
    await town.reports(text="车间着火了", category="safety")
    assert (await town.ticket()).urgent
    await town.until(at("04-05 18:00"))
    async with town.database.transaction() as session:
        (letter,) = (await session.exec(select(Letter))).all()
    assert "超期24小时" in letter.text
    said = "".join(post.text for post in await town.posts() if post.why == "reminder")
    assert "24小时" in said
    assert "工作日" not in said


@pytest.mark.parametrize("moment", ["04-04 09:00", "04-11 10:00", "04-13 09:00"])
async def test_a_suspended_ticket_is_not_reminded_of(town: Town, moment: str) -> None:
    no = await town.reports()
    await town.takes("h1", no, "accept")
    await town.until(at(moment))
    before = await fired(town)
    await town.takes("c1", no, "suspend", reason="等资金")
    await town.until(at("05-31 18:00"))
    assert await fired(town) == before


async def test_resumed_the_ladder_stands_on_the_new_deadline(town: Town) -> None:
    no = await town.reports()
    await town.takes("h1", no, "accept")
    await town.until(at("04-10 10:00"))  # `blue` has fired
    await town.takes("c1", no, "suspend", reason="等资金")
    await town.until(at("04-12 10:00"))
    await town.takes("c1", no, "resume")
    assert (await town.ticket(no)).due_at == at("04-13 17:30")
    await town.until(at("04-30 18:00"))
    assert await fired(town) == [
        ("blue", at("04-10 09:00")),
        # that of the new deadline would have been due before it was set
        ("yellow", at("04-14 09:00")),
        ("orange", at("04-18 09:00")),
        ("red", at("04-20 09:00")),
    ]


async def test_resumed_on_the_same_day_nothing_starts_again(town: Town) -> None:
    no = await town.reports()
    await town.takes("h1", no, "accept")
    await town.until(at("04-10 10:00"))
    await town.takes("c1", no, "suspend", reason="等资金")
    town.later(hours=1)
    await town.takes("c1", no, "resume")
    await town.until(at(YELLOW))
    assert await fired(town) == [("blue", at(BLUE)), ("yellow", at(YELLOW))]


async def test_an_extension_starts_the_ladder_again(town: Town) -> None:
    no = await town.reports()
    await town.takes("h1", no, "accept")
    await town.until(at("04-11 10:00"))
    await town.takes("c1", no, "extend", days=3, reason="等配件")  # due on the 14th
    await town.until(at("05-31 18:00"))
    assert await fired(town) == [
        ("blue", at("04-10 09:00")),
        ("blue", at("04-13 09:00")),
        ("yellow", at("04-17 09:00")),
        ("orange", at("04-19 09:00")),
        ("red", at("04-21 09:00")),
    ]


@pytest.mark.parametrize("moment", ["04-06 10:00", UNANSWERED])
async def test_an_extension_leaves_by_when_it_must_be_answered(town: Town, moment: str) -> None:
    no = await town.reports()
    await run_due(town.database, at(moment), before=True)
    town.now = at(moment)
    await town.takes("c1", no, "extend", days=5, reason="等配件")
    await town.until(at("04-12 18:00"))
    assert await fired(town) == [("unanswered", at(UNANSWERED))]


async def test_reopening_starts_the_ladder_again(town: Town) -> None:
    no = await town.reports()
    await town.until(at("04-12 10:00"))
    await town.takes("h1", no, "resolve")
    await town.takes("zhang", no, "dispute", reason="还是不亮")  # due on the 17th
    await town.until(at("05-31 18:00"))
    assert [row for row in await fired(town) if row[1] > at("04-12 10:00")] == [
        ("blue", at("04-14 09:00")),
        ("yellow", at("04-18 09:00")),
        ("orange", at("04-20 09:00")),
        ("red", at("04-23 09:00")),  # a working Sunday
    ]


@pytest.mark.parametrize(
    ("who", "step", "args"),
    [
        ("h1", "resolve", {}),
        ("zhang", "confirm", {}),
        ("zhang", "withdraw", {"reason": "自己修好了"}),
        ("c1", "reject", {"reason": "不归政府管"}),
        ("c1", "merge", {"into": 2}),
    ],
)
async def test_what_has_ended_is_not_reminded_of(
    town: Town, who: str, step: str, args: dict[str, str]
) -> None:
    await town.reports()
    await town.reports(group="g2")
    await town.takes(who, 1, step, **args)
    await town.until(at("05-31 18:00"))
    assert await fired(town) == []


async def test_an_urgent_one_is_reminded_of_at_night(town: Town) -> None:
    town.now = at("04-03 22:00")
    await town.reports(text="全厂停电了", category="utilities")
    await town.until(at("04-30 18:00"))
    assert await fired(town) == [
        ("unanswered", at("04-04 00:00")),
        ("blue", at("04-04 20:00")),
        ("yellow", at("04-04 22:00")),
        ("orange", at("04-05 22:00")),
        ("red", at("04-06 22:00")),
    ]
    posts = [post for post in await town.posts() if post.why == "reminder"]
    assert [post.next_at for post in posts] == [moment for _, moment in (await fired(town))[:-1]]


async def test_made_urgent_later_the_ladder_counts_from_then(town: Town) -> None:
    no = await town.reports()
    town.now = at("04-04 10:00")
    await town.takes("c1", no, "edit", urgent=True)
    await town.until(at("04-30 18:00"))
    assert (await fired(town))[:3] == [
        ("unanswered", at("04-04 12:00")),
        ("blue", at("04-05 08:00")),
        ("yellow", at("04-05 10:00")),
    ]


async def test_before_eight_only_what_is_urgent_is_pushed(town: Town) -> None:
    async with town.database.transaction() as session:
        await settings.write(session, {"reminders_at": "07:00"})
    await town.reports()
    await town.until(at("04-10 07:00"))
    assert (await last(town)).next_at == at("04-10 08:00")
    assert [level for level, _ in await fired(town)] == ["unanswered", "blue"]


async def test_late_after_a_stop_each_level_fires_once(town: Town) -> None:
    await town.reports()
    back = at("04-13 11:00")
    for _ in range(2):
        await run_due(town.database, back, now=back)
    assert [level for level, _ in await fired(town)] == ["unanswered", "blue", "yellow"]
    assert len(await told(town)) == 9
    assert {post.next_at for post in await town.posts() if post.why == "reminder"} == {back}
