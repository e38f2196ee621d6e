"""Several problems in one message, and what only looks like several."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.parse import Entity, Label, Parse
from nlu.several import Several, pieces


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("两个问题:1、路坏了 2、停电", ["路坏了 ", "停电"]),
        ("1.路坏了。2.停电。3.没补贴", ["路坏了。", "停电。", "没补贴"]),
        ("(1)路坏了;(2)停电", ["路坏了;", "停电"]),
        ("①路坏了②停电", ["路坏了", "停电"]),
        ("一、路坏了\n二、停电", ["路坏了\n", "停电"]),
        ("第一,路坏了。第二,停电", ["路坏了。", "停电"]),
        ("一是路坏了,二是停电", ["路坏了,", "停电"]),
        ("厂门口的路坏了,另外补贴没到账", ["厂门口的路坏了,", "补贴没到账"]),
        ("厂門口的路壞了。還有一個補貼沒到賬", ["厂門口的路壞了。", "補貼沒到賬"]),
        ("长1.5米,2号楼前", []),
        ("1、路坏了", []),
        ("3、路坏了 4、停电", []),  # the end of a list that somebody cut off
        ("另外补贴没到账", []),
        ("十一是假期,十二是上班", []),
        ("厂区(东)、路坏了", []),
        ("路坏了", []),
        ("", []),
    ],
)
def test_the_words_that_count_tell_where_to_cut(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in pieces(text)] == found


MARKS = st.sampled_from("①②1一二三第其个点是、.。()():,, \n另外还有路坏了停电")


@given(st.one_of(st.text(), st.text(MARKS)))
def test_whatever_is_written_pieces_lie_in_it_and_in_order(text: str) -> None:
    found = pieces(text)
    assert len(found) != 1
    edges = [edge for piece in found for edge in piece]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(text) for edge in edges)


class Reader:
    """Reads what it is told of, and what it is not as a greeting."""

    name = "reader"

    def __init__(self, known: Mapping[str, tuple[str, str | None, float]]) -> None:
        """Read by the words that a text contains; the longest first."""
        self.known, self.asked = known, 0

    async def parse(self, texts: Sequence[str]) -> list[Parse]:
        """One parse a text."""
        self.asked += 1
        return [self._read(text) for text in texts]

    def _read(self, text: str) -> Parse:
        for words, (intent, category, sure) in self.known.items():
            if words in text:
                start = text.index(words)
                place = Entity("address", start, start + 1, text[start], 0.9)
                about = Label(category, 0.9) if category else None
                return Parse(text, Label(intent, sure), about, (place,), self.name)
        return Parse(text, Label("chitchat", 0.9), None, (), self.name)


ROAD, POWER = ("report_issue", "traffic", 0.9), ("report_issue", "utilities", 0.9)
TEXT = "东区:1、路面坏了一块 2、车间停电一天"


async def read(**known: tuple[str, str | None, float]) -> Parse:
    (found,) = await Several(Reader({"路面": ROAD, "车间": POWER, **known})).parse([TEXT])
    return found


async def test_each_problem_is_read_alone_under_the_common_heading() -> None:
    whole = await read()
    assert [part.text for part in whole.parts] == ["东区:1、路面坏了一块 ", "东区:1、车间停电一天"]
    assert [part.category.name for part in whole.parts if part.category] == ["traffic", "utilities"]
    for part in whole.parts:
        assert [part.text[e.start : e.end] for e in part.entities] == [
            e.value for e in part.entities
        ]


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({"车间": ROAD}, "the same category goes to the same unit"),
        ({"车间": ("report_issue", "utilities", 0.5)}, "not sure"),
        ({"车间": ("consult", "utilities", 0.9)}, "a question"),
        ({"车间": ("chitchat", None, 0.9)}, "no report"),
        ({"路面": ("consult", "traffic", 0.9)}, "the whole is no report"),
    ],
)
async def test_what_is_not_clearly_several_is_one(
    known: dict[str, tuple[str, str | None, float]], why: str
) -> None:
    assert (await read(**known)).parts == (), why


async def test_a_text_without_pieces_is_read_once() -> None:
    reader = Reader({"路面": ROAD})
    await Several(reader).parse(["路面坏了", "你好"])
    assert reader.asked == 1
