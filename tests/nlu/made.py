"""Examples and parses made by hand, all of one text, and a report of them."""

from collections.abc import Sequence
from typing import Any

from nlu import report
from nlu.evaluate import Pair
from nlu.examples import Example
from nlu.parse import Entity, Label, Parse
from nlu.text import Span

TEXT = "天元区新马路的路灯坏了一周"
PLACE = Span("address", 3, 6)
SPEED = report.Speed(100.0, 9.0, 20.0, None)


def pair(
    meant: str,
    said: str,
    sure: float = 0.9,
    *,
    text: str = TEXT,
    category: tuple[str | None, str | None] = (None, None),
    spans: tuple[Span, ...] = (),
    found: tuple[Span, ...] = (),
    hard: bool = False,
) -> Pair:
    """A message that is one thing and was read as another; `category` is both, alike."""
    right, given = category
    entities = tuple(Entity(*span, text[span.start : span.end], 0.9) for span in found)
    label = Label(given, 0.9) if given else None
    parse = Parse(text, Label(said, sure), label, entities, "keywords")
    return Example(text, meant, right, spans, hard), parse


def build(pairs: Sequence[Pair], **of: Any) -> report.Report:
    """A report of them at the threshold of the rules."""
    return report.build(pairs, 0.6, of.get("fingerprint", "f1"), of.get("speed", SPEED))
