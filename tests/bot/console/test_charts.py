"""Where the marks of a chart stand."""

from itertools import pairwise

import pytest

from bot.console import charts
from storage.figures import Counts

BOTTOM = charts.ABOVE + charts.HEIGHT


def test_a_column_is_as_high_as_what_it_shows() -> None:
    chart = charts.columns([Counts(collected=4, done=1, overdue=2), Counts(), Counts(collected=2)])
    full, none, half = chart.columns
    assert (full.top, none.top, half.top) == (charts.ABOVE, BOTTOM, BOTTOM - charts.HEIGHT / 2)
    assert full.done == BOTTOM - charts.HEIGHT / 4
    assert full.overdue == charts.HEIGHT / 2
    assert full.top + full.overdue <= full.done  # what is done and what is overdue never overlap
    assert [column.number for column in chart.columns] == [True, False, True]


@pytest.mark.parametrize("many", [1, 7, 14, 31, 60])
def test_columns_stand_side_by_side_within_the_width(many: int) -> None:
    drawn = charts.columns([Counts(collected=1)] * many).columns
    assert drawn[0].x >= charts.LEFT
    assert drawn[-1].x + drawn[-1].width <= 100
    assert all(one.x + one.width < other.x for one, other in pairwise(drawn))
    assert sum(column.word for column in drawn) <= charts.WORDS
    assert drawn[-1].word


@pytest.mark.parametrize(
    ("greatest", "lines"),
    [
        (0, [0]), (1, [0, 1]), (5, [0, 1, 2, 3, 4, 5]), (6, [0, 2, 4, 6]), (7, [0, 2, 4, 6, 8]),
        (11, [0, 5, 10, 15]), (26, [0, 10, 20, 30]), (101, [0, 50, 100, 150]),
        (12_345, [0, 5000, 10_000, 15_000]),
    ],
)  # fmt: skip
def test_the_lines_are_round_numbers(greatest: int, lines: list[int]) -> None:
    chart = charts.columns([Counts(collected=greatest)])
    assert [number for number, _ in chart.lines] == lines
    assert chart.lines[-1][1] >= charts.ABOVE - 0.1
    assert chart.columns[0].top >= charts.ABOVE - 0.1


def test_of_nothing_nothing_is_drawn() -> None:
    assert charts.columns([]).columns == []
    assert charts.bars({}, None) == []


def test_bars_stand_beside_those_of_before_most_first() -> None:
    now = {"tax": Counts(collected=2), "land": Counts(collected=5)}
    past = {"tax": Counts(collected=10), "labor": Counts(collected=99)}
    assert charts.bars(now, past) == [charts.Bar("land", 50, 0), charts.Bar("tax", 20, 100)]
    assert charts.bars(now, None, most=1) == [charts.Bar("land", 100, None)]
