"""Every step × every status, and who may take it: in the table, or refused with nothing changed."""

from typing import Any

import pytest
from sqlmodel import select

from actions import steps
from actions.base import Refused
from actions.deadlines import Part
from actions.steps import STEPS
from storage import people, tickets
from storage.models import Due, Event, Notice, Post, Ticket
from tests.fixtures import rows
from tests.fixtures.cast import REPORT, Town, at

pytestmark = pytest.mark.embedded

STATUSES = (
    "new", "assigned", "accepted", "suspended", "resolved", "closed", "withdrawn", "rejected",
    "merged",
)  # fmt: skip
#: Rules, section 2: step → status before → status after, of tickets that are no misconduct.
TABLE: dict[str, dict[str, str]] = {
    "assign": {"new": "assigned"},
    "accept": {"assigned": "accepted", "accepted": "accepted"},
    "progress": {"assigned": "accepted", "accepted": "accepted"},
    "resolve": {"assigned": "resolved", "accepted": "resolved"},
    "confirm": {"assigned": "closed", "accepted": "closed", "resolved": "closed"},
    "dispute": {"resolved": "accepted", "closed": "accepted"},
    "withdraw": {"new": "withdrawn", "assigned": "withdrawn", "accepted": "withdrawn"},
    "reject": {"new": "rejected", "assigned": "rejected", "accepted": "rejected"},
    "merge": {"new": "merged", "assigned": "merged", "accepted": "merged"},
    "return": {"assigned": "new", "accepted": "new"},
    "transfer": {"assigned": "assigned", "accepted": "assigned"},
    "extend": {"assigned": "assigned", "accepted": "accepted"},
    "suspend": {"accepted": "suspended"},
    "resume": {"suspended": "accepted"},
    "edit": {
        same: same for same in ("new", "assigned", "accepted", "suspended", "resolved", "closed")
    },
    "urge": {same: same for same in ("new", "assigned", "accepted", "suspended")},
    "recheck": {"closed": "accepted"},
    "silence": {"resolved": "closed"},
}
ARGS: dict[str, dict[str, Any]] = {
    "assign": {"unit": "市自规局"},
    "transfer": {"unit": "市自规局"},
    "dispute": {"reason": "还是不亮"},
    "withdraw": {"reason": "自己修好了"},
    "reject": {"reason": "不归政府管"},
    "merge": {"into": 99},
    "return": {"reason": "不归我们管"},
    "extend": {"days": 2, "reason": "等配件"},
    "suspend": {"reason": "等资金"},
    "edit": {"address": "新马路"},
    "recheck": {"passed": False},
    "open": {"text": REPORT, "source": "hotline"},
}
#: How its deadlines were counted: opened on Monday morning.
_opened = at("04-03 08:00")
COUNTED = {
    "respond": [Part(why="opened", start=_opened, days=3).as_json()],
    "resolve": [Part(why="opened", start=_opened, days=5).as_json()],
}
#: Somebody who may take each step.
BY = {
    "accept": "h1", "progress": "h1", "resolve": "h1", "confirm": "zhang", "dispute": "zhang",
    "withdraw": "zhang", "recheck": "i1", "silence": None,
}  # fmt: skip


async def stand(town: Town, status: str, **more: Any) -> int:
    """A ticket that stands at this status, as it would after the steps that lead there."""
    async with town.database.transaction() as session:
        unit = await people.unit_named(session, "天元区城管局")
        zhang = await people.known(session, "zhang")
        assert unit is not None
        assert zhang is not None
        ticket = await rows.make(
            session, status=status, text=REPORT, group_id="g1", category="traffic",
            reporter_id=zhang.id, enterprise=zhang.enterprise, district="天元区",
            unit_id=None if status == "new" else unit.id, reported_at=at("04-03 08:00"),
            respond_by=at("04-07 17:30"), first_respond_by=at("04-07 17:30"),
            due_at=at("04-11 17:30"), counted=COUNTED,
            suspended_at=at("04-03 08:40") if status == "suspended" else None,
            resolved_at=at("04-03 08:30") if status in ("resolved", "closed") else None,
            closed_at=at("04-03 08:40") if status == "closed" else None,
            **more,
        )  # fmt: skip
        return ticket.no


