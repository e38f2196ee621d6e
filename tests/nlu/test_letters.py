"""A letter is not passed over in silence because of all that it tells."""

from collections.abc import Sequence

import pytest

from nlu.compiled import SHIPPED, Compiled
from nlu.letters import HEAD, IDLE, LONG, Letters, head
from nlu.parse import Entity, Label, Parse

TITLE = "投诉城南小区物业乱收停车费"
LETTER = f"{TITLE}\n" + "根据有关办法和通知的要求,各单位应当公示收费标准。" * 4


class Reader:
    """Reads heads as it is told, all else as talk; remembers what it was given."""

    name = "reader"

    def __init__(self, heads: Parse, whole: str = "announce") -> None:
        self.heads, self.whole = heads, whole
        self.given: list[str] = []

    async def parse(self, texts: Sequence[str]) -> list[Parse]:
        self.given += texts
        named = (Entity("address", 2, 6, "城南小区", 0.9),)
        return [
            self.heads if len(text) <= HEAD else Parse(text, Label(self.whole, 0.9), None, named)
            for text in texts
        ]


def reads(intent: str, confidence: float, category: str | None = None) -> Parse:
    return Parse(TITLE, Label(intent, confidence), Label(category, 0.8) if category else None)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (LETTER, TITLE),
        ("  尊敬的领导\uff01您好", "尊敬的领导"),
        ("路灯坏了\uff0c请修\u3002谢谢", "路灯坏了\uff0c请修"),
        ("长" * 200, "长" * HEAD),
        ("", ""),
        ("\n\n", ""),
        ("\u3002\u3002路灯坏了", ""),
    ],
)
def test_the_head_is_the_title_or_the_first_sentence(text: str, first: str) -> None:
    assert head(text) == first


@pytest.mark.parametrize("whole", sorted(IDLE))
async def test_what_its_head_asks_for_a_letter_asks_for(whole: str) -> None:
    reader = Reader(reads("report_issue", 0.9, "facilities"), whole)
    (found,) = await Letters(reader).parse([LETTER])
    assert (found.intent, found.category) == (Label("report_issue", 0.9), Label("facilities", 0.8))
    assert found.text == LETTER
    assert [one.value for one in found.entities] == ["城南小区"]
    assert Letters(reader).name == "reader"


@pytest.mark.parametrize(
    ("text", "first", "whole"),
    [
        (LETTER, reads("report_issue", 0.59, "facilities"), "announce"),
        (LETTER, reads("announce", 0.99), "announce"),
        (LETTER, reads("report_issue", 0.99, "facilities"), "ask_progress"),
        (LETTER, reads("report_issue", 0.99, "facilities"), "report_done"),
        (f"\u3002{'长' * LONG}", reads("report_issue", 0.99, "facilities"), "announce"),
    ],
    ids=["unsure", "notice", "progress", "done", "headless"],
)
async def test_else_it_is_what_it_was_read_as(text: str, first: Parse, whole: str) -> None:
    (found,) = await Letters(Reader(first, whole)).parse([text])
    assert (found.intent, found.category) == (Label(whole, 0.9), None)


async def test_what_is_no_letter_is_read_once() -> None:
    reader = Reader(reads("chitchat", 0.9))
    texts = ["早上好", "长" * (LONG - 1)]
    await Letters(reader).parse(texts)
    assert reader.given == texts


async def test_the_shipped_model_opens_a_letter_that_quotes_a_notice() -> None:
    model = Letters(Compiled.load(SHIPPED))
    (found,) = await model.parse([LETTER])
    assert found.intent.name == "report_issue"
    (notice,) = await model.parse(["【通知】关于规范停车收费的公告\n" + LETTER.split("\n")[1]])
    assert notice.intent.name == "announce"
