"""What is taken for the same, measured on stories of our own, and by example."""

import timeit

import pytest
from sqlmodel import col, select

from actions.similar import THRESHOLD, alike
from bench.similar import Told, everything, judge, labelled, ours, score
from storage.models import Link
from tests.fixtures.cast import Town

LAMPS = "栗雨工业园新马路的路灯坏了一周"
PERMIT = "施工许可证一直办不下来"


@pytest.mark.parametrize(
    ("half", "precision", "recall"), [("choosing", 0.96, 0.36), ("judging", 0.95, 0.27)]
)
def test_links_are_right_and_not_too_few(half: str, precision: float, recall: float) -> None:
    found = judge(score(ours, labelled(half)), THRESHOLD)
    assert found.precision >= precision
    assert found.recall >= recall


@pytest.mark.parametrize(("half", "precision"), [("choosing", 0.85), ("judging", 0.95)])
def test_they_are_where_all_are_compared_with_all(half: str, precision: float) -> None:
    assert judge(score(ours, everything(half)), THRESHOLD).precision >= precision


@pytest.mark.parametrize("half", ["choosing", "judging"])
def test_whom_they_call_by_name_makes_nothing_alike(half: str) -> None:
    def called(one: Told, other: Told) -> float:
        return ours(*(told._replace(text=f"@名城助手 {told.text}") for told in (one, other)))

    assert score(called, labelled(half)) == score(ours, labelled(half))


def test_there_are_enough_pairs_of_each_kind() -> None:
    found = [pair.same for half in ("choosing", "judging") for pair in labelled(half)]
    assert (sum(found), len(found)) == (240, 960)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("新马路的路灯坏了,晚上看不见", True),
        ("我们公司门口新马路的路灯坏了快十天,员工下夜班不安全", True),
        ("新馬路路燈又不亮了", True),
        ("黄河路的路灯坏了一周", False),
        ("栗雨工业园黎塘路的路灯坏了一周", False),
        ("新马路下水道堵了,一下雨就淹", False),
        ("栗雨工业园新马路的红绿灯坏了一周", False),
        ("", False),
    ],
)
def test_place_and_trouble_tell_reports_apart(other: str, same: bool) -> None:
    assert (alike(LAMPS, other) >= THRESHOLD) == same


@pytest.mark.parametrize(
    ("one", "other", "one_owner", "same"),
    [
        ("停电了", "停电了", False, True),
        ("栗雨工业园停电了", "栗雨工业园停水了", True, False),
        ("栗雨工业园停电了", "停电了", False, False),  # perhaps elsewhere
        ("栗雨工业园停电了", "停电了", True, True),
        ("A区3号楼电梯坏了", "A区5号楼电梯坏了", True, False),
        (PERMIT, f"我们的{PERMIT}", True, True),
        (PERMIT, f"我们的{PERMIT}", False, False),
    ],
)
def test_without_a_place_the_owner_tells(one: str, other: str, one_owner: bool, same: bool) -> None:
    assert (alike(one, other, one_owner=one_owner) >= THRESHOLD) == same


def test_the_affairs_of_two_owners_are_two() -> None:
    one, other = "栗雨工业园的设备补贴没到账", "栗雨工业园的设备补贴一直没到账"
    assert alike(one, other) >= THRESHOLD
    assert alike(one, other, affair=True) == 0
    assert alike(one, other, affair=True, one_owner=True) >= THRESHOLD


def test_it_is_the_same_both_ways() -> None:
    assert all(ours(pair.one, pair.other) == ours(pair.other, pair.one)
               for pair in labelled("choosing"))  # fmt: skip


def test_long_reports_cost_little() -> None:
    one, other = "路灯坏了,请尽快修" * 450, "新马路上的井盖丢了" * 450
    runs = iter(range(100))

    def read_anew() -> None:
        turn = next(runs)
        alike(f"{turn}{one}", f"{turn}{other}")

    assert min(timeit.repeat(read_anew, number=1, repeat=20)) < 0.005


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("who", "linked"),
    [
        ("zhang", True),
        ("wang", True),  # of zhang's enterprise
        ("li", False),
    ],
)
async def test_what_names_no_place_is_linked_to_the_own(town: Town, who: str, linked: bool) -> None:
    await town.reports("zhang", PERMIT, category="permit")
    await town.reports(who, f"{PERMIT},请帮忙催一下", category="permit")
    async with town.database.transaction() as session:
        found = (await session.exec(select(Link).where(col(Link.ticket_no) == 2))).all()
    assert bool(found) == linked
