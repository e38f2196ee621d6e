"""What the bot says: every template is filled in, and short enough for a phone."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from actions.figures import figures
from actions.names import TEXTS
from actions.render import render
from storage.figures import Counts
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
    "urged_at": at("12-30 09:30"),
    "again_at": at("12-30 13:30"),
    "closed_at": None,
    "last": SimpleNamespace(at=at("12-30 17:30"), words=LONG),
    "args": SimpleNamespace(days=10, unit="株洲市天元区城市管理和综合执法局"),
    "step": "extend",
    "others": {"member": ["confirm", "dispute"], "coordinator": ["confirm"]},
    "parties": ["member", "coordinator"],
    "possible": ["accept", "progress", "resolve", "transfer", "return", "extend"],
    "rating": "dissatisfied",
    "urgent": True,
    "vague": True,
    "again": True,
    "overdue": True,
    "days": 3,
    "late": "29个工作日",
    "why": "group",
    "by": "株洲市天元区城市管理和综合执法局-欧阳修文",
    "most": 10,
    "where": "reason",
    "fault": "Field required",
    "kind": "consult",
    "alike": 123450,
    "level": "orange",
    "respond_by": at("12-29 17:30"),
    "reported_at": at("12-24 09:00"),
    "at": at("12-24 09:00"),
    "now": at("12-31 17:30"),
    "passed": True,
    "waits": True,
    "handlers": ["株洲市天元区城市管理和综合执法局-欧阳修文"] * 3,
    "dispute_days": 15,
    "source": "hotline",
    "more": 7,
}
FIGURES = figures(Counts(collected=11_249, done=10_685, on_time=9_999, overdue=564))
PLACES = [
    SimpleNamespace(place=place, name="株洲市天元区城市管理和综合执法局") for place in range(1, 21)
]
DIGEST: dict[str, Any] = {
    "since": at("12-01 00:00"), "until": at("12-31 17:30"), "last": at("12-30 17:30"),
    "own": FIGURES, "own_change": "(+123)", "all": FIGURES, "before": FIGURES,
    "change": "(+123)", "since_start": FIGURES, "tomorrow": list(range(123_400, 123_420)),
    "overdue": list(range(123_400, 123_420)), "units": PLACES, "districts": PLACES, "most": 3,
}  # fmt: skip
#: What one template alone is given, or is given otherwise.
OWN: dict[str, dict[str, Any]] = {
    # how long it is decides who writes it; this is as much as fits
    "post_say": {"text": "已转市住建局,明天上午到现场,请留人。13812345678 @所有人" * 3},
    "opened_several": {
        "opened": [
            SimpleNamespace(
                unit="株洲市天元区城市管理和综合执法局", alike=123_450,
                ticket=SimpleNamespace(
                    no=123_456, urgent=True, category="utilities", due_at=at("12-31 17:30")
                ),
            )
        ] * 3,
    },
    "digest_daily": DIGEST,
    "digest_weekly": DIGEST,
    "digest_monthly": DIGEST,
    "notice_calendar": {"last": date(2026, 12, 31)},
    "consult_answered": {
        "title": "高新技术企业认定奖补申报指南", "body": "每年三月申报。" * 100,
        "source": "株洲市科学技术局", "dated": date(2023, 1, 5),
    },
    "stats": {"period": "2023年12月", "group": FIGURES, "city": FIGURES},
    "reminder": {
        "rows": [
            {"no": 123_456, "level": "orange", "unit": "株洲市天元区城市管理和综合执法局",
             "due_at": at("12-31 17:30"), "late": "29个工作日"}
        ] * 10,
    },
}  # fmt: skip
#: These repeat the whole of a reason to the one person who must read it.
WHOLE = {"notice_request", "refused"}
#: These are read in peace: letters, and the lists and answers that a group scrolls through.
LONGER = {
    "letter_supervision", "letter_handover", "reminder", "consult_answered", "digest_daily",
    "digest_monthly", "opened_several",
}  # fmt: skip
MOST = 700


def filled(template: str, **more: Any) -> str:
    """The text of a template with the longest values that there are."""
    return render(template, **{**VALUES, **OWN.get(template, {}), **more})


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 40


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_is_filled_in(template: str) -> None:
    text = filled(template)
    assert text
    assert not any(rest in text for rest in ("{{", "{%", "None", "Undefined"))


@pytest.mark.parametrize("template", [name for name in TEMPLATES if name not in WHOLE | LONGER])
def test_every_text_is_short_enough_for_a_phone(template: str) -> None:
    text = filled(template)
    assert len(text) <= CHARACTERS
    assert len(text.splitlines()) <= LINES


@pytest.mark.parametrize("template", sorted(LONGER - {"letter_supervision", "letter_handover"}))
def test_a_list_or_an_answer_has_an_end(template: str) -> None:
    assert len(filled(template)) <= MOST


def test_a_group_without_tickets_is_told_the_city_s_figures() -> None:
    text = filled("digest_daily", own=None)
    assert "本群" not in text
    assert "全市收集11249件,办结10685件,办结率94.99%" in text


@pytest.mark.parametrize("role", ["member", "handler"])
def test_the_help_is_short_for_everybody(role: str) -> None:
    text = render("help", **{**VALUES, "role": role})
    assert len(text) <= CHARACTERS
    assert len(text.splitlines()) <= LINES


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_template_repeats_a_mention_or_a_phone(template: str) -> None:
    text = filled(template, reason="已派人")
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
        (
            "opened",
            {"category": "subsidy", "unit": "市科技局", "urgent": False, "vague": False,
             "kind": "consult", "alike": 3},
            """@张三 咨询已受理 #12(政策兑现),承办:市科技局,4月11日17:30前答复。
与正在办理的 #3 相似,已关联。""",
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
            {"step": "accept", "status": "closed", "possible": [], "into": None,
             "others": {"member": ["dispute"], "inspector": ["recheck"]}},
            "#12 现在是“已销号”,不能签收。反映的企业可以提出异议,纪检可以回头看。",
        ),
        (
            "refused_status",
            {"step": "accept", "status": "merged", "possible": [], "into": 3},
            "#12 现在是“已并案”,不能签收。它已并入 #3,请关注 #3。",
        ),
        (
            "refused_status",
            {"step": "accept", "status": "rejected", "possible": [], "into": None, "others": {}},
            "#12 现在是“不予受理”,不能签收。问题仍在的话,请重新反映,会登记为新的诉求。",
        ),
        (
            "refused_role",
            {"step": "confirm", "role": "handler", "possible": ["accept", "resolve"],
             "parties": ["member", "coordinator"]},
            "承办人不能对 #12 做“确认销号”,这一步由反映的企业或专班来做。您现在可以:签收、办结。",
        ),
        (
            "refused_role",
            {"step": "silence", "role": "coordinator", "possible": [], "parties": []},
            "专班不能对 #12 做“到期自动销号”,到期由系统来做。",
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
    known = {
        "who": "立方新能源-张三", "no": 12, "due_at": at("04-11 17:30"), "kind": "issue",
        "alike": None,
    }  # fmt: skip
    assert render(template, **{**known, **values}) == said
