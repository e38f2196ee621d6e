"""What coordinators decide of unsure messages: opened late, or learned from; rules, section 5."""

from typing import Any

import pytest

from actions import decide, steps
from actions.base import Refused
from bot import learned
from nlu.examples import Example
from nlu.text import Span
from storage import reviews
from tests.fixtures.cast import REPORT, Town, at

pytestmark = pytest.mark.embedded


async def unsure(town: Town, intent: str = "report_issue", text: str = REPORT, **more: Any) -> int:
    """Say something that nobody is sure of; returns its number on the list."""
    said: dict[str, Any] = {"category": "traffic", "confidence": 0.4, **more}
    await town.says("zhang", text, intent, id=f"m-{text}", **said)
    async with town.database.transaction() as session:
        found = await reviews.open_(session)
    number = found[-1][0].id
    assert number is not None
    return number


async def decides(
    town: Town, number: int, *, opens: bool, by: str = "c1", **labels: Any
) -> int | None:
    """Somebody decides; Refused comes through."""
    async with town.database.transaction() as session:
        member = await steps.named(session, by)
        review, message = await decide.find(session, number, member)
        verdict = decide.judged(message, **labels)
        return await decide.decide(
            session, review, message, verdict, opens=opens, by=member, now=town.now
        )


async def examples(town: Town) -> list[Example]:
    async with town.database.transaction() as session:
        return [example async for example in learned.examples(session)]


async def waiting(town: Town) -> int:
    async with town.database.transaction() as session:
        return len(await reviews.open_(session))


async def test_what_is_confirmed_opens_as_it_would_have_at_once(town: Town) -> None:
    number = await unsure(town, entities={"address": "栗雨工业园新马路"})
    town.later(hours=3)
    assert await decides(town, number, opens=True) == 1
    ticket = await town.ticket(1)
    assert (ticket.category, ticket.address) == ("traffic", "栗雨工业园新马路")
    assert ticket.reported_at == at("04-03 09:00")  # when it was said
    assert (await town.message(f"m-{REPORT}")).effect == "open"
    (answer, *_) = await town.posts()
    assert answer.text.startswith("@张三 已受理 #1(道路交通)")
    assert await waiting(town) == 0


async def test_its_deadlines_are_those_of_a_report_understood_at_once(town: Town) -> None:
    number = await unsure(town)
    town.later(days=2)
    late = await decides(town, number, opens=True)
    town.now = at("04-03 09:00")
    at_once = await town.reports()
    assert late is not None
    one, other = await town.ticket(late), await town.ticket(at_once)
    assert (one.due_at, one.respond_by) == (other.due_at, other.respond_by)


async def test_what_is_corrected_opens_as_corrected(town: Town) -> None:
    number = await unsure(town, "urge")
    place = {"entity": "address", "start": 0, "end": 5, "value": "栗雨工业园"}
    await decides(
        town, number, opens=True, intent="report_issue", category="facilities", entities=[place]
    )
    ticket = await town.ticket(1)
    assert (ticket.kind, ticket.category, ticket.address) == ("issue", "facilities", "栗雨工业园")


async def test_what_is_dismissed_opens_nothing_and_is_learned(town: Town) -> None:
    number = await unsure(town)
    assert await decides(town, number, opens=False, intent="chitchat") is None
    assert await town.tickets() == []
    assert await town.posts() == []
    assert await examples(town) == [Example(REPORT, "chitchat", None, ())]


async def test_what_nobody_decided_is_not_learned(town: Town) -> None:
    await unsure(town)
    assert await examples(town) == []


async def test_phones_are_made_fictional_where_they_are_learned(town: Town) -> None:
    text = "路灯坏了,电话13812345678"
    number = await unsure(town, text=text, entities={"phone": "13812345678"})
    await decides(town, number, opens=False)
    (example,) = await examples(town)
    assert example.text == "路灯坏了,电话13800000000"
    assert example.spans == (Span("phone", 7, 18),)


async def test_misconduct_is_learned_by_nobody(town: Town) -> None:
    guessed = await unsure(town, "report_misconduct", "他张口就要烟", category=None)
    told = await unsure(town, text="办事要红包", entities={})
    await decides(town, guessed, opens=False, by="i1", intent="chitchat")
    assert await decides(town, told, opens=True, intent="report_misconduct") is None
    assert (await town.ticket(1)).confidential
    assert await examples(town) == []


@pytest.mark.parametrize("who", ["zhang", "h1", "c1", "i1", "l1", "a1"])
@pytest.mark.parametrize("intent", ["report_issue", "report_misconduct"])
async def test_coordinators_decide_and_inspectors_what_may_be_misconduct(
    town: Town, intent: str, who: str
) -> None:
    number = await unsure(town, intent, category=None if intent != "report_issue" else "traffic")
    judge = "c1" if intent == "report_issue" else "i1"
    if who == judge:
        await decides(town, number, opens=False, by=who)
    else:
        with pytest.raises(Refused, match="不在您的待审列表里"):
            await decides(town, number, opens=False, by=who)
    assert await waiting(town) == (who != judge)


async def test_nothing_is_decided_twice(town: Town) -> None:
    number = await unsure(town)
    await decides(town, number, opens=True)
    with pytest.raises(Refused, match="4月3日09:00处理过了"):
        await decides(town, number, opens=True)
    assert len(await town.tickets()) == 1


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({"intent": "urge"}, "“催办”不登记工单"),
        ({"intent": "nonsense"}, "标注不对"),
        ({"category": "nonsense"}, "标注不对"),
        ({"entities": [{"entity": "address", "start": 0, "end": 99, "value": "x"}]}, "标注不对"),
    ],
)
async def test_a_judgement_that_makes_no_sense_changes_nothing(
    town: Town, labels: dict[str, Any], why: str
) -> None:
    number = await unsure(town)
    with pytest.raises(Refused, match=why):
        await decides(town, number, opens=True, **labels)
    assert await waiting(town) == 1
    assert await town.tickets() == []


async def test_what_becomes_a_report_needs_a_category(town: Town) -> None:
    number = await unsure(town, "urge", category=None)
    with pytest.raises(Refused, match="类别"):
        await decides(town, number, opens=True, intent="report_issue")
