"""`mingcheng replay` as a process: what is not valid stops it before anything is done."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.cast import REPORT
from tests.fixtures.rasa import ROOT
from tests.fixtures.servers import CITY

pytestmark = pytest.mark.processes

MESSAGE: dict[str, Any] = {
    "type": "message", "at": "2023-04-03T09:12:00+08:00", "id": "m1", "group": "g1",
    "sender": "zhang", "name": "立方新能源-张三", "text": REPORT,
    "parse": {
        "intent": {"name": "report_issue", "confidence": 0.9},
        "category": {"name": "traffic", "confidence": 0.9},
    },
}  # fmt: skip
STEP: dict[str, Any] = {
    "type": "step", "at": "2023-04-03T09:13:00+08:00", "by": "c1", "ticket": 1, "step": "assign",
    "args": {"unit": "市自规局"},
}  # fmt: skip


def run(folder: Path, *rows: Any, city: Path = CITY, more: tuple[str, ...] = ()) -> Any:
    """Run the command on these lines, from a folder that is not ours; without lines, on no file."""
    texts = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    if texts:
        (folder / "events.jsonl").write_text("\n".join(texts) + "\n", encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-P", "-m", "bot", "replay", "events.jsonl", "--city", str(city),
         "--out", "out", *more],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "LANG": "C.UTF-8",
             "PYTHONPATH": str(ROOT), "NLU": "keywords", "COLUMNS": "200"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_it_says_what_it_came_to_and_where_it_lies(tmp_path: Path) -> None:
    done = run(tmp_path, MESSAGE, STEP)
    assert done.returncode == 0, done.stderr
    assert "1 条消息,开单 1,办结 0,销号 0" in done.stderr
    assert len(list((tmp_path / "out").iterdir())) == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.jsonl", "out"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({name: MESSAGE[name] for name in MESSAGE if name != "sender"}, "sender"),
        ({**MESSAGE, "colour": "red"}, "colour"),
        ({**MESSAGE, "text": 7}, "text"),
        ({**MESSAGE, "at": "2023-04-03T09:14:00"}, "at"),
        ({**MESSAGE, "at": "2023-04-03T09:11:59+08:00"}, "早于上一行"),
        ({**MESSAGE, "group": "g9"}, "g9"),
        ({**MESSAGE, "parse": {"intent": {"name": "sing", "confidence": 1}}}, "sing"),
        ({**STEP, "by": "zhao"}, "zhao"),
        ({**STEP, "args": {}}, "unit"),
        ("[]", "整行"),
        ("{", "整行"),
    ],
)
def test_a_line_that_is_not_valid_is_named_and_nothing_is_done(
    tmp_path: Path, row: Any, words: str
) -> None:
    done = run(tmp_path, MESSAGE, row)
    assert done.returncode == 2
    assert "第 2 行" in done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["events.jsonl"]


@pytest.mark.parametrize(
    ("city", "line", "words"),
    [
        ("city: 株洲\ngroups: []\n", 1, "start"),
        ("city: 株洲\nstart: 2023-04-03T08:00:00\ngroups: []\n", 2, "start"),
        ("city: 株洲\ngroups:\n- {id: g1, name: a}\n- {id: g1, name: b}\n", 4, "g1"),
        ("city: 株洲\ngroups: []\nmembers:\n- {id: h, name: 李科, role: handler}\n", 4, "unit"),
        ("city: 株洲\ngroups: []\nunits:\n- {name: 城管局, head: h9}\n", 4, "h9"),
        ("city: 株洲\ngroups: []\nroutes:\n- {unit: 城管局, category: roads}\n", 4, "roads"),
    ],
)
def test_a_city_that_is_not_valid_is_refused_likewise(
    tmp_path: Path, city: str, line: int, words: str
) -> None:
    (tmp_path / "city.yaml").write_text(city, encoding="utf-8")
    done = run(tmp_path, MESSAGE, city=tmp_path / "city.yaml")
    assert done.returncode == 2
    assert f"第 {line} 行" in done.stderr
    assert words in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_end_that_is_no_moment_is_refused_likewise(tmp_path: Path) -> None:
    done = run(tmp_path, MESSAGE, more=("--until", "2023-04-30T18:00:00"))
    assert (done.returncode, (tmp_path / "out").exists()) == (2, False)
    assert "--until" in done.stderr


@pytest.mark.parametrize("missing", ["events.jsonl", "city.yaml"])
def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path, missing: str) -> None:
    city = tmp_path / "city.yaml" if missing == "city.yaml" else CITY
    done = run(tmp_path, *([] if city is CITY else [MESSAGE]), city=city)
    assert done.returncode == 2
    assert missing in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_where_the_results_should_go_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    done = run(tmp_path, MESSAGE)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "--out" in done.stderr
