"""What the command line offers is written down, in both languages; and the table of steps."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from actions import steps
from bot import intake
from bot.cli import cli
from tests.fixtures.rasa import ROOT

MARKS = "<!-- steps -->\n", "\n<!-- /steps -->"


def commands(group: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """Every command with its help."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command.help or ""


EVERY = dict(commands(typer.main.get_command(cli)))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_every_command_stands_in_the_readme(readme: str, name: str) -> None:
    table = [line for line in text(readme).splitlines() if line.startswith("| `./mingcheng ")]
    assert any(f"./mingcheng {name} " in line.replace("`", " ") or f" `{name}` " in line
               for line in table)  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
def test_every_command_says_in_chinese_what_it_does(name: str) -> None:
    assert EVERY[name].endswith("。")
    assert not EVERY[name].isascii()


@pytest.mark.parametrize("column", [column.header for column in intake.COLUMNS])
@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_every_column_of_a_ledger_stands_in_the_readme(readme: str, column: str) -> None:
    cells = [line.split("|")[1] for line in text(readme).splitlines() if line.startswith("| ")]
    assert any(column in cell.replace(" ", "").split("·") for cell in cells)


def test_the_architecture_has_the_table_of_steps_as_the_program_prints_it() -> None:
    whole = text("ARCHITECTURE.md")
    start, end = (whole.index(mark) for mark in MARKS)
    assert whole[start + len(MARKS[0]) : end] == "\n".join(steps.table())


def test_the_table_has_every_status_and_every_step() -> None:
    table = "\n".join(steps.table())
    assert all(f"\n| `{status}` |" in table for before in steps.STEPS.values() for status in before)
    # the two that leave it as it is are told of beside the table
    assert all(f"{step} " in table for step in steps.STEPS if step not in {"edit", "urge"})
