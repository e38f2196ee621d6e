"""The page of an evaluation: whole by itself, and nothing on it is markup that people wrote."""

import re
from html.parser import HTMLParser

from bot.evaluation import page
from nlu.report import Speed
from nlu.text import Span
from tests.nlu.made import PLACE, build, pair

MARKUP = "</td><script>alert(1)</script><b onclick='x'>\"&amp;"
VOID = {"meta"}


class Tags(HTMLParser):
    """Fails on a page whose elements do not close; counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_what_people_write_is_never_markup() -> None:
    span = Span("address", 0, len(MARKUP))
    shown = page(build([pair("chitchat", "report_issue", text=MARKUP, spans=(span,))]))
    assert "<script" not in shown
    assert "<b onclick" not in shown
    assert shown.count("&lt;script&gt;alert(1)") == 2  # the text, and the entity missed


def test_nothing_is_fetched() -> None:
    shown = page(build([pair("urge", "spam")]))
    assert not re.search(r"\b(?:src|href|url|@import|https?:)\b", shown)


def test_it_is_whole_and_every_table_has_a_caption() -> None:
    tags = Tags()
    tags.feed(page(build([pair("urge", "spam"), pair("chitchat", "consult")])))
    assert tags.open == []
    assert tags.seen.count("table") == tags.seen.count("caption") == 8


def test_every_mistake_stands_on_it_with_all_that_was_wrong() -> None:
    pairs = [
        pair("report_issue", "chitchat", 0.876, text="厂里冇得水哒", hard=True,
             category=("utilities", None)),
        pair("urge", "urge", 0.5, spans=(PLACE,), found=(Span("unit", 0, 3),)),
        pair("praise", "praise", text="谢谢各位"),
        *(pair("praise", "urge", text=f"第{n}句") for n in range(50)),
    ]  # fmt: skip
    shown = page(build(pairs))
    for words in ("厂里冇得水哒", "水电气网", "87.6%", "难例", "地址 新马路", "单位 天元区"):
        assert f">{words}" in shown, words
    assert all(f"第{n}句" in shown for n in range(50))
    assert "谢谢各位" not in shown
    for heading in ("漏报(1 条)", "误开(0 条)", "其他判错的意图(50 条)", "不对(1 条)"):
        assert heading in shown


def test_cells_of_the_confusion_are_numbers() -> None:
    shown = page(build([pair("urge", "spam"), pair("urge", "spam"), pair("urge", "urge")]))
    assert (
        '<tr><th scope="row">催办</th><td class="hit">1</td><td class="miss">2</td></tr>' in shown
    )
    assert '<td class="none">·</td>' in shown


def test_the_model_file_is_told_where_there_is_one() -> None:
    assert "模型文件" not in page(build([pair("urge", "urge")]))
    assert "24.5 MB" in page(build([pair("urge", "urge")], speed=Speed(1, 1, 1, 24_500_000)))


def test_no_message_makes_no_page_fail() -> None:
    assert "没有。" in page(build([]))