async def take(town: Town, no: int, step: str, by: str | None) -> bool:
    async with town.database.transaction() as session:
        who = await steps.named(session, by) if by else None
        ticket = await tickets.lock(session, no)
        assert ticket is not None
        return await steps.take(session, ticket, step, by=who, now=town.now, args=ARGS.get(step))


async def refusal(town: Town, no: int, step: str, by: str | None) -> str:
    """Why a step is refused; what it changed all the same is committed."""
    async with town.database.transaction() as session:
        who = await steps.named(session, by) if by else None
        ticket = await tickets.lock(session, no)
        assert ticket is not None
        with pytest.raises(Refused) as refused:
            await steps.take(session, ticket, step, by=who, now=town.now, args=ARGS.get(step))
        return str(refused.value)


async def everything(town: Town) -> list[dict[str, Any]]:
    """All that a step could have changed."""
    async with town.database.transaction() as session:
        return [
            row.model_dump()
            for table in (Ticket, Event, Post, Notice, Due)
            for row in (await session.exec(select(table))).all()
        ]


async def test_the_table_is_the_one_of_the_rules() -> None:
    code = {step: dict(moves) for step, moves in STEPS.items()}
    for step in ("accept", "resolve"):
        assert code[step].pop("new")  # of misconduct alone
    assert code == TABLE


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_leads_from_its_statuses_to_the_one_in_the_table(
    town: Town, step: str
) -> None:
    for status, after in TABLE[step].items():
        no = await stand(town, status)
        await stand_at(town, 99)
        assert await take(town, no, step, BY.get(step, "c1"))
        assert (await town.ticket(no)).status == after
        assert (await town.events(no))[-1][1] == after


@pytest.mark.parametrize("step", STEPS)
async def test_from_any_other_status_it_is_refused_and_nothing_changes(
    town: Town, step: str
) -> None:
    await stand_at(town, 99)
    numbers = {status: await stand(town, status) for status in STATUSES}
    before = await everything(town)
    for status in set(STATUSES) - set(TABLE[step]):
        why = await refusal(town, numbers[status], step, BY.get(step, "c1"))
        assert f"#{numbers[status]} " in why
    assert await everything(town) == before


async def stand_at(town: Town, no: int) -> None:
    """An open ticket of this number, which takes others in."""
    async with town.database.transaction() as session:
        if await tickets.get(session, no) is None:
            moment = at("04-11 17:30")
            session.add(
                Ticket(no=no, text=REPORT, reported_at=at("04-03 08:00"), respond_by=moment,
                       first_respond_by=moment, due_at=moment)
            )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "steps_"),
    [
        ("zhang", {"confirm", "dispute", "withdraw", "urge"}),
        ("wang", {"confirm", "dispute", "withdraw", "urge"}),  # a colleague
        ("li", set()),
        ("h1", {"accept", "progress", "resolve", "return", "transfer", "extend"}),
        ("h3", set()),
        ("c1", {"assign", "confirm", "reject", "merge", "return", "transfer", "extend", "suspend",
                "resume", "edit", "urge"}),
        ("i1", {"recheck", "urge"}),
        ("l1", {"urge"}),
        ("a1", set()),
    ],
)  # fmt: skip
async def test_a_step_is_refused_to_whom_it_does_not_belong(
    town: Town, who: str, steps_: set[str]
) -> None:
    await stand_at(town, 99)
    numbers = {step: await stand(town, next(iter(TABLE[step]))) for step in STEPS}
    before = await everything(town)
    for step in set(STEPS) - steps_:
        assert "不能对" in await refusal(town, numbers[step], step, who)
    assert await everything(town) == before


@pytest.mark.parametrize("who", ["zhang", "h1", "c1", "l1", "a1"])
async def test_a_confidential_ticket_is_refused_to_all_but_inspectors(town: Town, who: str) -> None:
    secret = {"kind": "misconduct", "confidential": True}
    numbers = {step: await stand(town, next(iter(TABLE[step])), **secret) for step in STEPS}
    before = await everything(town)
    for step, no in numbers.items():  # answered like a number that does not exist
        assert await refusal(town, no, step, who) == f"没有找到 #{no},请核对编号。"
    assert await everything(town) == before


