"""One evaluation with all that is worth telling of it; built once, rendered as text and as a page.

Nothing here prints: `nlu/report_text.py` and `bot/evaluation.py` do, and `nlu/compare.py` keeps
the figures and sets them against those of another evaluation.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nlu.evaluate import Pair, Scores, confusions, reliability, score
from nlu.judged import Fault, Judged, judge
from nlu.parse import CATEGORIES, ENTITIES, INTENTS


@dataclass(frozen=True, slots=True)
class Rates:
    """How well one label is read.

    Args:
        count: how many messages (or spans) have it.
        said: how many were given it.
        hits: how many both.

    """

    name: str
    count: int
    said: int
    hits: int

    @property
    def precision(self) -> float:
        """Of those that were given it, the share that has it; 0 to 1."""
        return self.hits / self.said if self.said else 0.0

    @property
    def recall(self) -> float:
        """Of those that have it, the share that was given it; 0 to 1."""
        return self.hits / self.count if self.count else 0.0

    @property
    def f1(self) -> float:
        """Of both the harmonic mean."""
        both = self.count + self.said
        return 2 * self.hits / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast it was read, one message after the other; None where there is no model file.

    Args:
        per_second: messages a second.
        p50: milliseconds that half of the messages took at most.
        p99: milliseconds that 99 of 100 took at most.
        model_bytes: size of the model file.

    """

    per_second: float
    p50: float
    p99: float
    model_bytes: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """An evaluation; rates in the order of the schema, only of labels that occur.

    Args:
        fingerprint: of the training data and the pipeline (`nlu.training.fingerprint`).
        threshold: confidence from which a message opens a ticket.
        scores: the figures of all messages, of the hard ones, and of the rest.
        confusion: messages by the intent that is right, then by the one they were given.
        confused: how often, the right intent, the one given; the most frequent first.
        reliability: where a step of confidence begins, how many messages, share that is right.
        judged: every message, the surest first.

    """

    parser: str
    fingerprint: str
    threshold: float
    scores: Mapping[str, Scores]
    intents: tuple[Rates, ...]
    categories: tuple[Rates, ...]
    entities: tuple[Rates, ...]
    confusion: Mapping[str, Mapping[str, int]]
    confused: tuple[tuple[int, str, str], ...]
    reliability: tuple[tuple[float, int, float], ...]
    judged: tuple[Judged, ...]
    speed: Speed

    def faulty(self, *faults: Fault) -> list[Judged]:
        """The messages with one of these faults, the surest first."""
        return [judged for judged in self.judged if judged.fault in faults]


def build(pairs: Sequence[Pair], threshold: float, fingerprint: str, speed: Speed) -> Report:
    """Judge parses by the examples that they are of."""
    labels = [(example.intent, parse.intent.name) for example, parse in pairs]
    every = sorted(
        (judge(pair, threshold) for pair in pairs),
        key=lambda one: (-one.pair[1].intent.confidence, one.pair[0].text),
    )
    # beside what is labelled: a category where there is none comes of a wrong intent
    categories = [(one.pair[0].category, one.category) for one in every if one.pair[0].category]
    parts = {
        "whole": pairs,
        "hard": [pair for pair in pairs if pair[0].hard],
        "rest": [pair for pair in pairs if not pair[0].hard],
    }
    return Report(
        parser=pairs[0][1].parser if pairs else "",
        fingerprint=fingerprint,
        threshold=threshold,
        scores={name: score(part, threshold) for name, part in parts.items()},
        intents=_rates(INTENTS, labels),
        categories=_rates(CATEGORIES, categories),
        entities=tuple(_entities(every)),
        confusion=_confusion(labels),
        confused=tuple(confusions(pairs)),
        reliability=tuple(reliability(pairs)),
        judged=tuple(every),
        speed=speed,
    )


def speed(seconds: Sequence[float], model_bytes: int | None) -> Speed:
    """From the seconds that each message took."""
    ordered = sorted(seconds)

    def within(share: float) -> float:
        return 1000 * ordered[math.ceil(share * len(ordered)) - 1] if ordered else 0.0

    whole = sum(ordered)
    return Speed(len(ordered) / whole if whole else 0.0, within(0.5), within(0.99), model_bytes)


def _rates(
    names: Iterable[str], labels: Sequence[tuple[str | None, str | None]]
) -> tuple[Rates, ...]:
    count = Counter(right for right, _ in labels)
    told = Counter(said for _, said in labels)
    hits = Counter(right for right, said in labels if right == said)
    return tuple(
        Rates(name, count[name], told[name], hits[name])
        for name in names
        if count[name] or told[name]
    )


def _entities(every: Iterable[Judged]) -> Iterator[Rates]:
    there, found, missed = Counter[str](), Counter[str](), Counter[str]()
    for one in every:
        example, parse = one.pair
        there.update(span.entity for span in example.spans)
        found.update(entity.entity for entity in parse.entities)
        missed.update(span.entity for span in one.matched.missed)
    for name in ENTITIES:
        if there[name] or found[name]:
            yield Rates(name, there[name], found[name], there[name] - missed[name])


def _confusion(labels: Sequence[tuple[str, str]]) -> dict[str, dict[str, int]]:
    counted = Counter(labels)
    occur = {name for pair in labels for name in pair}
    names = [name for name in INTENTS if name in occur]
    return {right: {said: counted[right, said] for said in names} for right in names}
