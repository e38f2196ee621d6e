"""What of a report is compared: places, troubles, words."""

import pytest

from actions.gist import LONGEST, gist


@pytest.mark.parametrize(
    ("text", "roads", "areas"),
    [
        ("栗雨工业园新马路的路灯坏了", {"新马"}, {"栗雨"}),
        ("泰山路和黄河北路的路口堵了", {"泰山", "黄河"}, set()),
        ("新马创新工业园", set(), {"新马"}),
        ("请到新东路看看", {"新东"}, set()),
        ("田心那边停水了", set(), {"田心"}),
        ("株洲大道白关段", {"株洲"}, {"白关"}),
        ("時代大道少了井蓋", {"时代"}, set()),  # 繁體
        ("修路把这条路挖断了", set(), set()),
        ("工业园的幼儿园什么时候建", set(), set()),
        ("求建人行天桥", set(), set()),
        ("走人行道也不安全", set(), set()),
    ],
)
def test_places_are_known_by_their_endings(text: str, roads: set[str], areas: set[str]) -> None:
    found = gist(text)
    assert (set(found.roads), set(found.areas)) == (roads, areas)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("动力谷A区3号楼电梯坏了", {"区": "a", "号楼": "3"}),
        ("标准厂房12栋", {"栋": "12"}),
        ("高新三期的泵站", {"期": "三"}),
        ("钻石路18号对面", {"号": "18"}),
        ("15号就截止了", {}),
        ("两座坟没迁", {}),
    ],
)
def test_parts_of_a_place_have_a_number(text: str, parts: dict[str, str]) -> None:
    assert gist(text).parts == parts


@pytest.mark.parametrize(
    ("text", "troubles"),
    [
        ("栗雨园又没电了", {"停电"}),
        ("来电话没人接", set()),
        ("自来水表坏了", set()),
        ("三楼没有水", {"停水"}),
        ("红绿灯不亮", {"信号灯"}),
        ("招不到焊工", set()),
    ],
)
def test_troubles_are_known_by_the_words_for_them(text: str, troubles: set[str]) -> None:
    assert gist(text).troubles == troubles


@pytest.mark.parametrize(
    ("text", "last"),
    [("井盖丢了很危险,贺家土", "贺家土"), ("停水了,快来人", None), ("井盖丢了", None), ("", None)],
)
def test_a_short_word_at_the_end_may_be_a_place(text: str, last: str | None) -> None:
    assert gist(text).last == last


def test_what_comes_late_in_a_long_report_is_left_out() -> None:
    assert gist("停" * LONGEST + "泰山路").roads == set()
