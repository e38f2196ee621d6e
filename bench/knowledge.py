"""How well the knowledge base answers: python -m bench.knowledge.

Articles and questions in tests/actions/kb are our own. Of the two questions of an article the first
is for choosing, the second for judging; of those that nothing answers, every other one.
"""

import time
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from actions.knowledge import THRESHOLD, Index
from storage.models import Article

KB = Path(__file__).parents[1] / "tests" / "actions" / "kb"
HALVES = ("choosing", "judging")


class Figures(NamedTuple):
    """What a threshold makes of some questions."""

    answered: int
    right: int
    answerable: int

    @property
    def precision(self) -> float:
        """The share of the answers that are right."""
        return self.right / self.answered if self.answered else 1.0

    @property
    def recall(self) -> float:
        """The share of what can be answered that is."""
        return self.right / self.answerable


def _read(name: str) -> Any:
    return yaml.safe_load((KB / f"{name}.yaml").read_text(encoding="utf-8"))


def articles() -> list[Article]:
    """All articles."""
    keys = {"title": "title", "body": "body", "source": "source", "date": "dated"}
    return [Article(**{keys[key]: row[key] for key in keys}) for row in _read("articles")]


def questions(half: str) -> list[tuple[str, str | None]]:
    """The questions of a half, each with the title of the article that answers it."""
    turn = HALVES.index(half)
    found = [(row["asked"][turn], row["title"]) for row in _read("articles")]
    return found + [(asked, None) for asked in _read("unanswered")[turn::2]]


def ask(index: Index, half: str) -> list[tuple[float, bool, bool]]:
    """Of each question: how well its best article fits, whether it is right, whether one is."""
    found = []
    for question, title in questions(half):
        article, fit = index.best(question) or (None, 0.0)
        right = article is not None and article.title == title
        found.append((fit, right, title is not None))
    return found


def judge(asked: list[tuple[float, bool, bool]], threshold: float = THRESHOLD) -> Figures:
    """What a threshold makes of them."""
    answered = [right for fit, right, _ in asked if fit >= threshold]
    return Figures(len(answered), sum(answered), sum(able for _, _, able in asked))


def many(number: int) -> list[Article]:
    """So many articles: ours again and again, each time under another title."""
    own = articles()
    return [
        Article(title=f"{article.title}{turn}", body=article.body, source="", dated=article.dated)
        for turn in range(-(-number // len(own)))
        for article in own
    ][:number]


def main() -> None:
    """Print all figures."""
    index = Index(articles())
    for half in HALVES:
        asked = ask(index, half)
        for threshold in (0.5, 0.55, THRESHOLD, 0.65):
            found = judge(asked, threshold)
            print(
                f"{half:8} from {threshold:.2f}: precision {found.precision:.3f} "
                f"({found.right}/{found.answered})  recall {found.recall:.3f} "
                f"({found.right}/{found.answerable})"
            )
    index = Index(many(1000))
    began = time.perf_counter()
    for question, _ in questions("choosing"):
        index.best(question)
    spent = (time.perf_counter() - began) / len(questions("choosing")) * 1000
    print(f"a search among 1,000 articles: {spent:.1f} ms")


if __name__ == "__main__":
    main()
