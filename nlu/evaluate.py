"""How well a parser reads: the figures that training is judged by."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from nlu.examples import Example
from nlu.parse import Entity, Parse
from nlu.text import Span

#: They open a ticket that somebody waits for; missed, nobody ever acts.
REPORTS = frozenset({"report_issue", "report_misconduct"})
#: These open a ticket too.
OPENING = REPORTS | {"consult"}
#: Steps of the reliability table.
STEPS = 10


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of one evaluation; shares from 0 to 1.

    Args:
        intent_accuracy: intents that are right.
        intent_f1: macro F1 over the intents that occur.
        missed: reports that would open nothing: another intent, or not sure enough.
        false: other messages, no report and no consult, that would open a ticket.
        category_accuracy: categories that are right, of the messages that have one.
        entity_precision: entities found that are there: same kind, overlapping by half.
        entity_recall: entities that are there and were found.

    """

    messages: int
    intent_accuracy: float
    intent_f1: float
    missed: float
    false: float
    category_accuracy: float
    entity_precision: float
    entity_recall: float

    @property
    def entity_f1(self) -> float:
        """Of both the harmonic mean."""
        both = self.entity_precision + self.entity_recall
        return 2 * self.entity_precision * self.entity_recall / both if both else 0.0

    def figures(self) -> dict[str, float | int]:
        """All of them by their names."""
        return {**asdict(self), "entity_f1": self.entity_f1}


Pair = tuple[Example, Parse]


def score(pairs: Sequence[Pair], threshold: float) -> Scores:
    """Judge parses by the examples that they are of, at this threshold of confidence."""
    reports = [pair for pair in pairs if pair[0].intent in REPORTS]
    others = [pair for pair in pairs if pair[0].intent not in OPENING]
    labelled = [pair for pair in pairs if pair[0].category]
    hits = sum(matched(example, parse).hits for example, parse in pairs)
    return Scores(
        messages=len(pairs),
        intent_accuracy=_share(example.intent == parse.intent.name for example, parse in pairs),
        intent_f1=macro_f1([(example.intent, parse.intent.name) for example, parse in pairs]),
        missed=_share(not opens(parse, threshold) for _, parse in reports),
        false=_share(opens(parse, threshold) for _, parse in others),
        category_accuracy=_share(
            parse.category is not None and parse.category.name == example.category
            for example, parse in labelled
        ),
        entity_precision=_ratio(hits, sum(len(parse.entities) for _, parse in pairs)),
        entity_recall=_ratio(hits, sum(len(example.spans) for example, _ in pairs)),
    )


def opens(parse: Parse, threshold: float) -> bool:
    """Whether a message would open a ticket from a member."""
    return parse.intent.name in OPENING and parse.intent.confidence >= threshold


def macro_f1(labels: Sequence[tuple[str, str]]) -> float:
    """Mean F1 over the labels that occur; pairs of what is right and what was said."""
    names = sorted({right for right, _ in labels})
    shares = []
    for name in names:
        hits = sum(right == said == name for right, said in labels)
        told = sum(said == name for _, said in labels)
        there = sum(right == name for right, _ in labels)
        shares.append(2 * hits / (told + there))
    return _ratio(sum(shares), len(shares))


def reliability(pairs: Sequence[Pair]) -> Iterator[tuple[float, int, float]]:
    """For each step of confidence: where it begins, how many messages, how many were right."""
    for step in range(STEPS):
        low, high = step / STEPS, (step + 1) / STEPS
        within = [
            example.intent == parse.intent.name
            for example, parse in pairs
            if low <= parse.intent.confidence < high or (high == 1 <= parse.intent.confidence)
        ]
        if within:
            yield low, len(within), _share(within)


def confusions(pairs: Sequence[Pair]) -> list[tuple[int, str, str]]:
    """Which intent was taken for which, and how often; the most frequent first."""
    counted: dict[tuple[str, str], int] = {}
    for example, parse in pairs:
        if example.intent != parse.intent.name:
            key = example.intent, parse.intent.name
            counted[key] = counted.get(key, 0) + 1
    return sorted(((number, *key) for key, number in counted.items()), reverse=True)


@dataclass(frozen=True, slots=True)
class Matched:
    """How the entities of one message compare; each counts once.

    Args:
        hits: spans that are there and were found.
        missed: spans that are there and were not found.
        extra: entities found that are not there.

    """

    hits: int
    missed: tuple[Span, ...]
    extra: tuple[Entity, ...]


def matched(example: Example, parse: Parse) -> Matched:
    """The entities of a message against its spans."""
    left, missed = list(parse.entities), []
    for span in example.spans:
        fitting = next((entity for entity in left if _fits(span, entity)), None)
        if fitting is None:
            missed.append(span)
        else:
            left.remove(fitting)
    return Matched(len(example.spans) - len(missed), tuple(missed), tuple(left))


def _fits(span: Span, entity: Entity) -> bool:
    """The same kind, and the two overlap by half of the longer one."""
    common = min(span.end, entity.end) - max(span.start, entity.start)
    longer = max(span.end - span.start, entity.end - entity.start)
    return span.entity == entity.entity and 2 * common >= longer


def _share(of: Iterable[bool]) -> float:
    values = list(of)
    return _ratio(sum(values), len(values))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
