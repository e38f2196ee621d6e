"""咨询: answered from the knowledge base where an article fits well, else by a unit."""

from datetime import date
from typing import Any

import pytest

from actions import figures
from storage import articles
from storage import figures as counts
from storage.figures import Scope
from tests.fixtures.cast import Town, at

pytestmark = pytest.mark.embedded

ARTICLE = {
    "title": "高新技术企业认定奖补申报指南",
    "body": "每年3月申报,材料交区科技局。咨询电话:0731-28681234",
    "source": "市科技局",
    "date": date(2023, 1, 5),
}
ASKED = "高新技术企业认定奖补怎么申报?"
OTHER = "园区的停车位怎么租?"


@pytest.fixture
async def known(town: Town) -> Town:
    """A town whose knowledge base has an article."""
    async with town.database.transaction() as session:
        await articles.load(session, [ARTICLE])
    return town


async def asks(town: Town, text: str = OTHER, **more: Any) -> str:
    (answer,) = await town.says("zhang", text, "consult", category="traffic", **more)
    return answer


async def test_an_article_that_fits_answers_with_source_and_date(known: Town) -> None:
    answer = await asks(known, ASKED)
    assert answer.startswith("@张三 #1 高新技术企业认定奖补申报指南:\n每年3月申报")
    assert "(来源:市科技局,2023-01-05)" in answer


async def test_it_is_resolved_at_once_and_nobody_is_asked(known: Town) -> None:
    await asks(known, ASKED)
    ticket = await known.ticket()
    assert (ticket.status, ticket.unit_id, ticket.alone) == ("resolved", None, True)
    assert ticket.responded_at == ticket.resolved_at == known.now
    assert [(e.step, e.by) for e in await known.chain()] == [
        ("open", "zhang"),
        ("resolve", "knowledge"),
    ]
    assert await known.notices() == []


async def test_what_the_bot_answered_alone_is_in_no_rate(known: Town) -> None:
    await asks(known, ASKED)
    async with known.database.transaction() as session:
        scope = Scope(at=known.now)
        assert figures.figures(await counts.total(session, scope))["collected"] == 0
        assert await counts.answered_alone(session, scope) == 1


async def test_where_the_answer_was_none_a_unit_gets_it_and_it_counts(known: Town) -> None:
    await asks(known, ASKED)
    (said,) = await known.says("zhang", "没有说清楚,需要人工答复", "dispute_result")
    assert said.startswith("@张三 #1 已重新办理,4月7日17:30前办结。请@李科 @赵工")
    ticket = await known.ticket()
    assert (ticket.status, ticket.reopened, ticket.alone) == ("accepted", 1, False)
    assert await known.told("new") == []
    assert [who for who, _, _ in await known.told("assigned")] == ["h1", "h2", "h9"]
    assert [(e.step, e.by, e.became) for e in (await known.chain())[2:]] == [
        ("dispute", "zhang", "accepted"),
        ("assign", "routing", "accepted"),
    ]
    async with known.database.transaction() as session:
        assert (await counts.total(session, Scope(at=known.now))).collected == 1


async def test_its_unit_answers_what_the_bot_could_not(known: Town) -> None:
    await asks(known, ASKED)
    await known.says("zhang", "没有说清楚,需要人工答复", "dispute_result")
    await known.says("h1", "#1 3月1日起在网上申报", "chitchat")
    assert (await known.ticket()).status == "resolved"


async def test_without_a_route_the_coordinators_look_for_a_unit(known: Town) -> None:
    await known.says("zhang", ASKED, "consult", category="subsidy")
    await known.says("zhang", "没有说清楚,需要人工答复", "dispute_result")
    assert (await known.ticket()).unit_id is None
    assert await known.told("new") == [("c1", 1, known.now), ("c2", 1, known.now)]
    assert await known.told("assigned") == []


