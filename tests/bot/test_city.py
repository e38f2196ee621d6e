"""CITY.yaml: read whole, or refused with the line and the reason."""

import time
from pathlib import Path

import pytest
from sqlmodel import select

from bot import city
from bot.documents import LARGEST, Invalid
from bot.up import DEFAULT_CITY
from storage import people
from storage.database import Database
from storage.models import Day, District, Group, Member, Route, Setting, Unit

GOOD = """\
city: 株洲
groups:
  - {id: g1, name: 一群, district: 天元区}
units:
  - {name: 市城管局, aliases: [城管], head: h1}
members:
  - {id: h1, name: 李科, role: handler, unit: 市城管局}
routes:
  - {category: traffic, unit: 市城管局}
calendar:
  - {date: 2023-04-08, working: true}
settings:
  silence_days: 4
"""


def refused(text: str | bytes) -> Invalid:
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(Invalid) as error:
        city.parse(content)
    return error.value


def with_(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_a_good_one_is_read() -> None:
    read = city.parse(GOOD.encode())
    assert (read.city, read.groups[0].channel, read.units[0].aliases) == (
        "株洲", "sandbox", ["城管"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("", 1, "city"),
        ("- 1\n- 2\n", 1, "city"),
        ("city: x\n", 1, "groups"),
        ("city: [\n", 2, "YAML"),
        ("city: x\n\tgroups: []\n", 2, "YAML"),
        ("a: &a [1]\nb: *a\n", 2, "别名"),
        ("city: !!python/object/apply:os.system [id]\n", 1, "YAML"),
        ("city: x\ngroups: []\n---\ncity: y\n", 3, "YAML"),
        ("city: x\ngroups: []\ncity: y\n", 3, "city 重复"),
        ("city: x\ngroups: []\ncolour: red\n", 3, "colour"),
        (with_("city: 株洲", "city: 7"), 1, "city"),
        (with_("city: 株洲", "city: ''"), 1, "city"),
        (with_("name: 一群", "name: null"), 3, "groups.0.name"),
        (with_("id: g1, ", ""), 3, "groups.0.id"),
        (with_("id: g1, ", "id: g1, id: g2, "), 3, "id 重复"),
        (with_("id: g1", f"id: {'x' * 201}"), 3, "groups.0.id"),
        (with_("{id: g1", "{colour: red, id: g1"), 3, "colour"),
        (with_("  - {id: g1", "  - {id: g1, name: 又一群}\n  - {id: g1"), 4, "g1 重复"),
        (with_("head: h1", "head: h9"), 5, "h9"),
        (with_("aliases: [城管]", "aliases: 城管"), 5, "aliases"),
        (with_("role: handler", "role: king"), 7, "role"),
        (with_(", unit: 市城管局}\nroutes", "}\nroutes"), 7, "h1"),
        (with_("  - {id: h1", "  - {id: h1, name: 王科}\n  - {id: h1"), 8, "h1 重复"),
        (with_("category: traffic", "category: weather"), 9, "weather"),
        (with_("category: traffic, ", ""), 9, "category"),
        (
            with_("  - {category", "  - {category: traffic, unit: 市交通局}\n  - {category"),
            10, "重复",
        ),
        (with_("2023-04-08", "2023-02-30"), 11, "day"),
        (with_("2023-04-08", "soon"), 11, "date"),
        (with_("working: true", "working: 1"), 11, "working"),
        (with_("silence_days: 4", "silence_days: -1"), 13, "silence_days"),
        (with_("silence_days: 4", "silence_days: four"), 13, "silence_days"),
        (with_("silence_days: 4", "patience: 4"), 13, "patience"),
        (GOOD + "start: 2023-04-03T08:00:00\n", 14, "start"),
        (GOOD + "start: soon\n", 14, "start"),
        (GOOD + "1: x\n", 14, "1"),
        (GOOD + "districts:\n  - {name: 天元区}\n  - {name: 天元区}\n", 16, "天元区 重复"),
        (GOOD + "articles:\n  - {title: x, body: y, source: z, date: 2023}\n", 15, "date"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(text: str, line: int, part: str) -> None:
    error = refused(text)
    assert part in str(error)
    assert error.line == line


def test_what_is_no_text_is_refused() -> None:
    assert "YAML" in str(refused(b"\xff\xfe\x00\xd8"))
    assert "YAML" in str(refused(b"city: \x00\n"))


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x]\n" + "".join(f"{n}: &{n} [*a, *a, *a]\n" for n in "bcdefghij"),
        "city: " + "[" * 50_000,
        "city: " + "{a: " * 5_000,
        "<<: &a {<<: *a}\n",
        "city: 0x" + "f" * 100_000,
        "city: " + "9" * 100_000,
        "".join(f"k{number}: 1\n" for number in range(30_000)),
    ],
    ids=["aliases", "lists", "mappings", "itself", "hex", "digits", "keys"],
)
def test_a_bomb_is_refused_at_once(bomb: str) -> None:
    begun = time.monotonic()
    refused(bomb)
    assert time.monotonic() - begun < 10


def test_a_file_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "city.yaml"
    path.write_bytes(b"#" * (LARGEST + 1))
    with pytest.raises(Invalid, match="8 MB"):
        city.read(path)


@pytest.mark.parametrize("name", ["none.yaml", "."])
def test_a_file_that_can_t_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid) as error:
        city.read(tmp_path / name)
    assert str(tmp_path) in str(error.value)


