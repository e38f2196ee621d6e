"""What one message does: an action, a question, or silence; rules, sections 5 and 8."""

import pytest

from actions.dispatch import actions
from bot.channels.base import Incoming
from nlu.parse import INTENTS
from storage import reviews
from tests.fixtures.cast import REPORT, Town, at, reads

pytestmark = pytest.mark.embedded

#: What is passed over: rules, section 5.
TALK = {"chitchat", "announce", "praise", "spam"}
REVIEW = [("c1", "review", None), ("c2", "review", None)]


def test_every_action_is_found_by_its_intent() -> None:
    assert set(actions()) == set(INTENTS) - TALK
    assert all(action.intent == intent for intent, action in actions().items())


@pytest.mark.parametrize("intent", sorted(TALK))
async def test_talk_is_passed_over(town: Town, intent: str) -> None:
    await town.reports()
    assert await town.says("zhang", "大家早上好", intent, id="m-talk") == []
    assert (await town.message("m-talk")).effect == "silence"
    assert await town.notices("c1") == []


@pytest.mark.parametrize("intent", [*sorted(TALK), "accept_task"])
async def test_addressed_the_bot_answers_talk_with_help(town: Town, intent: str) -> None:
    (answer,) = await town.says("zhang", "在吗", intent, mentions=True)
    assert answer.startswith("@张三 有问题直接在群里说就行")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("收到", "accept_task"),
        ("已派人去看", "report_progress"),
        ("路灯已修好,请核实", "report_done"),
    ],
)
async def test_what_only_a_handler_says_is_talk_from_others(
    town: Town, text: str, intent: str
) -> None:
    no = await town.reports()
    for who in ("zhang", "wang", "c1", "i1", "l1", "a1"):
        assert await town.says(who, text, intent) == []
    assert (await town.ticket(no)).status == "assigned"


@pytest.mark.parametrize("who", ["h1", "i1", "l1", "a1"])
async def test_a_report_from_staff_is_looked_at_silently(town: Town, who: str) -> None:
    assert await town.says(who, REPORT, "report_issue", category="traffic", id="m-staff") == []
    assert await town.tickets() == []
    assert await town.notices() == REVIEW
    assert (await town.message("m-staff")).effect == "review"


@pytest.mark.parametrize(("confidence", "opened"), [(0.6, 1), (0.59, 0)])
async def test_below_the_threshold_nothing_opens(
    town: Town, confidence: float, opened: int
) -> None:
    await town.says("zhang", REPORT, "report_issue", category="traffic", confidence=confidence)
    assert len(await town.tickets()) == opened


async def test_what_was_not_understood_goes_to_the_coordinators(town: Town) -> None:
    assert await town.says("zhang", REPORT, "report_issue", confidence=0.4, id="m-dim") == []
    assert await town.notices() == REVIEW
    assert (await town.message("m-dim")).effect == "review"


async def test_at_night_the_review_waits_for_the_morning(town: Town) -> None:
    town.now = at("04-03 21:00")
    await town.says("zhang", REPORT, "report_issue", confidence=0.4)
    assert {moment for *_, moment in await town.told("review")} == {at("04-04 08:00")}


async def test_a_message_is_on_the_review_list_once(town: Town) -> None:
    for _ in range(2):
        await town.says("zhang", REPORT, "report_issue", confidence=0.4, id="m-dim")
    async with town.database.transaction() as session:
        ((row, message),) = await reviews.open_(session)
    assert (row.why, message.external_id) == ("unsure", "m-dim")


async def test_a_report_of_staff_says_so_on_the_list(town: Town) -> None:
    await town.says("h1", REPORT, "report_issue", category="traffic")
    async with town.database.transaction() as session:
        ((row, _),) = await reviews.open_(session)
    assert row.why == "staff"


async def test_addressed_the_bot_asks_what_was_meant(town: Town) -> None:
    said = await town.says("zhang", "那个", "report_issue", confidence=0.4, mentions=True)
    assert said == ["@张三 没太明白您的意思。是要反映问题、查询进度,还是确认结果?请再说具体一点。"]
    assert await town.notices() == []