async def test_a_question_of_something_else_goes_to_a_unit(known: Town) -> None:
    assert (
        await asks(known) == "@张三 咨询已受理 #1(道路交通),承办:天元区城管局,4月7日17:30前答复。"
    )
    ticket = await known.ticket()
    assert (ticket.kind, ticket.status, ticket.alone) == ("consult", "assigned", False)
    assert (ticket.respond_by, ticket.due_at) == (at("04-07 17:30"), at("04-07 17:30"))


async def test_without_any_article_a_unit_answers(town: Town) -> None:
    await asks(town, ASKED)
    assert (await town.ticket()).status == "assigned"


async def test_an_article_that_is_not_published_answers_nobody(known: Town) -> None:
    async with known.database.transaction() as session:
        (article,) = await articles.published(session)
        article.published = False
        session.add(article)
    await asks(known, ASKED)
    assert (await known.ticket()).status == "assigned"


# --- by a unit ----------------------------------------------------------------------------------

ANSWER = "园区停车位向物业公司租,每月200元"


@pytest.mark.parametrize("intent", ["chitchat", "announce", "report_done", "add_detail", "consult"])
@pytest.mark.parametrize("named", [True, False])
async def test_a_handler_who_quotes_or_names_it_answers(
    town: Town, intent: str, named: bool
) -> None:
    await asks(town, id="m-asked")
    text, quote = (f"#1 {ANSWER}", None) if named else (ANSWER, "m-asked")
    (said,) = await town.says("h1", text, intent, quote=quote)
    assert said.startswith("@李科 #1 答复已登记。\n@张三 以上是承办单位的答复")
    ticket = await town.ticket()
    assert (ticket.status, ticket.resolved_at) == ("resolved", town.now)
    assert (await town.chain())[-1].words == text


async def test_unsure_of_its_meaning_it_is_an_answer_all_the_same(town: Town) -> None:
    await asks(town, id="m-asked")
    await town.says("h1", ANSWER, "chitchat", quote="m-asked", confidence=0.2)
    assert (await town.ticket()).status == "resolved"


@pytest.mark.parametrize(
    ("text", "intent", "status"),
    [
        ("收到", "chitchat", "assigned"),
        ("@名城助手 收到", "chitchat", "assigned"),
        ("@张三\u2005好的", "chitchat", "assigned"),
        ("收到", "accept_task", "accepted"),
        ("收到,我们问一下再答复", "accept_task", "accepted"),
        ("已联系物业,下午答复", "report_progress", "accepted"),
        ("不归我们管", "transfer", "assigned"),
        ("再给三天", "request_extension", "assigned"),
        ("好的", "chitchat", "assigned"),
        ("到哪一步了", "ask_progress", "assigned"),
    ],
)
async def test_what_says_something_else_is_no_answer(
    town: Town, text: str, intent: str, status: str
) -> None:
    await asks(town, id="m-asked")
    await town.says("h1", text, intent, quote="m-asked")
    assert (await town.ticket()).status == status


async def test_neither_quoted_nor_named_it_is_talk(town: Town) -> None:
    await asks(town)
    assert await town.says("h1", ANSWER, "chitchat") == []
    assert (await town.ticket()).status == "assigned"


@pytest.mark.parametrize("who", ["h3", "zhang", "c1"])
async def test_only_the_unit_that_has_it_answers(town: Town, who: str) -> None:
    await asks(town, id="m-asked")
    await town.says(who, ANSWER, "chitchat", quote="m-asked")
    assert (await town.ticket()).status == "assigned"


async def test_an_issue_is_not_answered_so(town: Town) -> None:
    await town.reports(id="m-one")
    await town.says("h1", "明天去看看", "chitchat", quote="m-one")
    assert (await town.ticket()).status == "assigned"


@pytest.mark.parametrize("who", ["h1", "i1", "l1", "a1"])
async def test_a_question_of_staff_is_looked_at_silently(town: Town, who: str) -> None:
    assert await town.says(who, OTHER, "consult") == []
    assert await town.tickets() == []
    assert [to for to, _, _ in await town.told("review")] == ["c1", "c2"]
