"""Rates as rules, section 6 wants them."""

import pytest

from actions.figures import figures, rate
from storage.figures import Counts


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (10_685, 11_249, "94.99%"),
        (1, 3, "33.33%"),
        (2, 3, "66.67%"),
        (1, 800, "0.13%"),  # 0.125: half goes up
        (1, 1, "100.00%"),
        (0, 5, "0.00%"),
        (0, 0, "—"),
    ],
)
def test_a_rate_is_rounded_half_up_and_of_nothing_a_dash(part: int, whole: int, shown: str) -> None:
    assert rate(part, whole) == shown


def test_each_rate_is_over_its_own_whole() -> None:
    counts = Counts(
        collected=10, done=6, on_time=4, overdue=2, responded=7, in_time=6, unanswered=1,
        rated=4, content=3, once_done=5, reopened=1,
    )  # fmt: skip
    assert figures(counts) == {
        "collected": 10,
        "done": 6,
        "close_out_rate": "60.00%",
        "on_time_rate": "50.00%",
        "response_rate": "75.00%",
        "satisfaction_rate": "75.00%",
        "reopen_rate": "20.00%",
        "overdue": 2,
    }
