"""A simulated year: 2,109 groups and 11,249 tickets with all their reminders and digests.

    .venv/bin/python -m bench.year [TICKETS GROUPS]

Messages carry their parse, so that the rules are measured and not the parser.
"""

import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from actions.deadlines import ZONE
from bot.replay.command import replay
from bot.settings import Settings
from nlu.parse import CATEGORIES

DISTRICTS = ("天元区", "荷塘区", "芦淞区", "石峰区", "渌口区", "醴陵市", "攸县", "茶陵县", "炎陵县")
START = datetime(2023, 1, 1, tzinfo=ZONE)
PLACES = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十")
TROUBLES = (
    "路灯不亮",
    "路面塌陷",
    "停车难",
    "排水不畅",
    "扬尘大",
    "电压不稳",
    "证照办不下来",
    "补贴没到账",
)


def city(groups: int) -> dict[str, Any]:
    """A city with so many groups, five members each, and a unit for each category and district."""
    where = [DISTRICTS[number % len(DISTRICTS)] for number in range(groups)]
    units = [f"{district}{category}局" for district in DISTRICTS for category in CATEGORIES]
    members: list[dict[str, Any]] = [
        {"id": f"h-{unit}", "name": f"{unit}-承办", "role": "handler", "unit": unit}
        for unit in units
    ]
    members += [{"id": f"c{number}", "name": "专班", "role": "coordinator"} for number in range(3)]
    members += [
        {"id": "l1", "name": "领导", "role": "leader"},
        {"id": "i1", "name": "纪检", "role": "inspector"},
    ]
    return {
        "city": "株洲",
        "start": START.isoformat(),
        "groups": [
            {"id": f"g{number}", "name": f"制造名城-{district}-{number}群", "district": district}
            for number, district in enumerate(where)
        ],
        "units": [{"name": unit, "head": f"h-{unit}"} for unit in units],
        "members": members,
        "routes": [
            {"category": category, "district": district, "unit": f"{district}{category}局"}
            for district in DISTRICTS
            for category in CATEGORIES
        ],
        "settings": {},
    }


def events(tickets: int, groups: int, seed: int = 2109) -> list[dict[str, Any]]:
    """What is said in a year: reports, what handlers and enterprises say of them, and talk."""
    chance = random.Random(seed)  # nothing secret
    rows = [row for number in range(tickets) for row in _story(chance, number, groups)]
    rows.sort(key=lambda row: row["at"])
    end = (START + timedelta(days=364)).isoformat()
    return [row for row in rows if row["at"] <= end]


def _story(chance: random.Random, number: int, groups: int) -> Iterator[dict[str, Any]]:
    group = chance.randrange(groups)
    district = DISTRICTS[group % len(DISTRICTS)]
    category = chance.choice(CATEGORIES)
    at = START + timedelta(days=chance.randrange(340), hours=8, minutes=chance.randrange(600))
    who, handler = f"u{group}-{chance.randrange(5)}", f"h-{district}{category}局"
    place = "".join(chance.choice(PLACES) for _ in range(4))
    said = _Said(number, f"g{group}")
    yield said(at, who, f"{place}路{chance.choice(TROUBLES)}", "report_issue", category)
    if chance.random() < 0.3:
        yield said(at + timedelta(minutes=5), who, f"就在{place}路口", "add_detail")
    if chance.random() < 0.9:
        at += timedelta(hours=chance.randrange(1, 60))
        yield said(at, handler, "收到,马上核实", "accept_task", quote=True)
    if chance.random() < 0.3:
        yield said(at + timedelta(hours=30), who, "还没动静,请尽快", "urge", quote=True)
    if chance.random() < 0.95:
        at += timedelta(hours=chance.randrange(1, 200))
        yield said(at, handler, "已处理完毕,请核实", "report_done", quote=True)
        if chance.random() < 0.6:
            word = chance.choice(("满意", "基本满意", "解决了"))
            yield said(at + timedelta(hours=5), who, word, "confirm_resolved", quote=True)
        elif chance.random() < 0.1:
            yield said(at + timedelta(hours=5), who, "没解决", "dispute_result", quote=True)


class _Said:
    """The messages of one ticket."""

    def __init__(self, number: int, group: str) -> None:
        self.number, self.group, self.count = number, group, 0

    def __call__(
        self, at: datetime, who: str, text: str, intent: str, category: str | None = None,
        *, quote: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        self.count += 1
        first = f"m{self.number}-1"
        return {
            "type": "message", "at": at.isoformat(), "id": f"m{self.number}-{self.count}",
            "group": self.group, "sender": who, "name": f"企业{who}-某人" if who[0] == "u" else who,
            "text": text, "quote": first if quote else None,
            "parse": {
                "intent": {"name": intent, "confidence": 0.95},
                "category": {"name": category, "confidence": 0.9} if category else None,
                "entities": [],
            },
        }  # fmt: skip


async def run(tickets: int, groups: int) -> None:
    """Replay the year and print how long it took."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        (scratch / "city.yaml").write_text(yaml.safe_dump(city(groups), allow_unicode=True))
        rows = events(tickets, groups)
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (scratch / "events.jsonl").write_text(lines, encoding="utf-8")
        began = time.monotonic()
        await replay(
            scratch / "events.jsonl", scratch / "city.yaml", scratch / "out",
            until=(START + timedelta(days=365)).isoformat(), settings=Settings(),
            show=lambda _name: lambda _done, _whole: None, say=print,
        )  # fmt: skip
        spent = time.monotonic() - began
        said = sum(1 for _ in (scratch / "out" / "said.jsonl").open(encoding="utf-8"))
        print(f"{tickets} tickets in {groups} groups: {len(rows)} messages in, {said} posts out")
        print(f"{spent:.0f} s")


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:]] or [11_249, 2_109]
    asyncio.run(run(*asked))