@pytest.mark.parametrize(("step", "after"), [("accept", "accepted"), ("resolve", "resolved")])
async def test_an_inspector_takes_misconduct_on_without_a_unit(
    town: Town, step: str, after: str
) -> None:
    no = await stand(town, "new", kind="misconduct", confidential=True)
    await take(town, no, step, "i1")
    assert (await town.ticket(no)).status == after
    assert await town.posts() == []  # it is never spoken of


@pytest.mark.parametrize(
    ("step", "status"), [("assign", "new"), ("return", "accepted"), ("transfer", "assigned")]
)
async def test_misconduct_is_given_to_no_unit(town: Town, step: str, status: str) -> None:
    no = await stand(town, status, kind="misconduct", confidential=True)
    before = await everything(town)
    assert await refusal(town, no, step, "i1") == f"#{no} 由纪检直接办理,不交办给单位。"
    assert await everything(town) == before


@pytest.mark.parametrize("step", ["dance", "open", "add", "ask"])
async def test_what_is_no_step_of_a_ticket_is_refused(town: Town, step: str) -> None:
    no = await stand(town, "assigned")
    assert await refusal(town, no, step, "c1")


@pytest.mark.parametrize("step", ["transfer", "return", "extend"])
async def test_a_handler_only_asks_the_coordinators_for_it(town: Town, step: str) -> None:
    no = await stand(town, "accepted")
    assert not await take(town, no, step, "h1")
    ticket = await town.ticket(no)
    assert (ticket.status, ticket.due_at) == ("accepted", at("04-11 17:30"))
    assert await town.events(no) == []
    assert await town.notices() == [("c1", "request", no), ("c2", "request", no)]


@pytest.mark.parametrize(
    ("step", "status", "who", "possible"),
    [
        ("withdraw", "resolved", "zhang", "如已解决,请直接确认"),
        (
            "accept",
            "resolved",
            "h1",
            "不能签收。反映的企业可以确认销号、提出异议,专班可以确认销号。",
        ),
        ("resolve", "suspended", "h1", "不能办结。专班可以恢复办理。"),
        ("recheck", "new", "i1", "不能回头看。反映的企业可以撤回,专班可以交办、不予受理、并案。"),
        ("assign", "rejected", "c1", "请重新反映,会登记为新的诉求。"),
        ("assign", "assigned", "h1", "这一步由专班来做。您现在可以:签收、"),
        ("accept", "assigned", "c1", "这一步由承办单位来做。您现在可以:确认销号、"),
        ("confirm", "resolved", "h1", "这一步由反映的企业或专班来做。"),
        ("withdraw", "closed", "zhang", "现在可以:提出异议"),
        (
            "resume",
            "accepted",
            "c1",
            "现在可以:确认销号、不予受理、并案、退回、转办、延期、挂账、修改",
        ),
        ("withdraw", "suspended", "zhang", "不能撤回。专班可以恢复办理。"),
        ("dispute", "merged", "zhang", "“已并案”,不能提出异议。"),
    ],
)
async def test_a_refusal_says_what_is_possible(
    town: Town, step: str, status: str, who: str, possible: str
) -> None:
    no = await stand(town, status)
    assert possible in await refusal(town, no, step, who)


async def test_a_merged_ticket_s_refusal_points_to_the_one_that_took_it_in(town: Town) -> None:
    await stand_at(town, 98)
    await stand_at(town, 99)
    no = await stand(town, "merged", merged_into=98)
    assert "它已并入 #98,请关注 #98。" in await refusal(town, no, "confirm", "zhang")
    await take(town, 98, "merge", "c1")  # into 99
    assert "它已并入 #99,请关注 #99。" in await refusal(town, no, "accept", "h1")


async def test_who_takes_a_step_must_be_known(town: Town) -> None:
    async with town.database.transaction() as session:
        with pytest.raises(Refused, match="nobody"):
            await steps.named(session, "nobody")
