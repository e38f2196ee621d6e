"""Whole histories through the real pipeline: what comes of them is what the rules say."""

import hashlib
import json
from pathlib import Path

import pytest

from storage.database import Database
from tests.scenarios.story import Story, scenarios

pytestmark = pytest.mark.embedded


def test_there_are_scenarios() -> None:
    assert len(scenarios()) >= 12


@pytest.mark.parametrize("name", scenarios())
async def test_a_history_comes_to_what_the_rules_say(
    name: str, database: Database, tmp_path: Path
) -> None:
    story = Story(name)
    came = await story.replay(database, tmp_path)
    found = came.told(story.expected)
    for what, wanted in story.expected.items():
        assert {what: found[what]} == {what: wanted}
    assert whole(came.rows("events"))


async def test_who_names_misconduct_by_its_message_does_not_learn_its_number(
    database: Database, tmp_path: Path
) -> None:
    came = await Story("misconduct").replay(database, tmp_path)
    (refused,) = [row for row in came.rows("notices") if row["level"] == "refused"]
    assert (refused["ticket"], refused["text"]) == (None, "没有找到 #secret,请核对编号。")


def whole(rows: list[dict[str, object]]) -> bool:
    """Whether each event carries the hash over itself and that of the one before."""
    before = ""
    for row in rows:
        fields = {name: row[name] for name in row if name != "hash"}
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if (row["prev"], row["hash"]) != (before, hashlib.sha256(text.encode()).hexdigest()):
            return False
        before = str(row["hash"])
    return True
