"""What each step does to a ticket; rules, sections 2, 3 and 8."""

from typing import Any

import pytest

from actions.base import Refused
from storage import people
from tests.fixtures.cast import REPORT, Town, at

pytestmark = pytest.mark.embedded


async def last(town: Town) -> str:
    """What the bot said last."""
    return (await town.posts())[-1].text


async def resolved(town: Town) -> int:
    """A ticket resolved on Monday at nine."""
    no = await town.reports()
    await town.takes("h1", no, "resolve")
    return no


async def closed(town: Town) -> int:
    """A ticket closed on Monday at nine."""
    no = await resolved(town)
    await town.takes("zhang", no, "confirm", rating="satisfied")
    return no


async def test_the_first_acceptance_is_the_response(town: Town) -> None:
    no = await town.reports()
    town.later(hours=1)
    await town.takes("h1", no, "accept")
    ticket = await town.ticket(no)
    assert ticket.accepted_at == ticket.responded_at == at("04-03 10:00")


async def test_accepting_again_is_progress(town: Town) -> None:
    no = await town.reports()
    await town.takes("h1", no, "accept")
    town.later(hours=1)
    await town.takes("h2", no, "accept", text="还在查")
    assert (await town.events(no))[-1] == ("progress", "accepted")
    assert (await town.ticket(no)).accepted_at == at("04-03 09:00")


async def test_progress_accepts_first_each_with_its_event(town: Town) -> None:
    no = await town.reports()
    await town.takes("h1", no, "progress", text="已派人")
    assert (await town.events(no))[-2:] == [("accept", "accepted"), ("progress", "accepted")]
    assert await last(town) == "@张三 #1 有新进展:已派人"


async def test_resolving_without_acceptance_responds_but_does_not_accept(town: Town) -> None:
    ticket = await town.ticket(await resolved(town))
    assert (ticket.accepted_at, ticket.responded_at) == (None, at("04-03 09:00"))
    assert (ticket.resolved_at, ticket.resolve_count) == (at("04-03 09:00"), 1)


@pytest.mark.parametrize("first", [None, "accept"])
async def test_confirming_before_resolving_implies_it(town: Town, first: str | None) -> None:
    no = await town.reports()
    if first:
        await town.takes("h1", no, first)
    await town.takes("zhang", no, "confirm")
    assert (await town.events(no))[-2:] == [("resolve", "resolved"), ("confirm", "closed")]


async def test_a_coordinator_closes_in_the_name_of_the_enterprise(town: Town) -> None:
    no = await resolved(town)
    await town.takes("c1", no, "confirm")
    ticket = await town.ticket(no)
    assert (ticket.status, ticket.rating) == ("closed", None)


@pytest.mark.parametrize("step", ["transfer", "return"])
async def test_another_unit_moves_neither_deadline(town: Town, step: str) -> None:
    no = await town.reports()
    await town.takes("h1", no, "accept")
    town.later(days=1)
    args = {"unit": "市自规局"} if step == "transfer" else {"reason": "不归我们管"}
    await town.takes("c1", no, step, **args)
    ticket = await town.ticket(no)
    assert (ticket.respond_by, ticket.due_at) == (at("04-07 17:30"), at("04-11 17:30"))
    assert ticket.handler_id is None
    assert ticket.accepted_at == at("04-03 09:00")


async def test_a_returned_ticket_has_no_unit_and_the_coordinators_hear_of_it(town: Town) -> None:
    no = await town.reports()
    await town.takes("c1", no, "return", reason="不归他们管")
    ticket = await town.ticket(no)
    assert (ticket.status, ticket.unit_id) == ("new", None)
    assert [told for told in await town.notices() if told[1] == "new"] == [
        ("c1", "new", no),
        ("c2", "new", no),
    ]


