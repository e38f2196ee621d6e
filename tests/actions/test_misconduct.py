"""涉纪线索: at no exit is there a word of it but to the inspectors; rules, sections 5 and 8."""

import pytest
from sqlmodel import select

from actions.base import Refused
from bot.channels.base import Quoted
from storage import digests, figures, ledger, states
from storage.figures import Scope
from storage.ledger import Filter
from storage.models import Link, Notice, Review, State
from tests.fixtures.cast import REPORT, Town, at

pytestmark = pytest.mark.embedded

TEXT = "天元街道的王主任张口要烟钱,不给就不让施工"
NEUTRAL = "@张三 您反映的情况已收到,将按规定处理,请保持电话畅通。"


async def tells(town: Town, who: str = "zhang") -> list[str]:
    """Ticket 1, confidential."""
    return await town.says(who, TEXT, "report_misconduct", category="traffic", id="m-told")


async def test_the_group_sees_one_neutral_sentence(town: Town) -> None:
    assert await tells(town) == [NEUTRAL]
    (post,) = await town.posts()
    assert (post.about, post.to) == ([], ["zhang"])


@pytest.mark.parametrize("who", ["zhang", "h1", "c1", "i1", "l1", "a1"])
async def test_whoever_says_it_opens_one(town: Town, who: str) -> None:
    await tells(town, who)
    ticket = await town.ticket()
    assert (ticket.kind, ticket.confidential, ticket.category) == ("misconduct", True, None)


async def test_it_is_never_routed_and_the_inspectors_know_at_once(town: Town) -> None:
    town.now = at("04-03 23:00")
    await tells(town)
    ticket = await town.ticket()
    assert (ticket.status, ticket.unit_id) == ("new", None)
    assert await town.told("new") == [("i1", 1, at("04-03 23:00"))]
    assert await town.notices() == [("i1", "new", 1)]


async def test_it_takes_the_next_number(town: Town) -> None:
    await town.reports()
    await tells(town)
    assert await town.reports(text="二期用电报装卡了一个月", category="utilities") == 3


async def test_no_notice_and_no_post_gives_its_words_away(town: Town) -> None:
    await tells(town)
    await town.until(at("06-30 18:00"))  # by all levels of the ladder
    async with town.database.transaction() as session:
        texts = list((await session.exec(select(Notice.text))).all())
    assert len(texts) == 6
    assert not [
        text for text in [*texts, *(row.text for row in await town.posts())] if "烟" in text
    ]


# --- found by nobody ----------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["zhang", "wang", "li", "h1", "c1", "i1", "l1"])
@pytest.mark.parametrize(("words", "intent"), [("到哪一步了", "ask_progress"), ("快点吧", "urge")])
async def test_its_number_is_answered_like_one_that_does_not_exist(
    town: Town, who: str, words: str, intent: str
) -> None:
    await tells(town)
    known = await town.says(who, f"#1 {words}", intent)
    unknown = await town.says(who, f"#404 {words}", intent)
    assert known == [text.replace("404", "1") for text in unknown]


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("到哪一步了", "ask_progress"),
        ("快点吧", "urge"),
        ("没解决", "dispute_result"),
        ("不用办了", "withdraw"),
    ],
)
@pytest.mark.parametrize("quote", [None, "m-told", "post-1", Quoted("张三", f"#1 {TEXT}")])
async def test_it_is_nobody_s_latest_and_found_by_no_quote(
    town: Town, words: str, intent: str, quote: str | Quoted | None
) -> None:
    await tells(town)
    (answer,) = await town.says("zhang", words, intent, quote=quote)
    assert answer == "@张三 请问是哪一件?请回复工单编号,例如 12。"
    assert (await town.ticket()).status == "new"


async def test_the_question_for_a_number_does_not_find_it_either(town: Town) -> None:
    await tells(town)
    await town.says("zhang", "到哪一步了", "ask_progress")
    assert await town.says("zhang", "1", "chitchat") == ["@张三 没有找到 #1,请核对编号。"]


async def test_a_handler_s_done_does_not_touch_it(town: Town) -> None:
    await tells(town)
    for quote in (None, "m-told"):
        await town.says("h1", "已处理好", "report_done", quote=quote)
    assert (await town.ticket()).status == "new"


async def test_the_lists_are_without_it(town: Town) -> None:
    await tells(town)
    async with town.database.transaction() as session:
        assert (await ledger.page(session, Filter())).rows == []
        assert len((await ledger.page(session, Filter(confidential=True))).rows) == 1


async def test_the_figures_are_without_it(town: Town) -> None:
    await tells(town)
    scope = Scope(at=at("06-30 18:00"))
    async with town.database.transaction() as session:
        total = await figures.total(session, scope)
        assert (total.collected, total.overdue, total.unanswered) == (0, 0, 0)
        assert await figures.behind(session, "collected", scope) == []
        assert await figures.by(session, "group", scope) == {}
        kept = (await session.exec(select(State.confidential).where(states.at(scope.at)))).all()
    assert list(kept) == [True]


async def test_the_digests_are_without_it(town: Town) -> None:
    await tells(town)
    async with town.database.transaction() as session:
        until = at("04-24 17:30")
        assert await digests.groups(session, at("04-03 00:00"), until) == []
        assert await digests.falling_due(session, until, None, at("06-30 00:00")) == {}
        assert await digests.falling_due(session, until, at("04-24 00:00"), until) == {}


async def test_no_report_is_linked_to_it_nor_it_to_a_report(town: Town) -> None:
    await town.says("zhang", REPORT, "report_misconduct")
    await town.reports()
    await town.says("zhang", REPORT, "report_misconduct")
    async with town.database.transaction() as session:
        assert (await session.exec(select(Link))).all() == []
    assert [post.about for post in await town.posts()] == [[], [2], []]


