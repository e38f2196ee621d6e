"""Whether two parsers say the same, and texts that try them hard."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nlu.parse import Entity, Label, Parse

#: Confidences may differ by so much: they are sums in another order.
CLOSE = 1e-4
LONGEST = 4000
PIECES = (
    "路灯坏了", "请", "尽快", "停电", "#1024", "13812345678", "天元区", "電費", "謝謝", "怎么办",
    "市城管局", "ＡＢＣ１２３", "３", "①", "3.14", "0", "ok", "ERP", "é", "e\u0301", "л", "の",
    "한", "𠮷", "﷽", "😀", "[强]", "《", "》", "?", "！", "//", "/", "。。。", "\n", "\t", " ",
    "　", "\u200b", "\x07", "\ufeff", "\ud800", "一周",
)  # fmt: skip


@dataclass(slots=True)
class Parity:
    """What came of a comparison.

    Args:
        messages: how many were compared.
        differences: text, what differs, what the first said, what the second said.
        furthest: the greatest difference of two confidences.

    """

    messages: int = 0
    differences: list[tuple[str, str, object, object]] = field(default_factory=list)
    furthest: float = 0.0

    def add(self, first: Parse, second: Parse) -> None:
        """Compare two parses of one text."""
        self.messages += 1
        for what, one, other in _sides(first, second):
            if one != other:
                self.differences.append((first.text, what, one, other))
        for one, other in _confidences(first, second):
            self.furthest = max(self.furthest, abs(one - other))
            if abs(one - other) > CLOSE:
                self.differences.append((first.text, "confidence", one, other))


def _sides(first: Parse, second: Parse) -> Iterator[tuple[str, object, object]]:
    yield "intent", first.intent.name, second.intent.name
    yield "category", _name(first.category), _name(second.category)
    yield "entities", _spans(first.entities), _spans(second.entities)


def _name(label: Label | None) -> str | None:
    return label.name if label else None


def _spans(entities: Sequence[Entity]) -> list[tuple[str, int, int]]:
    return [(entity.entity, entity.start, entity.end) for entity in entities]


def _confidences(first: Parse, second: Parse) -> Iterator[tuple[float, float]]:
    yield first.intent.confidence, second.intent.confidence
    if first.category and second.category:
        yield first.category.confidence, second.category.confidence
    if _spans(first.entities) == _spans(second.entities):
        for one, other in zip(first.entities, second.entities, strict=True):
            yield one.confidence, other.confidence


def fuzzed(texts: Sequence[str], many: int, seed: int) -> Iterator[str]:
    """Texts that nobody wrote: cut, mixed, strewn with odd characters, empty, very long."""
    chance = random.Random(seed)  # noqa: S311  # to be repeated, not to be secret
    yield from ("", " ", "/", "/report_issue", "。", "路灯坏了" * (LONGEST // 4), "/" * 50)
    for _ in range(many):
        text = list(chance.choice(texts))
        for _ in range(chance.randint(0, 6)):
            place = chance.randint(0, len(text))
            match chance.randint(0, 3):
                case 0:
                    text[place:place] = chance.choice(PIECES)
                case 1:
                    del text[place : place + chance.randint(1, 5)]
                case 2:
                    text[place:place] = chr(
                        chance.choice((0x4E00, 0x20, 0x3000)) + chance.randint(0, 0x500)
                    )
                case _:
                    text += chance.choice(texts)[: chance.randint(0, 40)]
        yield "".join(text)[:LONGEST]
