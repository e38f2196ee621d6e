"""What people call districts and units, and what the city calls them."""

import pytest

from actions.called import match_district, match_unit
from storage.models import District, Unit
from tests.fixtures.cast import Town

DISTRICTS = [
    District(name="天元区", aliases=["天元", "高新区", "株洲高新区"]),
    District(name="荷塘区", aliases=["荷塘"]),
    District(name="醴陵市", aliases=["醴陵"]),
    District(name="攸县", aliases=[]),
]
UNITS = [
    Unit(id=number, name=name, aliases=aliases)
    for number, (name, aliases) in enumerate(
        [
            ("市城管局", []),
            ("天元区城管局", []),
            ("醴陵市城市管理和综合执法局", []),
            ("株洲供电公司", []),
            ("市自然资源和规划局", ["自规"]),
            ("荷塘区人社局", []),
            ("市财政局", []),
            ("市教育局", []),
            ("泰山路街道办事处", []),
            ("天元区消防救援大队", []),
            ("荷塘区消防救援大队", []),
        ]
    )
]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("天元区", "天元区"),
        ("高新区", "天元区"),
        ("高新", "天元区"),
        ("株洲市天元区", "天元区"),
        ("株洲天元", "天元区"),
        ("湖南株洲荷塘", "荷塘区"),
        ("荷塘區", "荷塘区"),
        ("醴陵", "醴陵市"),
        ("攸县", "攸县"),
        ("火星区", None),
        ("市", None),
        ("", None),
    ],
)
def test_a_district_is_known_by_what_people_call_it(written: str, name: str | None) -> None:
    assert match_district(written, DISTRICTS) == name


@pytest.mark.parametrize(
    ("written", "near", "name"),
    [
        ("城管", "天元区", "天元区城管局"),
        ("城管", "荷塘区", "市城管局"),  # the district has none
        ("城管", None, "市城管局"),
        ("市城管", "天元区", "市城管局"),
        ("区城管", "天元区", "天元区城管局"),
        ("区城管", "荷塘区", None),
        ("城市管理局", "醴陵市", "醴陵市城市管理和综合执法局"),
        ("醴陵城管局", "天元区", "醴陵市城市管理和综合执法局"),
        ("高新区城管执法局", None, "天元区城管局"),
        ("供电", "天元区", "株洲供电公司"),
        ("国网", None, "株洲供电公司"),
        ("市自规局", None, "市自然资源和规划局"),
        ("國土局", None, "市自然资源和规划局"),
        ("人社", "荷塘区", "荷塘区人社局"),
        ("人社", "天元区", None),  # another district's
        ("财政局", None, "市财政局"),
        ("教育局", None, "市教育局"),
        ("泰山路街道", None, "泰山路街道办事处"),
        ("泰山路街道办", "天元区", "泰山路街道办事处"),
        ("消防", "天元区", "天元区消防救援大队"),
        ("消防", None, None),  # which one is not told
        ("火星局", "天元区", None),
        ("区", "天元区", None),
        ("", "天元区", None),
    ],
)
def test_a_unit_is_known_by_what_people_call_it(
    written: str, near: str | None, name: str | None
) -> None:
    found = match_unit(written, near, UNITS, DISTRICTS)
    assert (found.name if found else None) == name


def test_two_of_one_kind_in_one_place_are_not_told_apart() -> None:
    twice = [Unit(id=1, name="市住建局", aliases=[]), Unit(id=2, name="市建设局", aliases=[])]
    assert match_unit("住房和城乡建设局", None, twice, DISTRICTS) is None


@pytest.mark.embedded
async def test_a_report_is_of_the_city_s_own_district(town: Town) -> None:
    no = await town.reports(text="株洲荷塘的路灯坏了", entities={"district": "株洲荷塘"})
    ticket = await town.ticket(no)
    assert (ticket.district, ticket.text) == ("荷塘区", "株洲荷塘的路灯坏了")


@pytest.mark.embedded
async def test_a_transfer_finds_the_unit_by_its_long_name(town: Town) -> None:
    no = await town.reports()
    words = "这个归自然资源和规划局"
    (said,) = await town.says("h1", words, "transfer", entities={"unit": "自然资源和规划局"})
    assert said.startswith(f"@李科 #{no} 转市自规局的申请已报专班")