async def test_a_guess_at_it_goes_to_the_inspectors_alone(town: Town) -> None:
    assert await town.says("zhang", TEXT, "report_misconduct", confidence=0.4) == []
    assert await town.told("review") == [("i1", None, town.now)]
    async with town.database.transaction() as session:
        assert [row.why for row in (await session.exec(select(Review))).all()] == ["unsure"]


# --- its own reporter ---------------------------------------------------------------------------


@pytest.mark.parametrize("quote", [None, "m-told"])
@pytest.mark.parametrize("text", ["", "是3月28日下午说的"])
async def test_details_and_pictures_of_its_reporter_join_without_a_word(
    town: Town, text: str, quote: str | None
) -> None:
    await tells(town)
    town.later(minutes=30)
    said = await town.says("zhang", text, "add_detail", images=["p1"], quote=quote, id="m-more")
    assert said == []
    assert (await town.message("m-more")).ticket_no == 1


async def test_addressed_it_is_without_a_word_as_well(town: Town) -> None:
    await tells(town)
    assert await town.says("zhang", "是3月28日说的", "add_detail", mentions=True) == []


async def test_later_they_join_by_a_quote_only(town: Town) -> None:
    await tells(town)
    town.later(minutes=31)
    await town.says("zhang", "", "add_detail", images=["p1"], id="m-bare")
    await town.says("zhang", "", "add_detail", images=["p2"], quote="m-told", id="m-quoting")
    assert (await town.message("m-bare")).ticket_no is None
    assert (await town.message("m-quoting")).ticket_no == 1


async def test_quoting_the_neutral_sentence_is_a_quote_too(town: Town) -> None:
    await tells(town)
    town.later(hours=5)
    post = (await town.posts())[0]
    await town.says("zhang", "", "chitchat", images=["p"], quote=f"post-{post.id}", id="m-more")
    assert (await town.message("m-more")).ticket_no == 1


@pytest.mark.parametrize("who", ["wang", "li", "h1", "c1", "i1"])
async def test_those_of_others_do_not_join(town: Town, who: str) -> None:
    await tells(town)
    said = await town.says(who, "", "add_detail", images=["p1"], quote="m-told", id="m-more")
    assert said == []
    assert (await town.message("m-more")).ticket_no is None


@pytest.mark.parametrize(
    "quote", ["m-told", "post-2", Quoted("zhang", TEXT), Quoted("机器人", NEUTRAL)]
)
@pytest.mark.parametrize(
    ("who", "intent", "asks"),
    [
        ("h1", "accept_task", False),
        ("h1", "report_done", False),
        ("h1", "request_extension", True),
        ("zhang", "withdraw", True),
        ("zhang", "urge", True),
        ("zhang", "confirm_resolved", False),
        ("wang", "add_detail", False),
        ("wang", "ask_progress", True),
        ("c1", "add_detail", False),
    ],
)
async def test_who_quotes_it_means_no_other_ticket(
    town: Town, quote: str | Quoted, who: str, intent: str, asks: bool
) -> None:
    await town.reports()
    await tells(town)  # post 2, and the number 2
    before = (await town.ticket()).model_dump(), await town.events()
    said = await town.says(who, "我补充一点他的车牌", intent, quote=quote, id="m-quoting")
    assert ["请问是哪一件?请回复工单编号" in text for text in said] == ([True] if asks else [])
    assert (await town.message("m-quoting")).ticket_no is None
    assert ((await town.ticket()).model_dump(), await town.events()) == before
    assert await town.events(2) == [("open", "new")]


async def test_addressed_as_well_its_quote_leads_to_no_other_ticket(town: Town) -> None:
    await town.reports("wang")
    await tells(town)
    (said,) = await town.says("wang", "是他", "add_detail", quote="m-told", mentions=True, id="m-x")
    assert "请问是哪一件?" in said
    assert (await town.message("m-x")).ticket_no is None


async def test_a_recalled_word_of_it_is_marked_and_stays(town: Town) -> None:
    await tells(town)
    assert await town.recalls("m-told")
    message = await town.message("m-told")
    assert (message.recalled_at, message.ticket_no) == (town.now, 1)


# --- inspectors ---------------------------------------------------------------------------------


async def test_an_inspector_does_every_step_and_the_group_hears_nothing(town: Town) -> None:
    await tells(town)
    for step, args in (
        ("accept", {}),
        ("progress", {"text": "已约谈"}),
        ("extend", {"days": 2, "reason": "取证"}),
        ("suspend", {"reason": "等鉴定"}),
        ("resume", {}),
        ("resolve", {"text": "查实"}),
        ("confirm", {}),
        ("recheck", {"passed": False}),
        ("reject", {"reason": "查无实据"}),
    ):
        assert await town.takes("i1", 1, step, **args)
    assert (await town.ticket()).status == "rejected"
    assert await town.count() == 1


@pytest.mark.parametrize("who", ["zhang", "h1", "c1", "l1", "a1"])
async def test_nobody_else_does_any(town: Town, who: str) -> None:
    await tells(town)
    for step in ("accept", "resolve"):
        with pytest.raises(Refused, match="没有找到 #1"):
            await town.takes(who, 1, step)
    assert await town.events() == [("open", "new")]


async def test_when_it_is_silently_closed_the_group_is_not_told(town: Town) -> None:
    await tells(town)
    await town.takes("i1", 1, "resolve", text="查实")
    await town.until(at("05-31 18:00"))
    assert (await town.ticket()).status == "closed"
    assert await town.count() == 1


async def test_nothing_is_merged_into_it(town: Town) -> None:
    await tells(town)
    no = await town.reports()
    with pytest.raises(Refused, match="没有找到 #1"):
        await town.takes("c1", no, "merge", into=1)
