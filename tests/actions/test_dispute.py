"""不认可结果: the enterprise does not agree, and the work starts again; rules, sections 2 and 8."""

from datetime import timedelta

import pytest

from tests.fixtures.cast import Town, at

pytestmark = pytest.mark.embedded

SECOND = timedelta(seconds=1)


async def closed(town: Town, moment: str = "04-03 09:00") -> int:
    no = await town.reports()
    await town.takes("h1", no, "accept")
    town.now = at(moment)
    await town.takes("h1", no, "resolve")
    await town.takes("zhang", no, "confirm", rating="satisfied")
    return no


async def disputes(town: Town, who: str = "zhang", text: str = "还是不亮,没修好") -> str:
    (answer,) = await town.says(who, text, "dispute_result")
    return answer


# 04-05 is a holiday, 04-23 a working Sunday; 04-29 to 05-03 are holidays
@pytest.mark.parametrize(
    ("closing", "end"),
    [
        ("04-03 09:00", "04-24 17:30"),
        ("04-03 23:59", "04-24 17:30"),
        ("04-07 12:00", "04-27 17:30"),
        ("04-21 12:00", "05-15 17:30"),
    ],
)
@pytest.mark.parametrize(
    ("after", "status"), [(-SECOND, "accepted"), (0 * SECOND, "accepted"), (SECOND, "closed")]
)
async def test_it_is_in_time_until_the_close_of_the_fifteenth_working_day(
    town: Town, closing: str, end: str, after: timedelta, status: str
) -> None:
    no = await closed(town, closing)
    town.now = at(end) + after
    await disputes(town)
    assert (await town.ticket(no)).status == status


async def test_a_late_one_is_told_how_to_report_anew(town: Town) -> None:
    no = await closed(town)
    town.now = at("04-24 17:30") + SECOND
    assert await disputes(town) == (
        f"@张三 #{no} 销号已久,不能再提异议。问题又出现的话,请直接在群里重新反映,会登记为新的诉求。"
    )
    ticket = await town.ticket(no)
    assert (ticket.rating, ticket.reopened) == ("satisfied", 0)


async def test_a_resolved_one_is_disputed_whenever_it_still_waits(town: Town) -> None:
    no = await town.reports()
    await town.takes("h1", no, "resolve")
    town.later(hours=1)
    await disputes(town)
    assert (await town.events(no))[-1] == ("dispute", "accepted")


async def test_who_has_it_again_and_until_when_is_told(town: Town) -> None:
    no = await closed(town)
    town.now = at("04-04 10:00")
    assert (
        await disputes(town) == f"@张三 #{no} 已重新办理,4月10日17:30前办结。请@李科 再次核实处理。"
    )
    assert (await town.posts())[-1].to == ["zhang", "h1"]


@pytest.mark.parametrize(
    ("words", "rating"), [("已解决", "dissatisfied"), ("基本满意", "fairly"), ("满意", "satisfied")]
)
async def test_it_is_the_rating_until_the_enterprise_gives_another(
    town: Town, words: str, rating: str
) -> None:
    no = await closed(town)
    await disputes(town)
    assert (await town.ticket(no)).rating == "dissatisfied"
    await town.takes("h1", no, "resolve")
    await town.says("zhang", words, "confirm_resolved")
    assert (await town.ticket(no)).rating == rating


async def test_reopened_it_keeps_its_acceptance_and_its_first_answer(town: Town) -> None:
    no = await closed(town)
    before = await town.ticket(no)
    town.now = at("04-04 10:00")
    await disputes(town)
    ticket = await town.ticket(no)
    assert ticket.accepted_at == before.accepted_at == at("04-03 09:00")
    assert ticket.first_respond_by == before.first_respond_by == at("04-07 17:30")
    assert (ticket.respond_by, ticket.due_at) == (at("04-06 17:30"), at("04-10 17:30"))
    assert (ticket.resolved_at, ticket.closed_at, ticket.reopened) == (None, None, 1)


async def test_an_urgent_one_has_two_and_twenty_four_hours_again(town: Town) -> None:
    no = await town.reports(text="全厂停电了", category="utilities")
    await town.takes("h3", no, "resolve")
    town.now = at("04-08 21:00")  # a Saturday night
    await disputes(town)
    ticket = await town.ticket(no)
    assert (ticket.respond_by, ticket.due_at) == (at("04-08 23:00"), at("04-09 21:00"))


@pytest.mark.parametrize("step", ["dispute", "recheck"])
async def test_a_failed_recheck_counts_like_a_dispute(town: Town, step: str) -> None:
    no = await closed(town)
    town.now = at("04-04 10:00")
    if step == "dispute":
        await disputes(town)
    else:
        await town.takes("i1", no, "recheck", passed=False, text="仍未修好")
    ticket = await town.ticket(no)
    assert (ticket.status, ticket.due_at, ticket.reopened) == ("accepted", at("04-10 17:30"), 1)


async def test_a_recheck_may_come_when_a_dispute_would_be_late(town: Town) -> None:
    no = await closed(town)
    town.now = at("06-30 10:00")
    await town.takes("i1", no, "recheck", passed=False)
    assert (await town.ticket(no)).status == "accepted"


async def test_it_may_be_reopened_again_and_again(town: Town) -> None:
    no = await closed(town)
    for _ in range(3):
        await disputes(town)
        await town.takes("h1", no, "resolve")
    ticket = await town.ticket(no)
    assert (ticket.reopened, ticket.resolve_count) == (3, 4)


async def test_a_stranger_may_not(town: Town) -> None:
    no = await closed(town)
    assert "不是您单位的诉求" in await disputes(town, "li", f"#{no} 没修好")
    assert (await town.ticket(no)).status == "closed"


async def test_where_none_fits_the_bot_asks(town: Town) -> None:
    await town.reports()
    assert "请问是哪一件?" in await disputes(town)


async def test_the_silence_that_had_begun_is_over(town: Town) -> None:
    no = await town.reports()
    await town.takes("h1", no, "resolve")
    await disputes(town)
    await town.until(at("05-31 18:00"))
    assert (await town.ticket(no)).status == "accepted"
