"""知识库: the article that answers a question, where one fits well; rules, section 5."""

import math
import re
from collections import Counter
from collections.abc import Iterable

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import articles
from storage.models import Article

#: Below this share a unit answers.
THRESHOLD = 0.45
NOISE = re.compile(r"请问|咨询|想问一?下|问一下|我们|公司|企业|怎么|如何|什么|需要|哪些|多少|[\W_]")


def terms(text: str) -> Counter[str]:
    """The bigrams that a text speaks in."""
    plain = NOISE.sub("", text.lower())
    return Counter(plain[start : start + 2] for start in range(len(plain) - 1))


class Index:
    """Articles by their bigrams; rare ones weigh more."""

    def __init__(self, found: Iterable[Article]) -> None:
        """Index these articles: the title counts as much as the question, the body helps."""
        self.articles = list(found)
        self.titles = [terms(article.title) for article in self.articles]
        self.bodies = [terms(article.body) for article in self.articles]
        known: Counter[str] = Counter()
        for title, body in zip(self.titles, self.bodies, strict=True):
            known.update(set(title) | set(body))
        self.weight = {
            gram: math.log(1 + len(self.articles) / number) for gram, number in known.items()
        }
        self.rare = math.log(1 + len(self.articles))

    def best(self, question: str) -> tuple[Article, float] | None:
        """The best article and how well it fits: 0 to 1."""
        asked = terms(question)
        ranked = [
            (self._fit(asked, title, body), -number)
            for number, (title, body) in enumerate(zip(self.titles, self.bodies, strict=True))
        ]
        if not asked or not ranked:
            return None
        fit, number = max(ranked)
        return self.articles[-number], fit

    def _fit(self, asked: Counter[str], title: Counter[str], body: Counter[str]) -> float:
        """How much of the question stands in the article, and of its title in the question."""
        text = set(title) | set(body)
        told = self._sum(set(asked) & text) / self._sum(set(asked))
        named = self._sum(set(asked) & set(title)) / self._sum(set(title)) if title else 0.0
        return math.sqrt(told * named)

    def _sum(self, grams: set[str]) -> float:
        return sum(self.weight.get(gram, self.rare) for gram in grams)


async def best(session: AsyncSession, question: str) -> Article | None:
    """The published article that answers a question well enough, or None."""
    found = Index(await articles.published(session)).best(question)
    return found[0] if found is not None and found[1] >= THRESHOLD else None
