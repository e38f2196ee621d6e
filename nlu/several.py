"""Several problems in one message: told apart only where they clearly are several.

Where to cut is read off the words that count problems; whether the pieces are problems of their
own says the parser, which reads each piece alone. Pieces of one category go to one unit anyway,
and stay one report. Measured on `nlu/dev/several.json`; see EXPERIMENTS.md.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from nlu.parse import Entity, Parse, Parser
from nlu.text import fold

#: How sure the parser must be of each piece: of its intent, and of its category.
SURE, SURE_CATEGORY = 0.6, 0.5
#: Shorter pieces, in characters, tell nothing.
SHORTEST = 5
REPORT = "report_issue"

DIGITS = "一二三四五六七八九"
CIRCLED = "①②③④⑤⑥⑦⑧⑨"
#: What counts, by how it is written: 1、 2. 3) 4: but not 1.5; (1) ① 一、 (一) 第二个问题
#: 其三 一是.
COUNTED = re.compile(
    r"(?<![0-9a-z.])(?:(?P<digit>[1-9])(?:[、):,]|\.(?!\d))|\((?P<bracket>[1-9])\))"
    rf"|(?P<circled>[{CIRCLED}])"
    rf"|(?<![{DIGITS}十第])(?P<chinese>[{DIGITS}])、"
    rf"|\((?P<inner>[{DIGITS}])\)"
    rf"|[第其](?P<ordinal>[{DIGITS}])(?:个(?:问题|事情?)|件事情?|个|件|点)?(?:[是就,:、 ]|$)"
    rf"|(?<![{DIGITS}十第])(?P<one>[{DIGITS}])(?:来|则)?是"
)
#: What goes on to another problem.
FURTHER = re.compile(
    r"(?<=[,。;!?~ 、\n])(?:另外|还有(?:就是|一个|一件|个)?|再就是|再有?一?个|再(?:反映|说)|"
    r"此外|除此之外|顺便(?:再|也)?(?:反映|说|问)?|对了|同时)"
)
#: The shortest list.
TWO = 2


def pieces(text: str) -> list[tuple[int, int]]:
    """Where the problems of a message may lie; none where nothing counts them."""
    # ① is 1 when it is folded
    folded = "".join(
        char if char in CIRCLED else alike for char, alike in zip(text, fold(text), strict=True)
    )
    marks = _counted(folded)
    if len(marks) < TWO:
        found = FURTHER.search(folded, SHORTEST)
        marks = [(0, 0), found.span()] if found else []
    ends = [start for start, _ in marks[1:]] + [len(text)]
    return [(begin, end) for (_, begin), end in zip(marks, ends, strict=bool(marks))]


def _counted(text: str) -> list[tuple[int, int]]:
    """The marks of one kind that count from one on without a gap; of the kind that counts most."""
    by_kind: dict[str, list[tuple[int, int]]] = {}
    for mark in COUNTED.finditer(text):
        kind = str(mark.lastgroup)
        row = by_kind.setdefault(kind, [])
        if _value(mark[kind]) == len(row) + 1:
            row.append(mark.span())
    return max(by_kind.values(), key=len, default=[])


def _value(digit: str) -> int:
    for row in (DIGITS, CIRCLED):
        if digit in row:
            return row.index(digit) + 1
    return int(digit)


class Several:
    """A parser that reads with another one, and reads again the pieces of what may be several."""

    def __init__(self, parser: Parser) -> None:
        """Read with this parser."""
        self.parser = parser

    @property
    def name(self) -> str:
        """As the parser calls itself."""
        return self.parser.name

    async def parse(self, texts: Sequence[str]) -> list[Parse]:
        """One parse a text, in their order; its `parts` are set where it is several reports."""
        whole = await self.parser.parse(texts)
        cuts = [pieces(parse.text) if parse.intent.name == REPORT else [] for parse in whole]
        wanted = [
            parse.text[start:end]
            for parse, cut in zip(whole, cuts, strict=True)
            for start, end in cut
        ]
        read = iter(await self.parser.parse(wanted) if wanted else ())
        return [
            replace(parse, parts=parts(parse.text, cut, [next(read) for _ in cut]))
            for parse, cut in zip(whole, cuts, strict=True)
        ]


def parts(text: str, cut: Sequence[tuple[int, int]], read: Sequence[Parse]) -> tuple[Parse, ...]:
    """The reports of a message, one for each category; none where it is one report.

    What stands before the first piece holds for all of them, and stands before each.
    """
    if not all(map(_clear, read)):
        return ()
    grouped: dict[str, list[Parse]] = {}
    for piece in read:
        grouped.setdefault(piece.category.name if piece.category else "", []).append(piece)
    if len(grouped) < TWO:
        return ()
    heading = text[: cut[0][0]]
    return tuple(_joined(heading, group) for group in grouped.values())


def _clear(piece: Parse) -> bool:
    return (
        piece.intent.name == REPORT
        and piece.intent.confidence >= SURE
        and piece.category is not None
        and piece.category.confidence >= SURE_CATEGORY
        and len(piece.text.strip()) >= SHORTEST
    )


def _joined(heading: str, group: Sequence[Parse]) -> Parse:
    text, entities = heading, []
    for piece in group:
        entities += [_shifted(entity, len(text)) for entity in piece.entities]
        text += piece.text
    return replace(group[0], text=text, entities=tuple(entities))


def _shifted(entity: Entity, by: int) -> Entity:
    return replace(entity, start=entity.start + by, end=entity.end + by)
