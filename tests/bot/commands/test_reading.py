"""`parse --file`: JSON lines in, JSON lines out, with nothing running."""

import json
from pathlib import Path

import pytest

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
