"""The periods of the board, what is compared with what, and what is better, worse or hot."""

from dataclasses import asdict
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions import board
from actions.board import Change, Hot, Period
from actions.figures import figures, rate
from actions.names import names
from storage.board import Spot
from storage.figures import Counts
from tests.fixtures.cast import at

#: A Tuesday in the second week of April.
NOW = at("04-11 15:00")


@pytest.mark.parametrize(
    ("name", "since", "until", "as_of", "past"),
    [
        ("today", "04-11 00:00", "04-12 00:00", "04-11 15:00", ("04-10 00:00", "04-10 15:00")),
        ("week", "04-10 00:00", "04-17 00:00", "04-11 15:00", ("04-03 00:00", "04-04 15:00")),
        ("month", "04-01 00:00", "05-01 00:00", "04-11 15:00", ("03-01 00:00", "03-11 15:00")),
        # what has ended stands as it ended, and is compared with a whole one
        ("last_week", "04-03 00:00", "04-10 00:00", "04-10 00:00", ("03-27 00:00", "04-03 00:00")),
        ("last_month", "03-01 00:00", "04-01 00:00", "04-01 00:00", ("02-01 00:00", "03-01 00:00")),
        ("nonsense", "04-01 00:00", "05-01 00:00", "04-11 15:00", ("03-01 00:00", "03-11 15:00")),
    ],
)
def test_a_period_and_the_one_before(
    name: str, since: str, until: str, as_of: str, past: tuple[str, str]
) -> None:
    found = board.period(name, NOW)
    assert (found.since, found.until, found.at) == (at(since), at(until), at(as_of))
    before = board.before(found)
    assert before is not None
    assert (before.since, before.until, before.at) == (at(past[0]), at(past[1]), at(past[1]))


def test_since_the_start_nothing_was_before() -> None:
    found = board.period("start", NOW)
    assert (found.since, found.at) == (None, NOW)
    assert board.before(found) is None


@pytest.mark.parametrize("days", [("04-03", "04-07"), ("04-07", "04-03")])
def test_days_of_ones_own_are_both_in_it_in_either_order(days: tuple[str, str]) -> None:
    first, last = (date.fromisoformat(f"2023-{day}") for day in days)
    found = board.period("own", NOW, (first, last))
    assert (found.since, found.until) == (at("04-03 00:00"), at("04-08 00:00"))
    before = board.before(found)
    assert before is not None
    assert (before.since, before.until) == (at("03-29 00:00"), at("04-03 00:00"))


def test_days_that_have_not_come_are_compared_with_nothing_of_before() -> None:
    found = board.period("own", NOW, (date(2023, 5, 1), date(2023, 5, 3)))
    before = board.before(found)
    assert before is not None
    assert before.since == before.until == at("04-28 00:00")


def test_the_same_part_of_a_shorter_month_ends_with_it() -> None:
    before = board.before(board.period("month", at("03-31 12:00")))
    assert before is not None
    assert (before.since, before.until) == (at("02-01 00:00"), at("03-01 00:00"))


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2023-04-03", "2023-04-07", (date(2023, 4, 3), date(2023, 4, 7))),
        ("2023-04-03", "", (date(2023, 4, 3), date(2023, 4, 3))),
        ("", "", None),
        ("", "2023-04-03", None),
        ("2023-02-30", "", None),
        ("0001-01-01", "2023-04-03", None),
        ("2023-04-03", "9999-12-31", None),
        ("昨天", "今天", None),
        ("2023-04-03\x00", "", None),
    ],
)
def test_only_days_are_days(first: str, last: str, days: tuple[date, date] | None) -> None:
    assert board.own_days(first, last) == days


