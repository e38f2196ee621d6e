"""The knowledge base in a file: read whole, or refused with the line."""

from datetime import date
from pathlib import Path

import pytest

from bot import articles
from bot.documents import Invalid

GOOD = """\
- title: 企业开办需要哪些材料
  body: 通过一网通办提交申请。
  source: 市行政审批局
  date: 2026-03-01
- {title: 高新技术企业补贴, body: 二十万元。, source: 市工信局, date: "2026-05-01"}
"""


def test_articles_are_read_from_yaml() -> None:
    first, second = articles.parse(GOOD.encode(), json=False)
    assert (first.title, first.date) == ("企业开办需要哪些材料", date(2026, 3, 1))
    assert (second.source, second.date) == ("市工信局", date(2026, 5, 1))


def test_articles_are_read_from_json_by_the_name_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "kb.JSON"
    path.write_text('[{"title":"甲","body":"乙","source":"丙","date":"2026-03-01"}]', "utf-8")
    (only,) = articles.read(path)
    assert only.title == "甲"


@pytest.mark.parametrize(
    ("old", "new", "line", "part"),
    [
        ("title: 高新技术企业补贴, ", "", 5, "1.title:缺少这一项"),
        ("body: 二十万元。", "body: ''", 5, "不能空着"),
        ("body: 二十万元。", "body: 20", 5, "应是文字"),
        ("date: 2026-03-01", "date: soon", 4, "应是日期"),
        ("date: 2026-03-01", "date: 2026-02-30", 4, "YAML"),
        ("source: 市行政审批局", f"source: {'长' * 201}", 3, "最多 200 个字"),
        ("source: 市行政审批局", "source: 市局\n  colour: red", 4, "没有这样的一项"),
        ("高新技术企业补贴", "企业开办需要哪些材料", 5, "重复"),
        ("title: 高新技术企业补贴", 'title: "a\\0b"', 5, "不能保存的字符"),
        ("- {title", "- - {title", 5, "1:应由"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, line: int, part: str) -> None:
    assert old in GOOD
    with pytest.raises(Invalid) as error:
        articles.parse(GOOD.replace(old, new).encode(), json=False)
    assert (error.value.line, part in error.value.reason) == (line, True), str(error.value)


@pytest.mark.parametrize("text", ["", "[]", "articles: []", "- 1"])
def test_what_is_no_list_of_articles_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        articles.parse(text.encode(), json=False)
