"""知识库: the article that answers a question, where one fits well; rules, section 5.

Texts are compared by their characters, rare ones weighing more: people write 研发费 for 研发费用,
and 高企 for 高新技术企业, so that words and bigrams miss too much. Measured by `bench.knowledge` on
45 articles and 196 questions of our own, of which one article answers 90, half for choosing and
half for judging: right are 28 of 28 and 31 of 32 answers, and so 62% and 69% of what could be
answered is. The rest passes to a unit, for a wrong article is worse.
"""

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

from sqlmodel.ext.asyncio.session import AsyncSession

from nlu.text import LONGEST, fold
from storage import articles
from storage.models import Article

#: Below this share a unit answers.
THRESHOLD = 0.58
#: What says nothing of what is asked.
NOISE = re.compile(r"请问|咨询|想问一?下|问一下|我们|公司|企业|怎么|如何|什么|需要|哪些|多少|[\W_]")


def signs(text: str) -> set[str]:
    """The characters that a text speaks in."""
    return set(NOISE.sub("", fold(text[:LONGEST])))


class Index:
    """Articles by their characters."""

    def __init__(self, found: Sequence[Article]) -> None:
        """Index these articles."""
        self.articles = found
        self.titles: dict[str, list[int]] = defaultdict(list)
        self.texts: dict[str, list[int]] = defaultdict(list)
        for number, article in enumerate(found):
            title = signs(article.title)
            for char in title:
                self.titles[char].append(number)
            for char in title | signs(article.body):
                self.texts[char].append(number)
        self.sizes = self._sums(set(self.titles), self.titles)

    def best(self, question: str) -> tuple[Article, float] | None:
        """The best article and how well it fits, 0 to 1; None where no title has anything of it.

        It fits as far as the article speaks of what is asked, and the question of what the title
        names: the geometric mean of both shares.
        """
        asked = signs(question)
        told, named = self._sums(asked, self.texts), self._sums(asked, self.titles)
        if not named:
            return None
        fits = {number: told[number] * named[number] / self.sizes[number] for number in named}
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