@pytest.mark.parametrize(
    ("name", "first", "step", "begin", "second", "many"),
    [
        ("month", None, "day", "03-29", "03-30", 14),  # at least two weeks
        ("today", None, "day", "03-29", "03-30", 14),
        ("last_month", None, "day", "03-01", "03-02", 31),
        ("start", "02-01 10:00", "week", "02-01", "02-06", 11),  # then from Monday to Monday
        ("start", None, "day", "03-29", "03-30", 14),
    ],
)
def test_a_trend_is_cut_by_day_or_week(
    name: str, first: str | None, step: str, begin: str, second: str, many: int
) -> None:
    found, edges = board.edges(board.period(name, NOW), at(first) if first else None)
    assert (found, len(edges) - 1) == (step, many)
    assert [f"{edge:%m-%d}" for edge in edges[:2]] == [begin, second]


def test_years_are_cut_by_month() -> None:
    found, edges = board.edges(board.period("start", NOW), NOW - timedelta(days=800))
    assert found == "month"
    assert {edge.day for edge in edges[1:-1]} == {1}
    assert edges[-1] == at("04-12 00:00")


SPANS = st.tuples(
    st.dates(date(2001, 1, 1), date(2098, 12, 31)), st.integers(0, 1500), st.integers(-900, 900)
)


@given(SPANS)
def test_a_trend_covers_its_period_without_gap_and_never_beyond(
    span: tuple[date, int, int],
) -> None:
    first, length, back = span
    now = datetime.combine(first, datetime.min.time(), NOW.tzinfo) + timedelta(days=back, hours=9)
    of = board.period("own", now, (first, first + timedelta(days=length)))
    _, edges = board.edges(of, None)
    assert edges == sorted(set(edges))
    assert len(edges) <= 62
    assert edges[-1] <= of.until or of.at < of.until
    assert of.since is not None
    assert edges[0] <= of.since or now < of.since


NUMBERS = st.integers(0, 50)


@given(st.builds(Counts, **dict.fromkeys(asdict(Counts()), NUMBERS)))
def test_the_counts_beside_a_rate_are_those_that_it_is_made_of(of: Counts) -> None:
    counts, shown = asdict(of), figures(of)
    for name, (part, whole) in board.RATES.items():
        assert shown[name] == rate(counts[part], sum(counts[each] for each in whole))


@pytest.mark.parametrize(
    ("figure", "now", "past", "found"),
    [
        ("collected", 9, 7, Change(1, "2", None)),  # more problems are neither good nor bad
        ("collected", 7, 7, Change(0, "0", None)),
        ("done", 5, 7, Change(-1, "2", better=False)),
        ("overdue", 5, 7, Change(-1, "2", better=True)),
        ("overdue", 8, 7, Change(1, "1", better=False)),
        ("reopen_rate", "12.50%", "0.00%", Change(1, "12.50", better=False)),
        ("on_time_rate", "94.99%", "90.01%", Change(1, "4.98", better=True)),
        ("on_time_rate", "—", "90.01%", None),
        ("on_time_rate", "90.01%", "—", None),
    ],
)
def test_better_and_worse_by_what_a_figure_means(
    figure: str, now: int | str, past: int | str, found: Change | None
) -> None:
    assert board.change(figure, {figure: now}, {figure: past}) == found


def test_every_figure_has_a_meaning_and_a_name() -> None:
    assert list(board.MEANING) == list(figures(Counts()))
    # and a name, as has each count that it is made of
    assert set(names()["figure"]) == {*board.MEANING, *asdict(Counts())}


def test_hot_is_what_rose_most() -> None:
    lamp, water, tax, road = (Spot(of, "天元区") for of in ("facilities", "utilities", "tax", "x"))
    now = {lamp: 7, water: 9, tax: 1, road: 5}
    assert board.hot(now, {lamp: 2, water: 8, road: 6}) == [Hot(lamp, 7, 2), Hot(water, 9, 8)]
    assert board.hot(now, now) == []
    assert board.hot(now, {}, most=1) == [Hot(water, 9, 0)]


def test_the_last_day_of_a_period_that_runs_is_today() -> None:
    assert board.period("month", NOW).last == NOW
    ended = Period("own", at("04-01 00:00"), at("04-03 00:00"), at("04-03 00:00"))
    assert f"{ended.last:%m-%d}" == "04-02"
