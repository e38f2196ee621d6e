"""What the bot says: every template is filled in, and short enough for a phone."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from actions.names import TEXTS
from actions.render import render
from tests.fixtures.cast import at

TEMPLATES = sorted(path.stem for path in TEXTS.glob("*.txt"))
#: As much as a phone shows of a message without scrolling.
LINES, CHARACTERS = 8, 180

LONG = "栗雨工业园新马路的路灯坏了一周,请尽快派人来修,电话13812345678。@所有人\n" * 20
VALUES: dict[str, Any] = {
    "who": "湖南立方新能源科技有限公司-张三丰",
    "reporter": "湖南立方新能源科技有限公司-欧阳修文",
    "role": "coordinator",
    "no": 123456,
    "into": 123457,
    "numbers": [123451, 123452, 123453, 123454, 123455],
    "status": "assigned",
    "category": "utilities",
    "intent": "report_issue",
    "unit": "株洲市天元区城市管理和综合执法局",
    "group": "制造名城-天元区-1群",
    "text": LONG,
    "words": LONG,
    "reason": LONG,
    "due_at": at("12-31 17:30"),
    "closed_at": None,
    "last": SimpleNamespace(at=at("12-30 17:30"), words=LONG),
    "args": SimpleNamespace(days=10, unit="株洲市天元区城市管理和综合执法局"),
    "step": "extend",
    "possible": ["accept", "progress", "resolve", "transfer", "return", "extend"],
    "rating": "dissatisfied",
    "urgent": True,
    "vague": True,
    "again": True,
    "overdue": True,
    "days": 3,
    "most": 10,
    "where": "reason",
    "fault": "Field required",
}
#: These repeat the whole of a reason to the one person who must read it.
WHOLE = {"notice_request", "refused"}


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 40


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_is_filled_in(template: str) -> None:
    text = render(template, **VALUES)
    assert text
    assert not any(rest in text for rest in ("{{", "{%", "None", "Undefined"))


@pytest.mark.parametrize("template", [name for name in TEMPLATES if name not in WHOLE])
def test_every_text_is_short_enough_for_a_phone(template: str) -> None:
    text = render(template, **VALUES)
    assert len(text) <= CHARACTERS
    assert len(text.splitlines()) <= LINES


@pytest.mark.parametrize("role", ["member", "handler"])
def test_the_help_is_short_for_everybody(role: str) -> None:
    text = render("help", **{**VALUES, "role": role})
    assert len(text) <= CHARACTERS
    assert len(text.splitlines()) <= LINES


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_template_repeats_a_mention_or_a_phone(template: str) -> None:
    text = render(template, **{**VALUES, "reason": "已派人"})
    assert "@所有人" not in text
    assert "13812345678" not in text


@pytest.mark.parametrize("path", sorted(TEXTS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_template_ends_with_one_line_end(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize(
    ("template", "values", "said"),
    [
        (
            "opened",
            {"category": "traffic", "unit": "天元区城管局", "urgent": False, "vague": False},
            "@张三 已受理 #12(道路交通),承办:天元区城管局,4月11日17:30前办结。",
        ),
        (
            "opened",
            {"category": None, "unit": None, "urgent": True, "vague": True},
            """@张三 紧急诉求已受理 #12,已转专班交办,4月11日17:30前办结。
请补充具体地点和单位名称,方便工作人员上门处理。""",
        ),
        ("which_number", {"numbers": []}, "@张三 请问是哪一件?请回复工单编号,例如 12。"),
        ("which_number", {"numbers": [3, 2]}, "@张三 请问是哪一件?回复编号即可:#3、#2。"),
        ("closed", {"rating": None}, "@张三 #12 已销号。感谢反馈!"),
        ("closed", {"rating": "fairly"}, "@张三 #12 已销号,评价:基本满意。感谢反馈!"),
        (
            "refused_status",
            {"step": "withdraw", "status": "resolved", "possible": ["confirm"]},
            "#12 现在是“已办结待评价”,不能撤回。如已解决,请直接确认。",
        ),
        (
            "refused_status",
            {"step": "accept", "status": "closed", "possible": []},
            "#12 现在是“已销号”,不能签收。",
        ),
        (
            "notice_review",
            {"group": "一群", "text": "灯坏了", "intent": "report_issue", "category": "traffic"},
            "一群 立方新能源-张三:灯坏了(可能是反映问题:道路交通,请人工判断)",
        ),
        (
            "status",
            {"status": "closed", "unit": "天元区城管局", "closed_at": at("04-10 09:00"),
             "overdue": False, "last": None},
            "@张三 #12 已销号,承办:天元区城管局,4月10日09:00销号。",
        ),
    ],
)  # fmt: skip
def test_what_is_said_depends_on_the_case(template: str, values: Any, said: str) -> None:
    known = {"who": "立方新能源-张三", "no": 12, "due_at": at("04-11 17:30")}
    assert render(template, **{**known, **values}) == said