async def test_assigning_names_who_leads_and_who_assists(town: Town) -> None:
    no = await town.reports(category=None)
    await town.takes("c1", no, "assign", unit="区城管", assisting=["供电公司"])
    ticket = await town.ticket(no)
    async with town.database.transaction() as session:
        unit = await people.unit(session, ticket.unit_id)
    assert unit is not None
    assert (unit.name, ticket.assisting) == ("天元区城管局", ["株洲供电公司"])
    assert await last(town) == "@张三 #1 已交办给天元区城管局,4月11日17:30前办结。"
    assert [who for who, level, _ in await town.notices() if level == "assigned"] == [
        "h1", "h2", "h9", "h3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "args", "named"),
    [
        ("transfer", {"unit": "月球局"}, "月球局"),
        ("transfer", {"unit": "市自规局", "assisting": ["供电公司", "火星局"]}, "火星局"),
        ("transfer", {"unit": "区城管"}, "已由天元区城管局承办"),
        ("merge", {"into": 1}, "#1 不能并入自己"),
        ("merge", {"into": 404}, "没有找到 #404"),
        ("extend", {"days": 0, "reason": "等"}, "1 到 10"),
        ("extend", {"days": 11, "reason": "等"}, "1 到 10"),
        ("extend", {"days": -1, "reason": "等"}, "1 到 10"),
        ("edit", {}, "没有要修改的内容"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    town: Town, step: str, args: dict[str, Any], named: str
) -> None:
    no = await town.reports()
    before = await town.ticket(no)
    with pytest.raises(Refused, match=named):
        await town.takes("c1", no, step, **args)
    assert (await town.ticket(no)).model_dump() == before.model_dump()


async def test_an_ended_ticket_takes_no_other_in(town: Town) -> None:
    into, no = await town.reports(), await town.reports()
    await town.takes("c1", into, "reject", reason="重复")
    with pytest.raises(Refused, match="不能并入"):
        await town.takes("c1", no, "merge", into=into)


async def test_what_was_merged_takes_none_in_but_names_the_one_that_does(town: Town) -> None:
    one, two, three = [await town.reports() for _ in range(3)]
    await town.takes("c1", two, "merge", into=one)
    with pytest.raises(Refused, match=f"不能并入 #{two}.*请并入 #{one}。"):
        await town.takes("c1", three, "merge", into=two)
    with pytest.raises(Refused, match="请选一件正在办理的工单"):  # not into itself on a way round
        await town.takes("c1", one, "merge", into=two)


async def test_a_merged_ticket_points_to_the_one_that_took_it_in(town: Town) -> None:
    into, no = await town.reports(), await town.reports()
    await town.takes("c1", no, "merge", into=into)
    assert (await town.ticket(no)).merged_into == into
    assert (await town.ticket(into)).status == "assigned"
    assert await last(town) == "@张三 #2 与 #1 是同一件事,已并案办理,请关注 #1。"


async def test_an_extension_counts_from_the_old_deadline(town: Town) -> None:
    no = await town.reports()
    await town.takes("c1", no, "extend", days=2, reason="等配件")
    assert (await town.ticket(no)).due_at == at("04-13 17:30")
    assert await last(town) == "@张三 #1 经批准延期到4月13日17:30前办结,原因:等配件"


async def test_a_ticket_is_extended_twice_at_most(town: Town) -> None:
    no = await town.reports()
    for _ in range(2):
        await town.takes("c1", no, "extend", days=1, reason="等配件")
    with pytest.raises(Refused, match="已延期 2 次"):
        await town.takes("c1", no, "extend", days=1, reason="等配件")
    with pytest.raises(Refused, match="已延期 2 次"):
        await town.takes("h1", no, "extend", days=1, reason="等配件")


async def test_exactly_at_the_deadline_an_extension_is_in_time(town: Town) -> None:
    no = await town.reports()
    town.now = at("04-11 17:30")
    assert await town.takes("c1", no, "extend", days=1, reason="等配件")


@pytest.mark.parametrize("who", ["h1", "c1"])
async def test_after_the_deadline_an_extension_is_too_late(town: Town, who: str) -> None:
    no = await town.reports()
    town.now = at("04-11 17:31")
    with pytest.raises(Refused, match="须在到期前申请"):
        await town.takes(who, no, "extend", days=1, reason="等配件")


async def test_what_was_asked_for_in_time_may_be_granted_later(town: Town) -> None:
    no = await town.reports()
    assert not await town.takes("h1", no, "extend", days=1, reason="等配件")
    town.now = at("04-12 09:00")
    await town.takes("c1", no, "extend", days=1, reason="等配件")
    assert (await town.ticket(no)).due_at == at("04-12 17:30")


async def test_suspension_stops_the_clock(town: Town) -> None:
    no = await town.reports()
    await town.takes("h1", no, "accept")
    await town.takes("c1", no, "suspend", reason="等资金")
    town.now = at("04-10 09:00")
    await town.takes("c1", no, "resume")
    ticket = await town.ticket(no)
    assert (ticket.status, ticket.suspended_at) == ("accepted", None)
    assert ticket.due_at == at("04-17 17:30")  # four working days later


async def test_a_dispute_starts_the_work_again(town: Town) -> None:
    no = await closed(town)
    town.now = at("04-04 09:00")
    await town.takes("zhang", no, "dispute", reason="又不亮了")
    ticket = await town.ticket(no)
    assert (ticket.status, ticket.reopened, ticket.rating) == ("accepted", 1, "dissatisfied")
    assert (ticket.resolved_at, ticket.closed_at) == (None, None)
    assert (ticket.respond_by, ticket.due_at) == (at("04-06 17:30"), at("04-10 17:30"))
    assert ticket.first_respond_by == at("04-07 17:30")


@pytest.mark.parametrize(("moment", "late"), [("04-24 17:30", False), ("04-24 17:31", True)])
async def test_a_dispute_is_in_time_for_fifteen_working_days(
    town: Town, moment: str, late: bool
) -> None:
    no = await closed(town)
    town.now = at(moment)
    if late:
        with pytest.raises(Refused, match="重新反映"):
            await town.takes("zhang", no, "dispute", reason="又不亮了")
    else:
        await town.takes("zhang", no, "dispute", reason="又不亮了")
    assert (await town.ticket(no)).status == ("closed" if late else "accepted")


@pytest.mark.parametrize(
    ("passed", "status", "times"), [(True, "closed", 0), (False, "accepted", 1)]
)
async def test_a_recheck_reopens_what_does_not_hold(
    town: Town, passed: bool, status: str, times: int
) -> None:
    no = await closed(town)
    await town.takes("i1", no, "recheck", passed=passed)
    ticket = await town.ticket(no)
    assert (ticket.status, ticket.reopened, ticket.rating) == (status, times, "satisfied")
    assert (await town.events(no))[-1] == ("recheck", status)


async def test_made_urgent_both_deadlines_count_from_then(town: Town) -> None:
    no = await town.reports()
    town.later(days=1)
    await town.takes("c1", no, "edit", urgent=True)
    ticket = await town.ticket(no)
    assert (ticket.respond_by, ticket.due_at) == (at("04-04 11:00"), at("04-05 09:00"))


async def test_made_calm_again_both_deadlines_are_those_of_the_report(town: Town) -> None:
    no = await town.reports(text="全厂停电了", category="utilities")
    town.later(hours=1)
    await town.takes("c1", no, "edit", urgent=False)
    ticket = await town.ticket(no)
    assert (ticket.respond_by, ticket.due_at) == (at("04-07 17:30"), at("04-11 17:30"))


async def test_an_extended_urgent_ticket_is_due_at_the_close_of_business(town: Town) -> None:
    no = await town.reports(text="全厂停电了", category="utilities")
    await town.takes("c1", no, "extend", days=1, reason="等配件")
    assert (await town.ticket(no)).due_at == at("04-06 17:30")  # the old day is 04-04


async def test_an_edit_sets_right_what_was_read_wrongly(town: Town) -> None:
    no = await town.reports()
    await town.takes("c1", no, "edit", category="facilities", address="新马路")
    ticket = await town.ticket(no)
    assert (ticket.category, ticket.address, ticket.status) == ("facilities", "新马路", "assigned")
    assert (await town.chain(no))[-1].words == "category=facilities;address=新马路"


@pytest.mark.parametrize(
    ("text", "category", "sent"),
    [(REPORT, "traffic", "04-04 08:00"), ("全厂停电了", "utilities", "04-03 22:00")],
)
async def test_at_night_only_what_is_urgent_is_pushed(
    town: Town, text: str, category: str, sent: str
) -> None:
    no = await town.reports(text=text, category=category)
    town.now = at("04-03 22:00")
    await town.takes("c1", no, "extend", days=1, reason="等配件")
    post = (await town.posts())[-1]
    assert (post.why, post.next_at) == ("notice", at(sent))


async def test_every_step_says_who_took_it_when_and_out_of_which_message(town: Town) -> None:
    no = await town.reports(id="m100")
    town.later(hours=1)
    await town.says("h1", "收到,马上派人", "accept_task", id="m101")
    told = [(e.by, e.step, e.was, e.message) for e in await town.chain(no)]
    assert told == [
        ("zhang", "open", None, "m100"),
        ("routing", "assign", "new", "m100"),
        ("h1", "accept", "assigned", "m101"),
    ]
    assert (await town.chain(no))[-1].at == at("04-03 10:00")
