"""Rates as rules, section 6 wants them."""

import pytest

from actions.figures import figures, ranked, rate
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


def counts(on_time: int, content: int = 10, in_time: int = 10, *, overdue: int = 0) -> Counts:
    """Ten tickets, all done and rated; so many on time, liked and responded to in time."""
    return Counts(
        collected=10, done=10 - overdue, on_time=on_time, overdue=overdue, responded=10,
        in_time=in_time, rated=10, content=content,
    )  # fmt: skip


def places(found: dict[str, Counts]) -> list[tuple[int, str]]:
    return [(rank.place, rank.name) for rank in ranked(found)]


@pytest.mark.parametrize(
    ("found", "order"),
    [
        ({"甲": counts(8), "乙": counts(9)}, [(1, "乙"), (2, "甲")]),
        ({"甲": counts(9, 8), "乙": counts(9, 9)}, [(1, "乙"), (2, "甲")]),
        ({"甲": counts(9, 9, 8), "乙": counts(9, 9, 9)}, [(1, "乙"), (2, "甲")]),
        # the first one decides, whatever the others are
        ({"甲": counts(9, 0, 0), "乙": counts(8)}, [(1, "甲"), (2, "乙")]),
        # not yet done and late weighs as much as done too late
        ({"甲": counts(9, overdue=1), "乙": counts(9)}, [(1, "乙"), (1, "甲")]),
    ],
)
def test_ranked_by_on_time_then_satisfaction_then_response(
    found: dict[str, Counts], order: list[tuple[int, str]]
) -> None:
    assert places(found) == order


def test_equals_share_a_place_and_the_next_one_is_behind_them_all() -> None:
    found = {"丁": counts(1), "丙": counts(9), "乙": counts(9), "甲": counts(9)}
    assert places(found) == [(1, "丙"), (1, "乙"), (1, "甲"), (4, "丁")]


def test_equal_are_rates_not_counts() -> None:
    half = Counts(collected=2, done=2, on_time=1)
    assert places({"甲": half, "乙": Counts(collected=6, done=6, on_time=3)}) == [
        (1, "乙"),
        (1, "甲"),
    ]


def test_what_is_shown_as_equal_and_is_not_is_not_equal() -> None:
    almost = Counts(collected=100_000, done=100_000, on_time=99_999)
    assert rate(almost.on_time, almost.done) == "100.00%"
    assert places({"甲": almost, "乙": Counts(collected=1, done=1, on_time=1)}) == [
        (1, "乙"),
        (2, "甲"),
    ]


def test_a_rate_of_nothing_is_behind_all_others() -> None:
    nothing_due = Counts(collected=1)
    assert places({"甲": nothing_due, "乙": counts(0)}) == [(1, "乙"), (2, "甲")]


def test_who_has_no_ticket_is_not_ranked() -> None:
    assert places({"甲": Counts(), "乙": counts(1)}) == [(1, "乙")]


def test_a_place_shows_its_figures() -> None:
    (rank,) = ranked({"甲": counts(9)})
    assert rank.figures["on_time_rate"] == "90.00%"
