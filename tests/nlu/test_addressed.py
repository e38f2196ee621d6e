"""Called by its name, the bot reads what stands behind it, and counts from the beginning."""

from collections.abc import Sequence

import pytest

from nlu.addressed import ANY, KNOWN, Addressed, behind, whole
from nlu.compiled import SHIPPED, Compiled
from nlu.parse import Entity, Label, Parse


@pytest.mark.parametrize(
    ("text", "known", "any_name"),
    [
        ("@名城助手 路灯坏了", 6, 6),
        (" @小助手,路灯坏了", 6, 6),
        ("@机器人\u2005路灯坏了", 5, 5),
        ("@王科长 路灯坏了", 0, 5),
        ("@名城助手", 0, 0),
        ("@名城助手 ", 0, 0),
        ("路灯坏了 @名城助手", 0, 0),
        ("路灯坏了", 0, 0),
        ("@ 路灯坏了", 0, 0),
        ("名城助手 路灯坏了", 0, 0),
        ("@名城助手路灯坏了", 0, 0),
        ("@名城助手,路灯坏了,请尽快处理", 6, 6),
        ("@名城助手\uff0c路灯坏了\uff0c请尽快处理", 6, 6),
        ("@机器人\uff1a路灯坏了", 5, 5),
        ("@王科长,新马路的路灯坏了一周,请处理", 0, 5),
        ("@王科长\uff0c路灯坏了\u3001井盖没了\uff0c危险", 0, 5),
        ("@王科长 路灯坏了\n请处理", 0, 5),
        ("@名城助手 @王科长 路灯坏了", 6, 11),
        ("@张三\u2005@李四\u2005收到", 0, 8),
        ("@名城助手 @机器人, 路灯坏了 @王科长", 12, 12),
        ("@张三 @李四", 0, 4),
        (f"@{'长' * 31} 路灯坏了", 0, 0),
        ("", 0, 0),
    ],
)
def test_what_is_told_begins_behind_the_name(text: str, known: int, any_name: int) -> None:
    assert (behind(text, KNOWN), behind(text, ANY)) == (known, any_name)


def test_spans_count_from_the_beginning_of_the_whole_text() -> None:
    read = Parse(
        "天元区停电", Label("report_issue", 0.9), None, (Entity("district", 0, 3, "天元区", 1.0),)
    )
    found = whole(read, "@名城助手 天元区停电", 6)
    (span,) = found.entities
    assert (found.text, span.start, span.end) == ("@名城助手 天元区停电", 6, 9)
    assert found.text[span.start : span.end] == span.value
    assert whole(read, read.text, 0) is read


class Reader:
    """Remembers what it was given."""

    name = "reader"

    def __init__(self) -> None:
        self.given: list[str] = []

    async def parse(self, texts: Sequence[str]) -> list[Parse]:
        self.given += texts
        return [Parse(text, Label("chitchat", 0.5)) for text in texts]


async def test_the_parser_never_sees_the_name() -> None:
    reader = Reader()
    texts = ["@名城助手 路灯坏了", "@李四 路灯坏了", "路灯坏了"]
    found = await Addressed(reader).parse(texts)
    assert reader.given == ["路灯坏了", "@李四 路灯坏了", "路灯坏了"]
    assert [parse.text for parse in found] == texts
    assert Addressed(reader).name == "reader"


@pytest.mark.parametrize("name", ["@名城助手 ", "@小助手 ", "@机器人 "])
async def test_the_shipped_model_reads_alike_with_the_name_and_without(name: str) -> None:
    model = Addressed(Compiled.load(SHIPPED))
    told = "栗雨工业园新马路的路灯坏了一周"
    plain, called = await model.parse([told, name + told])
    assert (called.intent, called.category) == (plain.intent, plain.category)
    assert [one.value for one in called.entities] == [one.value for one in plain.entities]
