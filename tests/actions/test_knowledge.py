"""The knowledge base: what it answers and what it leaves, measured on questions of our own."""

import timeit
from datetime import date
from typing import Any

import pytest

from actions import knowledge
from actions.knowledge import THRESHOLD, Index
from bench.knowledge import articles, ask, judge, many, questions
from storage import articles as stored
from storage.models import Article
from tests.fixtures.cast import Town

ROW = {"body": "每年3月申报。", "source": "市科技局", "date": date(2023, 1, 5)}
LATHE = {**ROW, "title": "技术改造设备补助"}
CLOUD = {**ROW, "title": "企业上云补贴办理"}


def articled(title: str, body: str = "") -> Article:
    return Article(title=title, body=body, source="市科技局", dated=date(2023, 1, 5))


@pytest.mark.parametrize(
    ("half", "precision", "recall"), [("choosing", 0.98, 0.6), ("judging", 0.95, 0.65)]
)
def test_answers_are_right_and_not_too_few(half: str, precision: float, recall: float) -> None:
    found = judge(ask(Index(articles()), half))
    assert found.precision >= precision
    assert found.recall >= recall


@pytest.mark.parametrize("half", ["choosing", "judging"])
@pytest.mark.parametrize("name", ["@名城助手 ", "@王科长\u2005", "@机器人,"])
def test_whom_a_question_calls_by_name_changes_nothing(half: str, name: str) -> None:
    index = Index(articles())
    asked = [question for question, _ in questions(half)]
    assert [index.best(f"{name}{question}") for question in asked] == [*map(index.best, asked)]


@pytest.mark.parametrize("half", ["choosing", "judging"])
def test_half_of_the_questions_can_be_answered(half: str) -> None:
    able = [title is not None for _, title in questions(half)]
    assert (sum(able), len(able)) == (45, 98)


@pytest.mark.parametrize("half", ["choosing", "judging"])
def test_without_its_article_a_question_is_left(half: str) -> None:
    wrong = 0
    for question, title in questions(half)[:45]:
        found = Index([one for one in articles() if one.title != title]).best(question)
        wrong += found is not None and found[1] >= THRESHOLD
    assert wrong <= 1


def test_an_alone_article_does_not_answer_everything() -> None:
    index = Index([articled("稳岗补贴申请指南")])
    found = index.best("最低工资标准是多少?补贴怎么算?")
    assert found is None or found[1] < THRESHOLD


@pytest.mark.parametrize(
    ("question", "fits"),
    [
        ("竣工验收需要哪些材料?", False),
        ("环保验收要准备什么材料", False),
        ("消防验收要准备什么材料", True),
        ("科技型中小企业补贴申报时间是什么时候", False),
        ("研发奖补什么时候申报?", False),
        ("高企奖补什么时间可以申报", True),
    ],
)
def test_an_article_of_another_subject_answers_nothing(question: str, fits: bool) -> None:
    index = Index(
        [
            articled("高新技术企业奖补申报时间", "每年7月1日至7月31日申报。"),
            articled("办理消防验收需要哪些材料", "申请表、竣工图、检测报告。"),
        ]
    )
    found = index.best(question)
    assert (found is not None and found[1] >= THRESHOLD) == fits


def test_a_title_of_nothing_but_what_titles_have_alike_is_its_own_subject() -> None:
    found = Index([articled("验收流程")]).best("验收流程")
    assert found is not None
    assert found[1] == pytest.approx(1)


def test_the_text_counts_with_the_title() -> None:
    named, told = articled("技术改造设备补助"), articled("技术改造设备补助须知", "设备比例上限")
    found = Index([named, told]).best("技术改造设备补助的比例和上限")
    assert found is not None
    assert found[0] is told


@pytest.mark.parametrize("question", ["", "?", "请问一下", "xyz"])
def test_nothing_in_common_is_no_article(question: str) -> None:
    assert Index([articled("技术改造设备补助")]).best(question) is None


def test_of_equals_it_is_the_first() -> None:
    one, other = articled("技改补助"), articled("补助技改")
    found = Index([one, other]).best("技改补助")
    assert found is not None
    assert found[0] is one
    assert found[1] == pytest.approx(1)


def test_a_search_among_a_thousand_takes_little() -> None:
    index, question = Index(many(1000)), "技改买设备补助的比例是多少,有上限没有"
    assert min(timeit.repeat(lambda: index.best(question), number=1, repeat=10)) < 0.020


# --- kept ---------------------------------------------------------------------------------------


async def finds(town: Town, question: str) -> str | None:
    async with town.database.transaction() as session:
        found = await knowledge.best(session, question)
    return found.title if found else None


async def load(town: Town, *rows: dict[str, Any]) -> None:
    async with town.database.transaction() as session:
        await stored.load(session, rows)


@pytest.mark.embedded
async def test_the_index_is_kept_until_the_articles_change(town: Town) -> None:
    await load(town, LATHE)
    assert await finds(town, "技术改造设备补助") == LATHE["title"]
    first = town.database.kept["index"]
    assert await finds(town, "企业上云补贴") is None
    assert town.database.kept["index"] is first
    await load(town, CLOUD)
    assert await finds(town, "企业上云补贴") == CLOUD["title"]


@pytest.mark.embedded
async def test_what_was_rolled_back_is_not_found(town: Town) -> None:
    async with town.database.transaction() as session:
        await stored.load(session, [LATHE])
        assert await knowledge.best(session, "技术改造设备补助") is not None
        await session.rollback()
    assert await finds(town, "技术改造设备补助") is None


@pytest.mark.embedded
async def test_without_articles_nothing_is_found(town: Town) -> None:
    assert await finds(town, "技术改造设备补助") is None
