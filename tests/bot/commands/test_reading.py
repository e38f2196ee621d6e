"""`parse --file`: JSON lines in, JSON lines out; `nlu evaluate`; with nothing running."""

import json
from pathlib import Path

import pytest

from nlu.compiled import SHIPPED, Compiled
from tests.fixtures.program import Program

pytestmark = pytest.mark.processes

REPORT = "栗雨工业园新马路的路灯坏了一周"


def parsed(program: Program, *rows: object) -> tuple[int, str]:
    """Exit status, and what was printed."""
    file = program.data.parent / "texts.jsonl"
    texts = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    file.write_text("\n".join(texts) + "\n", encoding="utf-8")
    program.start("parse", "--file", str(file))
    return program.ends(), program.printed()


def test_each_text_comes_back_with_its_id_and_its_parse(program: Program) -> None:
    rows = {"id": 1, "text": REPORT, "more": True}, "", {"id": "b", "text": ""}
    status, printed = parsed(program, *rows)
    first, second = (json.loads(line) for line in printed.splitlines() if line.startswith("{"))
    assert (status, first["id"], first["text"], second["id"]) == (0, 1, REPORT, "b")
    assert set(first) == {"id", "text", "intent", "category", "entities"}
    assert first["intent"]["name"] == "report_issue"
    assert all(REPORT[e["start"] : e["end"]] == e["value"] for e in first["entities"])


@pytest.mark.parametrize("row", [{"id": 1}, {"text": "x"}, {"id": 1, "text": 7}, "{nonsense", "[]"])
def test_a_line_that_is_none_is_named(program: Program, row: object) -> None:
    status, printed = parsed(program, {"id": 1, "text": REPORT}, row)
    assert status == 2
    assert "第 2 行" in printed


def test_a_file_that_is_not_there_is_told(program: Program, tmp_path: Path) -> None:
    program.start("parse", "--file", str(tmp_path / "nothing.jsonl"))
    assert program.ends() == 2


def test_an_evaluation_is_kept_shown_and_compared(program: Program, tmp_path: Path) -> None:
    page, kept = tmp_path / "page.html", tmp_path / "kept.json"
    program.start("nlu", "evaluate", "--page", str(page), "--save", str(kept))
    assert program.ends() == 0
    learnt = Compiled.load(SHIPPED).about.fingerprint
    assert f"parser compiled, training data {learnt}" in program.printed()
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert set(json.loads(kept.read_text(encoding="utf-8"))) == {
        "parser", "fingerprint", "threshold", "figures", "confusion", "messages",
    }  # fmt: skip
    program.clear()
    program.start("nlu", "evaluate", "--against", str(kept))
    assert program.ends() == 0
    assert "better: 0" in program.printed()
    assert "worse: 0" in program.printed()


@pytest.mark.parametrize("content", [None, "{}", "nonsense", '{"parser": 1}'])
def test_a_comparison_with_nothing_is_refused_at_once(
    program: Program, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "kept.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    program.start("nlu", "evaluate", "--against", str(file))
    assert program.ends() == 1
    assert "kept.json" in program.printed()
    assert "intent_accuracy" not in program.printed()


def test_a_page_that_cannot_be_written_is_told(program: Program, tmp_path: Path) -> None:
    program.start("nlu", "evaluate", "--page", str(tmp_path / "nowhere" / "page.html"))
    assert program.ends() == 1
    assert "写不了" in program.printed()
