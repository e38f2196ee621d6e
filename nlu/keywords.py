"""The keyword twin: reads the training data at start, and goes on when Rasa is away.

Intents and categories by the character n-grams that tell one from the others (naive Bayes),
entities by the names of the training data and by the looks of times, durations and amounts.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self

from nlu.examples import Example, Examples
from nlu.parse import CATEGORISED, Entity, Label, Parse
from nlu.text import Span, exact, fold, readable, without_overlap

NAME = "keywords"
LONGEST_GRAM = 3
#: n-grams that were never seen weigh so little.
SMOOTH = 0.1
#: Scores are divided by this before they become shares: n-grams overlap, and count too much.
SOFT = 6.0
#: Names of one character are found everywhere.
SHORTEST_NAME = 2

DIGITS = r"[0-9一二三四五六七八九十百千两半几]+"
MEASURE = r"(?:工作日|小时|分钟|礼拜|星期|月|天|周|年)"
DAYS = (
    r"(?:今天|昨天|前天|明天|后天|昨晚|今晚|上周|本周|下周|上个月|本月|这个月|下个月|今年|去年)"
    r"[一二三四五六日天]?(?:早上|上午|中午|下午|晚上|夜里)?(?:\d{1,2}点半?)?"
)
DATES = r"\d{4}年(?:\d{1,2}月)?(?:\d{1,2}[日号])?|\d{1,2}月\d{1,2}[日号]|\d{1,2}月份?"
LOOKS = (
    ("amount", re.compile(r"\d[\d,.]*\s*(?:万元|亿元|万|元|块钱|块)")),
    ("time", re.compile(DATES)),  # before durations: 6月12日 is no 6月
    ("time", re.compile(DAYS)),
    ("duration", re.compile(rf"{DIGITS}多?个?多?{MEASURE}(?:多|半)?(?![份度初底前内])")),
)


class Bayes:
    """Naive Bayes over character n-grams."""

    def __init__(self, labelled: Iterable[tuple[str, str]]) -> None:
        """Learn from pairs of a folded text and its label."""
        self.grams: dict[str, Counter[str]] = {}
        for text, label in labelled:
            self.grams.setdefault(label, Counter()).update(set(grams(text)))
        self.known = set().union(*self.grams.values()) if self.grams else set()
        # shares of all n-grams of a label, not of its texts: else what is long is like what is long
        self.mass = {
            label: own.total() + SMOOTH * len(self.known) for label, own in self.grams.items()
        }

    def best(self, text: str) -> Label:
        """The likeliest label, and its share of all."""
        seen = set(grams(text)) & self.known
        scores = {label: self._score(label, seen) / SOFT for label in self.grams}
        top = max(scores, key=lambda label: (scores[label], label))
        whole = sum(math.exp(score - scores[top]) for score in scores.values())
        return Label(top, 1.0 / whole)

    def _score(self, label: str, seen: set[str]) -> float:
        own, mass = self.grams[label], self.mass[label]
        return sum(math.log((own[gram] + SMOOTH) / mass) for gram in seen)


def grams(text: str) -> Iterator[str]:
    """The n-grams of a text, with marks at its ends."""
    marked = f"^{text.strip(' 。')}$"
    for length in range(1, LONGEST_GRAM + 1):
        for start in range(len(marked) - length + 1):
            yield marked[start : start + length]


class Keywords:
    """A parser without any server; its answers are good enough until Rasa is back."""

    name = NAME

    def __init__(self, examples: Examples) -> None:
        """Learn from the training data."""
        read = [(fold(example.text), example) for example in examples.sentences]
        self.intents = Bayes((text, example.intent) for text, example in read)
        self.categories = Bayes(
            (text, example.category) for text, example in read if example.category
        )
        self.names = _names(examples)
        longest = sorted(self.names, key=lambda name: (-len(name), name))
        self.pattern = re.compile("|".join(map(re.escape, longest))) if longest else None

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Learn from a Rasa project's `data` folder."""
        return cls(Examples.read(folder))

    async def parse(self, texts: Sequence[str]) -> list[Parse]:
        """One parse a text, in their order; never away."""
        return [self.read(text) for text in texts]

    def read(self, text: str) -> Parse:
        """One parse."""
        folded = readable(text)
        if not folded:
            return Parse(text, Label("chitchat", 0.0), parser=NAME)
        intent = self.intents.best(folded)
        category = self.categories.best(folded) if intent.name in CATEGORISED else None
        spans = without_overlap([*exact(folded), *self._named(folded), *_looks(folded)])
        entities = tuple(
            Entity(span.entity, span.start, span.end, text[span.start : span.end], 0.5)
            for span in spans
        )
        return Parse(text, intent, category, entities, NAME)

    def _named(self, text: str) -> Iterator[Span]:
        if self.pattern is not None:
            for match in self.pattern.finditer(text):
                yield Span(self.names[match[0]], match.start(), match.end())


def _names(examples: Examples) -> dict[str, str]:
    """What the training data names, by name; the lookup tables have the last word."""
    found = {
        fold(example.text[span.start : span.end]): span.entity
        for example in examples.sentences
        for span in _places(example)
    }
    for entity, names in examples.lookups.items():
        found.update({fold(name): entity for name in names})
    return {name: entity for name, entity in found.items() if len(name) >= SHORTEST_NAME}


def _places(example: Example) -> Iterator[Span]:
    return (s for s in example.spans if s.entity in ("address", "unit", "district", "enterprise"))


def _looks(text: str) -> Iterator[Span]:
    for entity, pattern in LOOKS:
        for match in pattern.finditer(text):
            yield Span(entity, match.start(), match.end())