def test_a_replay_needs_a_start() -> None:
    with pytest.raises(Invalid, match="start"):
        city.start(city.parse(GOOD.encode()))


def test_the_shipped_city_has_nine_districts() -> None:
    shipped = city.read(DEFAULT_CITY)
    assert [district.name for district in shipped.districts] == [
        "天元区", "荷塘区", "芦淞区", "石峰区", "渌口区", "醴陵市", "攸县", "茶陵县", "炎陵县",
    ]  # fmt: skip


def test_the_shipped_city_names_no_unit_that_it_does_not_list() -> None:
    shipped = city.read(DEFAULT_CITY)
    listed = {unit.name for unit in shipped.units}
    assert {route.unit for route in shipped.routes} <= listed
    assert {member.unit for member in shipped.members if member.unit} <= listed


# --- loaded -----------------------------------------------------------------------------------


@pytest.mark.embedded
async def test_the_shipped_city_loads_as_often_as_it_likes(database: Database) -> None:
    shipped, counts = city.read(DEFAULT_CITY), []
    for _ in range(2):
        async with database.transaction() as session:
            await city.load(session, shipped)
        async with database.transaction() as session:
            tables = (Group, Unit, Member, Route, District, Setting, Day)
            counts.append([len((await session.exec(select(table))).all()) for table in tables])
    assert counts[0] == counts[1]


@pytest.mark.embedded
async def test_a_unit_that_only_a_route_names_is_made(database: Database) -> None:
    text = "city: x\ngroups: []\nroutes:\n  - {category: tax, unit: 市税务局}\n"
    async with database.transaction() as session:
        await city.load(session, city.parse(text.encode()))
        unit = await people.route(session, "tax", "天元区")
    assert unit is not None
    assert unit.name == "市税务局"


@pytest.mark.embedded
async def test_a_unit_that_only_a_handler_names_is_made(database: Database) -> None:
    text = "city: x\ngroups: []\nmembers:\n  - {id: z, name: z, role: handler, unit: 新局}\n"
    async with database.transaction() as session:
        await city.load(session, city.parse(text.encode()))
        assert await people.unit_named(session, "新局") is not None


@pytest.mark.embedded
async def test_without_a_list_the_districts_are_those_named(database: Database) -> None:
    text = GOOD.replace("天元区", "芦淞区")
    async with database.transaction() as session:
        await city.load(session, city.parse(text.encode()))
        assert await people.district_named(session, "芦淞区") == "芦淞区"
