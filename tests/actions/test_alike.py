"""Looking alike, and merged: linked both ways, and answered about the one that took it in."""

import pytest
from sqlmodel import col, select

from storage.models import Link
from tests.fixtures.cast import REPORT, Town, at

pytestmark = pytest.mark.embedded

OTHER = "我们厂急需招聘三十名焊工,请帮忙对接技校"


async def links(town: Town) -> list[tuple[int, int]]:
    query = select(Link.ticket_no, Link.other_no).order_by(col(Link.ticket_no), col(Link.other_no))
    async with town.database.transaction() as session:
        return [(one, other) for one, other in (await session.exec(query)).all()]


async def test_both_list_each_other_and_the_reporter_is_told(town: Town) -> None:
    await town.reports()
    (answer,) = await town.says("li", REPORT, "report_issue", category="traffic")
    assert "与正在办理的 #1 相似" in answer
    assert (await town.posts())[-1].about == [2, 1]
    assert await links(town) == [(1, 2), (2, 1)]


async def test_the_oldest_that_it_resembles_is_the_one(town: Town) -> None:
    for _ in range(3):
        await town.reports()
    assert await links(town) == [(1, 2), (1, 3), (2, 1), (3, 1)]


async def test_nothing_is_merged_by_itself(town: Town) -> None:
    for _ in range(2):
        await town.reports()
    assert [ticket.status for ticket in await town.tickets()] == ["assigned", "assigned"]


async def test_another_matter_is_another_matter(town: Town) -> None:
    await town.reports()
    await town.reports("li", OTHER, category="labor")
    assert await links(town) == []


@pytest.mark.parametrize(
    ("group", "district", "linked"),
    [
        ("g1", None, True),
        ("g2", None, False),  # another group, another district
        ("g2", "天元区", True),  # another group, the same district
        ("g1", "荷塘区", True),  # the same group
    ],
)
async def test_only_in_the_same_group_or_district(
    town: Town, group: str, district: str | None, linked: bool
) -> None:
    await town.reports()
    named = {"district": district} if district else {}
    await town.reports(text=f"{district or ''}{REPORT}", group=group, entities=named)
    assert bool(await links(town)) == linked


@pytest.mark.parametrize(("moment", "linked"), [("04-17 09:00", True), ("04-17 09:01", False)])
async def test_only_with_what_was_reported_in_the_last_fourteen_days(
    town: Town, moment: str, linked: bool
) -> None:
    await town.reports()
    town.now = at(moment)
    await town.reports()
    assert bool(await links(town)) == linked


@pytest.mark.parametrize(
    ("who", "step", "args", "linked"),
    [
        ("h1", "accept", {}, True),
        ("h1", "resolve", {}, False),
        ("c1", "reject", {"reason": "不归政府管"}, False),
        ("zhang", "withdraw", {"reason": "自己修好了"}, False),
    ],
)
async def test_only_with_what_is_open(
    town: Town, who: str, step: str, args: dict[str, str], linked: bool
) -> None:
    await town.reports()
    await town.takes(who, 1, step, **args)
    await town.reports()
    assert bool(await links(town)) == linked


# --- merged -------------------------------------------------------------------------------------


@pytest.fixture
async def merged(town: Town) -> Town:
    """Zhang's #1, into which li's #2 was merged."""
    await town.reports()
    await town.reports("li")
    await town.takes("c1", 2, "merge", into=1)
    return town


@pytest.mark.parametrize("text", ["到哪一步了", "#2 到哪一步了"])
async def test_its_reporter_is_answered_about_the_one_that_took_it_in(
    merged: Town, text: str
) -> None:
    await merged.takes("h1", 1, "accept")
    (answer,) = await merged.says("li", text, "ask_progress")
    assert answer.startswith("@李四 #1 办理中,承办:天元区城管局")


async def test_what_its_reporter_urges_is_the_one_that_took_it_in(merged: Town) -> None:
    (answer,) = await merged.says("li", "#2 快点吧", "urge")
    assert answer.startswith("@李四 #1 已催办天元区城管局")
    assert {no for _, no, _ in await merged.told("urge")} == {1}


async def test_what_its_reporter_adds_goes_there(merged: Town) -> None:
    await merged.says("li", "就在3号门对面", "add_detail", id="m-more")
    assert (await merged.message("m-more")).ticket_no == 1


@pytest.mark.parametrize(
    ("words", "intent"), [("已解决,满意", "confirm_resolved"), ("没修好", "dispute_result")]
)
@pytest.mark.parametrize("no", [1, 2])
async def test_only_the_own_enterprise_of_the_target_confirms_or_disputes(
    merged: Town, words: str, intent: str, no: int
) -> None:
    await merged.takes("h1", 1, "resolve")
    await merged.says("li", f"#{no} {words}", intent)
    await merged.says("li", words, intent)
    assert (await merged.ticket(1)).status == "resolved"
    await merged.says("zhang", f"#1 {words}", intent)
    assert (await merged.ticket(1)).status in {"closed", "accepted"}


async def test_the_words_of_its_reporter_are_not_those_of_the_target_s_enterprise(
    merged: Town,
) -> None:
    await merged.takes("h1", 1, "resolve")
    merged.now = at("04-04 10:00")
    await merged.says("li", "#2 到哪一步了", "ask_progress")
    await merged.until(at("04-07 17:30"))
    assert (await merged.ticket(1)).status == "closed"


async def test_through_two_mergers_it_is_the_last_one(merged: Town) -> None:
    await merged.reports("wang")
    await merged.takes("c1", 1, "merge", into=3)
    (answer,) = await merged.says("li", "#2 到哪一步了", "ask_progress")
    assert answer.startswith("@李四 #3 ")


async def test_a_stranger_learns_nothing_by_it(merged: Town) -> None:
    (answer,) = await merged.says("u7", "#2 到哪一步了", "ask_progress", name="德信-钱七")
    assert answer == "@钱七 #2 不是您单位的诉求,只能由反映的企业查询和评价。"
