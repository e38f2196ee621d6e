"""Texts as platforms take them: whole, in parts of so many bytes, without a mark that acts."""

import re
import time
import unicodedata

import pytest
from aiocqhttp import Message  # type: ignore[import-untyped]
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.channels.wording import cq, markdown, size, split

SENTENCE = "栗雨工业园新马路的路灯坏了一周,晚上很黑。"
LETTERS = st.text(alphabet="路灯a 。!,\n👨‍👩‍👧é<@>|_#", max_size=300)


def joined(parts: list[str]) -> str:
    return re.sub(r"\s", "", "".join(parts))


# --- parts ------------------------------------------------------------------------------------


@given(st.text(max_size=400) | LETTERS, st.integers(16, 200))
def test_nothing_is_lost_and_no_part_is_too_long(text: str, most: int) -> None:
    parts = split(text, most)
    assert joined(parts) == joined([text])
    assert all(0 < size(part) <= most for part in parts)
    assert all(part == part.strip() for part in parts)


@given(st.text(max_size=100))
def test_what_fits_is_one_part(text: str) -> None:
    assert split(text, 1000) == ([text.strip()] if text.strip() else [])


def test_a_character_of_chinese_has_three_bytes() -> None:
    assert [len(part) for part in split("路" * 1500, 2048)] == [682, 682, 136]


def test_it_is_cut_after_lines_before_sentences() -> None:
    first, second = SENTENCE * 3, SENTENCE * 4
    assert split(f"{first}\n{second}", size(first) + size(SENTENCE) + 10) == [
        first, SENTENCE * 4,
    ]  # fmt: skip


def test_it_is_cut_after_sentences() -> None:
    assert split(SENTENCE * 5, size(SENTENCE) * 2 + 30) == [SENTENCE * 2, SENTENCE * 2, SENTENCE]


@pytest.mark.parametrize("end", ["。", "!", "\uff01", "?", ";", "\uff1b", "……", "。”", "!」"])
def test_what_ends_a_sentence_stays_with_it(end: str) -> None:
    sentence = f"路灯坏了一周{end}"
    assert split(sentence * 3, size(sentence) * 2 - 3) == [sentence] * 3


def test_an_address_and_a_number_are_not_cut_at_their_signs() -> None:
    link = "https://example.cn/tickets/12?next=1,200;a!"
    assert split("路" * 22 + " " + link, 90) == ["路" * 22, link]


def test_it_is_cut_at_a_comma_where_a_sentence_is_too_long() -> None:
    half = "新马路的路灯坏了一周"
    for comma in ",\uff0c":
        whole = f"{half}{comma}{half}{comma}{half}"
        assert split(whole, size(half) * 2) == [half + comma, half + comma, half]


def test_a_cut_that_leaves_a_part_nearly_empty_is_none() -> None:
    parts = split("好。" + "路" * 100, 100)
    assert len(parts[0]) > 20


@pytest.mark.parametrize("mention", ["<@li.si>", "<@zhang>", "[CQ:at,qq=1680483600]"])
@pytest.mark.parametrize("before", range(16, 40))
def test_a_mention_is_never_cut(mention: str, before: int) -> None:
    text = "a" * before + mention + "b" * 40
    assert any(mention in part for part in split(text, 40))


def test_a_row_of_a_table_is_not_cut_where_it_fits() -> None:
    rows = [f"| 新马路 | 第{n}件 | 已办结 |" for n in range(20)]
    for part in split("\n".join(rows), 200):
        assert set(part.split("\n")) <= set(rows)


@given(st.integers(0, 40))
def test_what_is_one_sign_to_people_stays_one(before: int) -> None:
    family = "👨‍👩‍👧"
    for sign in (family, "e\u0301", "❤\ufe0f"):
        parts = split("路" * before + sign + "灯" * 40, 60)
        assert any(sign in part for part in parts)
        assert not any(unicodedata.combining(part[0]) for part in parts)


def test_a_part_has_room_for_something() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        split("路灯", 15)


# --- markdown ---------------------------------------------------------------------------------

HOSTILE = [
    "<@all>", "<@li.si>", '<font color="warning">急</font>', "[点我](http://evil.example)",
    "![图](http://evil.example/x.png)", "**急**", "`rm`", "```\ncode\n```", "# 大标题", "###### 小",
    "> 引用", "| a | b |\n| - | - |", "标题\n===", "标题\n---", "***", "- - -", "    code",
    "\tcode", "~~划掉~~", "<div>", "#\n", "  ## 缩进",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_mark_of_markdown_is_left(text: str) -> None:
    said = markdown(text)
    assert not re.search(r"[<>\[\]`*~|]", said)
    assert not re.search(r"(?m)^\s*#{1,6}(\s|$)", said)
    assert not re.search(r"(?m)^\s*([-=_*]\s*){2,}$", said)
    assert not re.search(r"(?m)^( {4}|\t)", said)


@pytest.mark.parametrize("line", ["\n", "\t\n", " \n", "-\n", "# \n"])
def test_many_lines_take_no_longer_than_few(line: str) -> None:
    began = time.perf_counter()
    markdown(line * 50_000 + "x")
    assert time.perf_counter() - began < 3  # looked through again for each line: minutes


@given(st.text() | st.lists(st.sampled_from(HOSTILE)).map("\n".join))
def test_a_second_time_changes_nothing(text: str) -> None:
    assert markdown(markdown(text)) == markdown(text)


@pytest.mark.parametrize(
    "text", [SENTENCE, "#12 已受理", "1. 路灯", "电话 0731-2868", "a_b@c.cn", "3 - 2", "是否?\n是"]
)
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert markdown(text) == text


# --- codes ------------------------------------------------------------------------------------


@given(st.text())
def test_a_bridge_reads_back_what_was_written(text: str) -> None:
    assume("\x00" not in text)
    segments = Message(cq(text))
    assert [one["type"] for one in segments] == (["text"] if text else [])
    assert segments.extract_plain_text() == text


@pytest.mark.parametrize("text", ["[CQ:at,qq=all]", "&#91;CQ:at,qq=all&#93;", "[[CQ:face,id=1]]"])
def test_no_code_is_left(text: str) -> None:
    assert "[" not in cq(text)
    assert [one["type"] for one in Message(cq(text))] == ["text"]


def test_a_parameter_has_no_comma() -> None:
    code = Message(f"[CQ:share,title={cq('a,b]&', parameter=True)},url=u]")
    assert code[0]["data"] == {"title": "a,b]&", "url": "u"}