async def test_a_picture_goes_to_the_ticket_of_the_last_half_hour(town: Town) -> None:
    no = await town.reports()
    town.later(minutes=30)
    assert await town.says("zhang", "", "chitchat", images=["p1"], id="m-pic") == []
    kept = await town.message("m-pic")
    assert (kept.ticket_no, kept.effect, kept.images[0]["id"]) == (no, "add", "p1")


async def test_a_picture_goes_to_the_ticket_that_it_quotes(town: Town) -> None:
    await town.reports(id="m-one")
    await town.reports()
    await town.says("zhang", " ", "chitchat", images=["p1"], quote="m-one", id="m-pic")
    assert (await town.message("m-pic")).ticket_no == 1


async def test_a_picture_of_nothing_passes_in_silence(town: Town) -> None:
    await town.reports()
    town.later(minutes=31)
    assert await town.says("zhang", "", "report_issue", images=["p1"], id="m-pic") == []
    kept = await town.message("m-pic")
    assert (kept.ticket_no, kept.effect) == (None, "silence")
    assert len(await town.tickets()) == 1


async def test_the_picture_of_a_stranger_is_not_added(town: Town) -> None:
    await town.reports(id="m-one")
    await town.says("li", "", "chitchat", images=["p1"], quote="m-one", id="m-pic")
    assert (await town.message("m-pic")).ticket_no is None


async def test_a_second_delivery_changes_nothing(town: Town) -> None:
    await town.says("zhang", REPORT, "report_issue", category="traffic", id="m-same")
    assert await town.says("zhang", REPORT, "report_issue", category="traffic", id="m-same") == []
    assert len(await town.tickets()) == 1


async def test_the_same_id_in_another_group_is_another_message(town: Town) -> None:
    for group in ("g1", "g2"):
        await town.reports(group=group, id="m-same")
    assert [ticket.group_id for ticket in await town.tickets()] == ["g1", "g2"]


async def test_a_recalled_message_is_marked_and_its_ticket_stays(town: Town) -> None:
    no = await town.reports(id="m-one")
    town.later(minutes=1)
    assert await town.recalls("m-one")
    message = await town.message("m-one")
    assert (message.recalled_at, message.text, message.ticket_no) == (town.now, REPORT, no)
    assert (await town.ticket(no)).status == "assigned"


@pytest.mark.parametrize("times", [1, 2])
async def test_what_is_not_there_or_gone_is_not_recalled(town: Town, times: int) -> None:
    await town.reports(id="m-one")
    for _ in range(times - 1):
        await town.recalls("m-one")
    assert not await town.recalls("m-two" if times == 1 else "m-one")


async def test_a_refusal_is_an_answer_and_changes_nothing(town: Town) -> None:
    no = await town.reports()
    await town.takes("h1", no, "accept")
    await town.takes("c1", no, "suspend", reason="等资金")
    (answer,) = await town.says("h1", f"#{no} 已修好", "report_done")
    assert answer == f"@李科 #{no} 现在是“挂账”,不能办结。专班可以恢复办理。"
    assert (await town.ticket(no)).status == "suspended"


async def test_an_unknown_person_may_report(town: Town) -> None:
    (answer,) = await town.says("u7", REPORT, "report_issue", category="traffic", name="德信-钱七")
    assert answer.startswith("@钱七 已受理 #1")


async def test_a_nickname_that_would_call_everybody_calls_nobody(town: Town) -> None:
    (answer,) = await town.says("u7", REPORT, "report_issue", name="德信-@所有人\n[CQ:at,qq=all]")
    assert answer.startswith("@＠所有人 ［CQ:at,qq=all］ 已受理 #1")


@pytest.mark.parametrize(
    "text", ["路" * 4000, "\u202e@所有人", "'; DROP TABLE tickets; --", "{{ no }}"]
)
async def test_any_text_is_kept_as_it_came(town: Town, text: str) -> None:
    await town.reports(text=text)
    assert (await town.ticket()).text == text


async def test_a_message_into_nowhere_fails_whole(town: Town) -> None:
    lost = Incoming(kind="message", channel="sandbox", group="g9", id="m1", at=town.now,
                    sender="zhang", name="立方-张三", text="在吗")  # fmt: skip
    with pytest.raises(Exception, match="fk_messages_group_id"):
        await town.hears(lost, reads("在吗", "chitchat"))
    assert await town.posts() == []
