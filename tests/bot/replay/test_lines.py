"""EVENTS.jsonl is refused whole, with the line and what is wrong."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bot.documents import Invalid
from bot.replay.lines import Line, MessageLine, read

START = datetime(2023, 4, 3, 8, tzinfo=timezone(timedelta(hours=8)))

MESSAGE: dict[str, Any] = {
    "type": "message",
    "at": "2023-04-03T09:12:05+08:00",
    "id": "m1",
    "group": "g1",
    "sender": "u1",
    "name": "立方新能源-张三",
    "text": "栗雨工业园新马路的路灯坏了一周",
    "images": [],
    "quote": None,
    "mentions_bot": False,
}
RECALL = {"type": "recall", "at": "2023-04-03T09:13:00+08:00", "id": "m1", "group": "g1"}
STEP: dict[str, Any] = {
    "type": "step",
    "at": "2023-04-03T09:14:00+08:00",
    "by": "c1",
    "ticket": 1,
    "step": "assign",
    "args": {"unit": "市城管局"},
}
TOLD = {"text": "灯坏了", "source": "hotline", "category": "traffic", "group": "g1"}
OPEN = {key: STEP[key] for key in STEP if key != "ticket"} | {"step": "open", "args": TOLD}


def lines(tmp_path: Path, *rows: Any) -> list[Line]:
    path = tmp_path / "events.jsonl"
    texts = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return read(path, start=START, groups={"g1"}, people={"c1"})


def test_all_three_kinds_are_read(tmp_path: Path) -> None:
    kinds = [line.type for line in lines(tmp_path, MESSAGE, RECALL, STEP, OPEN)]
    assert kinds == ["message", "recall", "step", "step"]


def test_a_parse_that_came_along_is_read(tmp_path: Path) -> None:
    parse = {
        "intent": {"name": "report_issue", "confidence": 0.9},
        "category": {"name": "traffic", "confidence": 0.8},
        "entities": [
            {"entity": "duration", "start": 13, "end": 15, "value": "一周", "confidence": 0.9}
        ],
    }
    (line,) = lines(tmp_path, {**MESSAGE, "parse": parse})
    assert isinstance(line, MessageLine)
    parsed = line.parsed()
    assert parsed is not None
    assert (parsed.intent.name, parsed.entities[0].value) == ("report_issue", "一周")


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ({key: MESSAGE[key] for key in MESSAGE if key != "text"}, "text"),
        ({**MESSAGE, "colour": "red"}, "colour"),
        ({**MESSAGE, "text": 7}, "text"),
        ({**MESSAGE, "mentions_bot": "yes"}, "mentions_bot"),
        ({**MESSAGE, "type": "shout"}, "shout"),
        ({**MESSAGE, "at": "2023-04-03T09:12:05"}, "at"),
        ({**MESSAGE, "at": "2023-04-03T07:59:59+08:00"}, "早于start"),
        ({**MESSAGE, "group": "g9"}, "g9"),
        ({**MESSAGE, "images": [{"name": "没有编号"}]}, "images"),
        ({**MESSAGE, "parse": {"intent": {"name": "sing", "confidence": 1}}}, "parse"),
        ({**STEP, "by": "nobody"}, "nobody"),
        ({**STEP, "step": "dance"}, "dance"),
        ({**STEP, "args": {"unit": "市城管局", "colour": "red"}}, "colour"),
        ({**STEP, "args": {"unit": "市\0城管局"}}, "NUL"),
        ({**STEP, "step": "open"}, "open"),
        ({**OPEN, "args": {**TOLD, "group": "g9"}}, "g9"),
        ({**OPEN, "args": {**TOLD, "group": ["g1"]}}, "group"),
        ({**OPEN, "args": {**TOLD, "source": "moon"}}, "moon"),
        ({**OPEN, "args": {**TOLD, "category": "weather"}}, "weather"),
        ({**OPEN, "args": {**TOLD, "kind": "praise"}}, "kind"),
        ({**STEP, "step": "edit", "args": {"category": "weather"}}, "weather"),
        ({**STEP, "step": "confirm", "args": {"rating": "great"}}, "rating"),
        ("{not json", "1"),
        ("[]", "1"),
    ],
)
def test_what_is_not_valid_is_named_with_its_line(tmp_path: Path, row: Any, part: str) -> None:
    with pytest.raises(Invalid) as refused:
        lines(tmp_path, row)
    assert refused.value.line == 1
    assert part in str(refused.value)


def test_a_line_may_not_be_earlier_than_the_one_before(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        lines(tmp_path, RECALL, MESSAGE)
    assert refused.value.line == 2


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Invalid):
        read(path, start=START, groups=set(), people=set())
