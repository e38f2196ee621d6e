"""What all parsers do to a text alike.

Standard library only, and written for Python 3.10: Rasa's components import it in their own,
older interpreter.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import NamedTuple

#: A parser reads at most so many characters of a message; the message is kept whole.
LONGEST = 4000

#: A word for the number of a ticket, unless a noun before it says that it is another thing's.
NUMBER = r"(?:工单|诉求|(?<![一-鿿])|(?<=[的把查问是]))(?:编号|单号)"

#: What is certain by its looks alone: name, pattern, and the group that is the span.
EXACT = (
    ("phone", re.compile(r"(?<![\d-])(?:1[3-9]\d{9}|0\d{2,3}-\d{7,8}|400-\d{3}-?\d{4})(?![\d-])")),
    # 3#4楼 and DN#8 are no numbers of ours, nor are 桥墩编号4 and 快递单号556201
    ("ticket_no", re.compile(r"(?<![0-9a-z])#\s*(\d{1,9})(?!\d)")),
    ("ticket_no", re.compile(rf"(?:工单号?|{NUMBER})\s*[::是为]?\s*#?\s*(\d{{1,9}})(?!\d)")),
    ("ticket_no", re.compile(r"(?<![\d#])(\d{1,9})号?工单")),
)


def _pairs() -> dict[str, str]:
    table = Path(__file__).with_name("simplified.txt").read_text(encoding="utf-8")
    traditional = "".join(table.split())
    return dict(zip(traditional[::2], traditional[1::2], strict=True))


#: The simplified form of the traditional characters in common use. 乾, 著 and 瞭 are not among
#: them: what they are in simplified script depends on the word.
SIMPLIFIED = _pairs()


class Span(NamedTuple):
    """A piece of a text and what it is."""

    entity: str
    start: int
    end: int


def fold(text: str) -> str:
    """The text with its widths, cases, 繁體 and white space made alike, place for place.

    One code point stays one code point, so that a span of the result is a span of the text.
    """
    return "".join(map(_fold, text))


@cache
def _fold(char: str) -> str:
    # what is not assigned stays: in the Unicode of another interpreter it may be
    if unicodedata.category(char) in ("Cc", "Cf", "Zs", "Zl", "Zp", "Cs", "Co"):
        return " "
    alike = unicodedata.normalize("NFKC", char).lower()
    return SIMPLIFIED.get(alike, alike) if len(alike) == 1 else char


def readable(text: str) -> str:
    """As a parser gets it: folded and cut, and so that nothing is taken for a command.

    Rasa takes a text that begins with a slash for an intent of that name, and strips white space
    at both ends, which would shift every span: both are replaced, place for place.
    """
    folded = fold(text[:LONGEST])
    start = len(folded) - len(folded.lstrip(" /"))
    end = len(folded.rstrip(" "))
    if start >= end:
        return ""
    return SHIELD * start + folded[start:end]


#: A character that is no slash, no space, and says nothing.
SHIELD = "。"


def told(text: str) -> tuple[str, int]:
    """What a model is given of a text, and how much of the text stands before that.

    It has never seen what shields, and does not see it now.
    """
    shielded = readable(text)
    sent = shielded.lstrip(f"{SHIELD} /")
    return sent, len(shielded) - len(sent)


def exact(text: str) -> list[Span]:
    """Phones and ticket numbers of a folded text, in order, without overlap."""
    found: list[Span] = []
    for entity, pattern in EXACT:
        for match in pattern.finditer(text):
            start, end = match.span(match.lastindex or 0)
            found.append(Span(entity, start, end))
    return without_overlap(found)


def without_overlap(spans: list[Span]) -> list[Span]:
    """Of spans that overlap, the first in this list stays; the result is in order of the text."""
    kept: list[Span] = []
    for span in spans:
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept, key=_start)


def _start(span: Span) -> tuple[int, int]:
    return span.start, span.end
