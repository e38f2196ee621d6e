"""CITY.yaml: groups, units, people, routes and settings of a city; read whole or refused."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter
from sqlmodel.ext.asyncio.session import AsyncSession

from actions.policy import Policy
from actions.rights import ROLES
from bot import documents
from bot.articles import Article
from bot.channels import powers
from bot.channels.base import Powers
from bot.documents import Invalid
from nlu.parse import CATEGORIES
from storage import cities

Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Group(_Strict):
    """A group and the channels that carry it: one for all, or each where it is named."""

    id: Text
    name: Text
    district: Text | None = None
    channel: Text | None = "sandbox"
    reads: Text | None = None
    answers: Text | None = None
    pushes: Text | None = None
    #: How channels call the group, where that is not its id.
    addresses: dict[Text, Text] = {}

    def routes(self) -> dict[str, str | None]:
        """By which channel it is read, answered and pushed to; `channel` as far as that can."""
        whole = powers().get(self.channel or "", Powers("all", "auto", "auto"))
        return {
            way: getattr(self, way)
            if way in self.model_fields_set or getattr(whole, way) == "none"
            else self.channel
            for way in ("reads", "answers", "pushes")
        }

    def carriers(self) -> dict[str, str]:
        """How each of its channels calls it."""
        named = [channel for channel in self.routes().values() if channel]
        return dict.fromkeys(named, self.id) | self.addresses


class Unit(_Strict):
    """A unit, what else it is called, and the member who heads it."""

    name: Text
    aliases: list[Text] = []
    head: Text | None = None


class Member(_Strict):
    """A person; a handler works for a unit."""

    id: Text
    name: Text
    role: Literal["member", "handler", "coordinator", "inspector", "leader", "admin"] = "member"
    enterprise: Text | None = None
    unit: Text | None = None
    channel: Text = "sandbox"


class Route(_Strict):
    """Which unit leads what."""

    unit: Text
    category: Text | None = None
    district: Text | None = None


class District(_Strict):
    """A district and what else people write for it."""

    name: Text
    aliases: list[Text] = []


class Correction(_Strict):
    """A day that counts, or does not, whatever the notice says."""

    date: Annotated[date, Field(strict=False)]
    working: bool


class City(_Strict):
    """All of it."""

    city: Text
    start: Annotated[AwareDatetime, Field(strict=False)] | None = None
    groups: list[Group]
    units: list[Unit] = []
    members: list[Member] = []
    routes: list[Route] = []
    districts: list[District] = []
    calendar: list[Correction] = []
    articles: list[Article] = []
    settings: dict[str, Any] = {}


_city = TypeAdapter(City)


def read(path: Path) -> City:
    """The city in a file; Invalid names the first line that is wrong, and why."""
    return parse(documents.contents(path))


def parse(content: bytes) -> City:
    """The city in a text."""
    document = documents.load_yaml(content)
    if not isinstance(document.values, dict):
        raise Invalid(1, "应是一份以 city、groups 等为键的清单")
    city = document.read(_city)
    for place, reason in _faults(city):
        raise Invalid(document.line(place), reason)
    return city


Fault = tuple[Sequence[Any], str]


def _faults(city: City) -> Iterator[Fault]:
    """What the shape alone does not show."""
    yield from _doubled("groups", [group.id for group in city.groups])
    yield from _carried_twice(city.groups)
    yield from _doubled("units", [unit.name for unit in city.units])
    yield from _doubled("members", [member.id for member in city.members])
    yield from _doubled("districts", [district.name for district in city.districts])
    yield from _doubled("routes", [(route.category, route.district) for route in city.routes])
    people = {member.id for member in city.members}
    for number, unit in enumerate(city.units):
        if unit.head is not None and unit.head not in people:
            yield ("units", number, "head"), f"members 里没有 {unit.head}"
    for number, member in enumerate(city.members):
        if member.role == "handler" and member.unit is None:
            yield ("members", number), f"承办人 {member.id} 要写明 unit"
    for number, route in enumerate(city.routes):
        if route.category is not None and route.category not in CATEGORIES:
            yield ("routes", number, "category"), f"没有名为 {route.category} 的类别"
        if route.category is None and route.district is None:
            yield ("routes", number), "路由至少要写 category 或 district"
    try:
        Policy.from_mapping(city.settings)
    except ValueError as error:
        name = next((name for name in city.settings if f" {name} " in f"{error} "), "")
        yield ("settings", name), str(error)


def _carried_twice(groups: Sequence[Group]) -> Iterator[Fault]:
    seen: dict[tuple[str, str], str] = {}
    for number, group in enumerate(groups):
        for channel, address in group.carriers().items():
            other = seen.setdefault((channel, address), group.id)
            if other != group.id:
                yield ("groups", number), f"在 {channel} 里的编号与群 {other} 的相同"


def _doubled(of: str, names: Sequence[Any]) -> Iterator[Fault]:
    seen: set[Any] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield (of, number), f"{name} 重复"
        seen.add(name)


async def load(session: AsyncSession, city: City) -> None:
    """Bring a database to what the file says; what it does not mention stays."""
    for member in city.members:
        if member.role not in ROLES:
            raise ValueError(member.role)
    await cities.load(
        session,
        districts=_districts(city),
        units={unit.name: (unit.aliases, unit.head) for unit in _units(city)},
        groups=[_group(group) for group in city.groups],
        members=[member.model_dump() for member in city.members],
        routes=[route.model_dump() for route in city.routes],
        days={day.date: day.working for day in city.calendar},
        articles=[article.model_dump() for article in city.articles],
        settings=city.settings,
    )


def _group(group: Group) -> dict[str, Any]:
    rest = {"id": group.id, "name": group.name, "district": group.district}
    return {**rest, **group.routes(), "carriers": group.carriers()}


def _units(city: City) -> list[Unit]:
    """Those of the list, and those that are only named elsewhere."""
    named = [route.unit for route in city.routes]
    named += [member.unit for member in city.members if member.unit]
    known = {unit.name: unit for unit in city.units}
    for name in named:
        known.setdefault(name, Unit(name=name))
    return list(known.values())


def _districts(city: City) -> dict[str, list[str]]:
    """Those of the list; without one, the names in groups and routes."""
    if city.districts:
        return {district.name: list(district.aliases) for district in city.districts}
    named = [group.district for group in city.groups] + [route.district for route in city.routes]
    return {name: [] for name in named if name}


def start(city: City) -> datetime:
    """When the clock of a replay starts; Invalid without one."""
    if city.start is None:
        raise Invalid(1, "缺少 start")
    return city.start
