"""The arguments of a step are checked before anything is done."""

from typing import Any

import pytest

from actions import args
from actions.args import ARGS, Args, check_args
from actions.base import Refused
from actions.steps import STEPS


def test_every_step_has_its_arguments() -> None:
    assert set(ARGS) == {"open", *STEPS}


@pytest.mark.parametrize(
    ("step", "values", "checked"),
    [
        ("resume", {}, Args()),
        ("accept", {}, args.Words()),
        ("progress", {"text": "已派人"}, args.Words(text="已派人")),
        ("assign", {"unit": "市自规局"}, args.Unit(unit="市自规局", assisting=[], reason="")),
        (
            "transfer",
            {"unit": "市自规局", "assisting": ["供电公司"], "reason": "不归我们管"},
            args.Unit(unit="市自规局", assisting=["供电公司"], reason="不归我们管"),
        ),
        ("return", {"reason": "不归我们管"}, args.Reason(reason="不归我们管")),
        ("extend", {"days": 5, "reason": "要等配件"}, args.Extension(days=5, reason="要等配件")),
        ("merge", {"into": 7}, args.Into(into=7)),
        ("edit", {"urgent": True}, args.Changes(urgent=True)),
        ("confirm", {"rating": "fairly"}, args.Rating(rating="fairly")),
        ("confirm", {}, args.Rating()),
        ("recheck", {"passed": False}, args.Recheck(passed=False)),
        (
            "open",
            {"text": "灯坏了", "source": "hotline"},
            args.Opening(text="灯坏了", source="hotline"),
        ),
    ],
)
def test_what_fits_is_typed(step: str, values: dict[str, Any], checked: Args) -> None:
    assert check_args(step, values) == checked


@pytest.mark.parametrize(
    ("step", "values", "named"),
    [
        ("assign", {}, "unit"),
        ("assign", {"unit": ""}, "“交办”要写明单位"),
        ("assign", {"unit": 7}, "unit"),
        ("assign", {"unit": "市自规局", "assisting": "供电公司"}, "assisting"),
        ("assign", {"unit": "市自规局", "assisting": [1]}, "assisting"),
        ("transfer", {"unit": None}, "unit"),
        ("reject", {}, "reason"),
        ("return", {"reason": " "}, "“退回”要写明原因"),
        ("open", {"text": "", "source": "hotline"}, "“登记”要写明内容"),
        ("suspend", {"reason": ["一", "二"]}, "reason"),
        ("dispute", {}, "reason"),
        ("withdraw", {"reason": None}, "reason"),
        ("extend", {"days": 5}, "reason"),
        ("extend", {"days": "5", "reason": "等配件"}, "days"),
        ("extend", {"days": 1.5, "reason": "等配件"}, "days"),
        ("extend", {"days": True, "reason": "等配件"}, "days"),
        ("merge", {"into": "#7"}, "into"),
        ("merge", {}, "into"),
        ("edit", {"category": "weather"}, "category"),
        ("edit", {"urgent": "yes"}, "urgent"),
        ("edit", {"status": "closed"}, "status"),
        ("confirm", {"rating": "great"}, "rating"),
        ("recheck", {}, "passed"),
        ("recheck", {"passed": "no"}, "passed"),
        ("resume", {"reason": "可以了"}, "reason"),
        ("accept", {"words": "收到"}, "words"),
        ("progress", {"text": None}, "text"),
        ("open", {"source": "hotline"}, "text"),
        ("open", {"text": "灯坏了", "source": "pigeon"}, "source"),
        ("open", {"text": "灯坏了", "source": "hotline", "kind": "praise"}, "kind"),
        ("open", {"text": "灯坏了", "source": "hotline", "category": "weather"}, "category"),
    ],
)
def test_what_is_missing_unknown_or_mistyped_is_named(
    step: str, values: dict[str, Any], named: str
) -> None:
    with pytest.raises(Refused, match=named):
        check_args(step, values)


@pytest.mark.parametrize("step", ["dance", "add", "ask", "", "ACCEPT"])
def test_a_step_that_there_is_not_is_refused_by_name(step: str) -> None:
    with pytest.raises(Refused, match=f"没有“{step}”这一步"):
        check_args(step, {})
