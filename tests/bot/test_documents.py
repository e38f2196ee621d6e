"""Files that people write: their text, their values, and where each stands."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from bot import documents
from bot.documents import Document, Invalid

NUMBERS: TypeAdapter[dict[str, list[int]]] = TypeAdapter(dict[str, list[int]])


def test_an_error_of_no_line_names_none() -> None:
    assert (str(Invalid(0, "空的")), str(Invalid(3, "空的"))) == ("空的", "第 3 行:空的")


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_is_read_however_it_was_saved(coding: str) -> None:
    assert documents.text("放假安排".encode(coding)) == "放假安排"


@pytest.mark.parametrize("content", [b"PK\x03\x04\x00\x00", b"\xff\xff\xff", b"a\x00b"])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match="不是文本文件"):
        documents.text(content)


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(Invalid, match="超过 1 MB"):
        documents.contents(tmp_path / "x", 1 << 20)


@pytest.mark.parametrize("name", ["none", "."])
def test_a_file_that_can_t_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid, match="无法读取"):
        documents.contents(tmp_path / name)


@pytest.mark.parametrize(
    "document",
    [
        documents.load_json('{\n"a": [1,\n\t"x"]}'),
        documents.load_yaml("a:\n- 1\n- x\n"),
    ],
    ids=["JSON", "YAML"],
)
def test_a_wrong_value_is_named_with_place_and_line(document: Document) -> None:
    with pytest.raises(Invalid) as error:
        document.read(NUMBERS)
    assert error.value.reason.startswith("a.1:")
    assert error.value.line == 3


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("{\n", 2, "不是有效的 JSON"),
        ('{"a": 1,\n"b": {"c": 1, "c": 2}}', 2, "键 c 重复"),
        ("[" * 100_000, 0, "不是有效的 JSON"),
        ("9" * 100_000, 0, "不是有效的 JSON"),
    ],
    ids=["cut off", "doubled", "deep", "huge"],
)
def test_json_that_is_none_is_refused(text: str, line: int, part: str) -> None:
    with pytest.raises(Invalid) as error:
        documents.load_json(text)
    assert (error.value.line, part in error.value.reason) == (line, True), str(error.value)


@pytest.mark.parametrize("value", ["a\0", "\ud83d", ["x", "\udc00"], {"k": ["\0"]}])
def test_what_no_database_takes_is_refused(value: Any) -> None:
    with pytest.raises(Invalid, match="不能保存的字符"):
        Document({"a": value}, None).read(TypeAdapter(dict[str, Any]))


def test_a_pair_of_escapes_is_one_character() -> None:
    assert documents.load_json(r'"\ud83d\ude00"').read(TypeAdapter(str)) == "😀"


def test_the_reasons_are_in_the_words_of_those_who_wrote_it() -> None:
    with pytest.raises(Invalid, match=r"^第 1 行:a:应是一份清单$"):
        documents.load_yaml("a: x").read(NUMBERS)
