"""What all parsers do to a text alike."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.text import LONGEST, SHIELD, SIMPLIFIED, Span, exact, fold, readable, without_overlap

#: Every code point, the lone halves of surrogates too: JSON can carry them.
ANY = st.text(st.characters(exclude_categories=()))
SPANS = st.lists(
    st.builds(
        lambda start, length: Span("time", start, start + length),
        st.integers(0, 30),
        st.integers(1, 8),
    )
)


def pieces(text: str) -> list[tuple[str, str]]:
    return [(span.entity, text[span.start : span.end]) for span in exact(fold(text))]


def test_every_code_point_stays_one() -> None:
    whole = "".join(map(chr, range(sys.maxunicode + 1)))
    folded = fold(whole)
    assert len(folded) == len(whole)
    # İ alone grows when it is made small, and ſ and K become letters of ASCII: none is left out
    assert all(len(fold(char)) == 1 for char in "İſK㍿ﬃ½")


@given(ANY)
def test_folding_keeps_every_place(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    assert [fold(char) for char in text] == list(folded)


@given(ANY)
def test_what_is_folded_is_not_folded_again(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_what_no_version_of_unicode_has_assigned_stays() -> None:
    assert fold("工\u0378厂\U0001fbff") == "工\u0378厂\U0001fbff"


@given(ANY)
def test_no_control_character_is_left(text: str) -> None:
    unseen = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    assert not [char for char in fold(text) if unicodedata.category(char) in unseen]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("＃１０２４", "#1024"),
        ("ＡＢｃ", "abc"),
        ("，。！？（）", ",。!?()"),
        ("a\u3000b\tc\r\nd", "a b c  d"),
        ("坏\u200b了\ufeff", "坏 了 "),
        ("ﬃ㍿½", "ﬃ㍿½"),
        ("路灯", "路灯"),
        ("栗雨工業園新馬路的路燈壞了一週", "栗雨工业园新马路的路灯坏了一周"),
        ("請儘快處理後續", "请尽快处理后续"),
    ],
)
def test_widths_cases_and_white_space_are_made_alike(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_the_table_of_characters_is_one_to_one() -> None:
    assert not SIMPLIFIED.keys() & SIMPLIFIED.values()
    assert all(len(pair) == 2 for pair in map("".join, SIMPLIFIED.items()))
    assert "".join(SIMPLIFIED.values()).encode("gb2312")


@given(ANY)
def test_a_readable_text_begins_with_no_slash_and_no_white_space(text: str) -> None:
    read = readable(text)
    assert read == read.strip()
    assert not read.startswith("/")


@given(ANY)
def test_what_is_readable_stands_where_it_stood(text: str) -> None:
    read, folded = readable(text), fold(text)
    body = read.lstrip(SHIELD)
    start = len(read) - len(body)
    assert folded.startswith(body, start)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("/report_issue", "。report_issue"),
        (" / /路灯坏了 ", "。。。。路灯坏了"),
        ("\u3000\n路灯坏了\n", "。。路灯坏了"),
        ("／路灯", "。路灯"),
        ("路灯/坏了/", "路灯/坏了/"),
        ("", ""),
        (" \n\u3000/\u200b", ""),
    ],
)
def test_a_slash_and_white_space_in_front_are_shielded(text: str, read: str) -> None:
    assert readable(text) == read


@pytest.mark.parametrize("length", [LONGEST - 1, LONGEST, LONGEST + 1, 10 * LONGEST])
def test_only_so_much_is_read(length: int) -> None:
    assert len(readable("路" * length)) == min(length, LONGEST)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("电话13812345678", [("phone", "13812345678")]),
        ("0731-28665000转3", [("phone", "0731-28665000")]),
        ("400-820-8820", [("phone", "400-820-8820")]),
        ("１３８１２３４５６７８", [("phone", "１３８１２３４５６７８")]),
        ("12812345678", []),
        ("表号138123456789", []),
        ("113812345678", []),
        ("2023-13812345678", []),
        ("#1024 进度", [("ticket_no", "1024")]),
        ("＃ 7", [("ticket_no", "7")]),
        ("#12和#13", [("ticket_no", "12"), ("ticket_no", "13")]),
        ("工单11249", [("ticket_no", "11249")]),
        ("工单号：5", [("ticket_no", "5")]),
        ("工单编号是5", [("ticket_no", "5")]),
        ("12号工单", [("ticket_no", "12")]),
        ("编号88有结果了没有", [("ticket_no", "88")]),
        ("请把编号507的诉求撤回", [("ticket_no", "507")]),
        ("#1234567890", []),
        ("3#4楼停电", []),
        ("桥墩编号4", []),
        ("快递单号556201", []),
        ("#工单", []),
        ("工单13812345678", [("phone", "13812345678")]),
    ],
)
def test_phones_and_ticket_numbers_are_known_by_their_looks(
    text: str, found: list[tuple[str, str]]
) -> None:
    assert pieces(text) == found


@given(st.text(st.sampled_from("0123456789-#工单编号是: 13800")))
def test_exact_spans_are_sorted_and_apart(text: str) -> None:
    spans = exact(text)
    assert without_overlap(spans) == spans
    assert all(text[span.start : span.end].strip(" #") for span in spans)


@given(SPANS)
def test_of_spans_that_overlap_the_first_stays(spans: list[Span]) -> None:
    kept = without_overlap(spans)
    taken = [place for span in kept for place in range(span.start, span.end)]
    assert len(taken) == len(set(taken))
    assert taken == sorted(taken)
    assert kept[:1] == [] or spans[0] in kept


@given(SPANS)
def test_nothing_is_dropped_without_a_reason(spans: list[Span]) -> None:
    kept = without_overlap(spans)
    for span in spans:
        assert any(span.start < other.end and other.start < span.end for other in kept)


def test_spans_that_touch_both_stay() -> None:
    side_by_side = [Span("unit", 3, 6), Span("district", 0, 3)]
    assert without_overlap(side_by_side) == side_by_side[::-1]
