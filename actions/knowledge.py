"""知识库: the article that answers a question, where one fits well; rules, section 5.

Texts are compared by their characters, rare ones weighing more: people write 研发费 for 研发费用,
and 高企 for 高新技术企业, so that words and bigrams miss too much. Measured by `bench.knowledge` on
45 articles and 196 questions of our own, of which one article answers 90, half for choosing and
half for judging: right are 29 of 29 and 31 of 32 answers, and so 64% and 69% of what could be
answered is. The rest passes to a unit, for a wrong article is worse.
"""

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

from sqlmodel.ext.asyncio.session import AsyncSession

from nlu.addressed import behind
from nlu.text import LONGEST, fold
from storage import articles
from storage.models import Article

#: Below this share a unit answers.
THRESHOLD = 0.58
#: What says nothing of what is asked.
NOISE = re.compile(r"请问|咨询|想问一?下|问一下|我们|公司|企业|怎么|如何|什么|需要|哪些|多少|[\W_]")
#: What many titles have alike: the rest of a title tells of what it speaks (消防 of 消防验收材料).
ALIKE = re.compile(
    r"办[理法]|申[请报领]|认定|条件|标准|流程|程序|手续|[材资]料|时[间限段候]|指南|须知|政策|制度|奖励|奖补|"
    r"补[贴助]|费[率用]|比例|登记|验收|许可证?|经营|范围|备案|清单|优惠|价格|额度|使用|要求|证件"
)
#: So much of it a question must have; people write 高企 for 高新技术企业.
SUBJECT = 1 / 3


def subject(title: str) -> set[str]:
    """The characters in which a title differs from others; all of it where nothing is left."""
    return signs(ALIKE.sub("", fold(title))) or signs(title)


def signs(text: str) -> set[str]:
    """The characters that a text speaks in."""
    return set(NOISE.sub("", fold(text[:LONGEST]).replace("高企", "高新技术企业")))


class Index:
    """Articles by their characters."""

    def __init__(self, found: Sequence[Article]) -> None:
        """Index these articles."""
        self.articles = found
        self.titles: dict[str, list[int]] = defaultdict(list)
        self.texts: dict[str, list[int]] = defaultdict(list)
        self.subjects = [subject(article.title) for article in found]
        for number, article in enumerate(found):
            title = signs(article.title)
            for char in title:
                self.titles[char].append(number)
            for char in title | signs(article.body):
                self.texts[char].append(number)
        self.sizes = self._sums(set(self.titles), self.titles)

    def best(self, question: str) -> tuple[Article, float] | None:
        """The best article and how well it fits, 0 to 1; None where none is of its subject.

        It fits as far as the article speaks of what is asked, and the question of what the title
        names: the geometric mean of both shares. An article of another subject does not fit. Whom
        the question calls by name says nothing of it.
        """
        asked = signs(question[behind(question) :])
        told, named = self._sums(asked, self.texts), self._sums(asked, self.titles)
        fits = {
            number: told[number] * named[number] / self.sizes[number]
            for number in named
            if len(self.subjects[number] & asked) >= SUBJECT * len(self.subjects[number])
        }
        if not fits:
            return None
        number = max(fits, key=lambda number: (fits[number], -number))
        return self.articles[number], math.sqrt(fits[number] / sum(map(self._weight, asked)))

    def _sums(self, chars: set[str], where: dict[str, list[int]]) -> dict[int, float]:
        """What these characters weigh in each article that has some."""
        sums: dict[int, float] = defaultdict(float)
        for char in sorted(chars):  # in one order: sums of floats depend on it
            weight = self._weight(char)
            for number in where.get(char, ()):
                sums[number] += weight
        return sums

    def _weight(self, char: str) -> float:
        return math.log(1 + len(self.articles) / max(1, len(self.texts.get(char, ()))))


async def nearest(session: AsyncSession, question: str) -> tuple[Article, float] | None:
    """The published article that fits a question best, and how well; None without any."""
    kept: dict[str, Any] = session.info.get("kept", {})
    revision = await articles.revision(session)
    if kept.get("articles") != revision or "index" not in kept:
        kept["index"] = Index(await articles.published(session))
        kept["articles"] = revision
    return cast("Index", kept["index"]).best(question)


async def best(session: AsyncSession, question: str) -> Article | None:
    """The published article that answers a question well enough, or None."""
    found = await nearest(session, question)
    return found[0] if found is not None and found[1] >= THRESHOLD else None
