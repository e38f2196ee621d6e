"""What people call districts and units, and what the city calls them.

The city's own names and aliases come first. What is left is read by its parts: where it belongs
(市, a district) and which body it is, long or short (城管, 城市管理和综合执法局).
"""

import re
from collections.abc import Iterable, Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from nlu.text import fold
from storage import people
from storage.models import District, Unit

#: One body under all its names, renamed ones too; what is listed is told apart by nothing else.
BODIES = (
    r"城管(?:执法)?局?|城市管理(?:和综合执法|执法)?局|综合执法(?:局|大队|队)?|城管(?:执法)?大?队",
    r"自规局?|自然资源(?:和规划)?局?|国土(?:资源)?局?|规划局",
    r"住建局?|住房(?:和|与)?城乡建设局|建设局",
    r"人社局?|人力资源(?:和|与)?社会保障局|社保(?:局|中心)?|劳动局",
    r"市监局?|市场监(?:督管理|管)局?|工商局?|质监局?|药监局?",
    r"生态环境局?|环保局?",
    r"应急(?:管理)?局?|安监局?",
    r"税务局?|国税局?|地税局?",
    r"行政审批(?:服务)?局?|审批局|政务(?:服务)?中心|政务(?:服务)?大厅",
    r"供电(?:公司|局|所)?|电力(?:公司|局)|国网(?:供电公司)?|电业局",
    r"水务(?:集团|公司|局)?|自来水(?:公司|厂)?|供水公司",
    r"燃气(?:公司|集团)?|天然气公司",
    r"消防(?:救援)?(?:支队|大队|队|局)?",
    r"交警(?:支队|大队|队)?",
    r"公安局?|(?:公安)?分局",
    r"交通(?:运输)?局|交通运输",
    r"工信局?|工业和信息化局|经信(?:局|委)",
    r"发改(?:局|委)?|发展(?:和|与)改革(?:局|委员会)",
    r"科技局|科学技术局",
    r"卫健(?:局|委)?|卫生健康(?:局|委员会)",
    r"农业农村局|农业局",
    r"商务(?:和粮食)?局|商粮局",
    r"金融办|金融(?:工作|服务)(?:办公室|中心|局)",
    r"医保(?:局|中心)?|医疗保障局",
    r"管委会|管理委员会",
    r"法院|人民法院",
)
#: What a body is called where more words tell which one: 泰山路街道办事处, 白鹤街道.
STREET = re.compile(r"街道(?:办事处|办)?$")
CITY = re.compile(r"^(?:湖南省?)?(?:株洲市?|本?市)(?=..)")
ENDS = "区县市"
#: How a body of the table is marked among those that are known by name alone.
BODY = "#"

_bodies = [re.compile(body) for body in BODIES]


async def district(session: AsyncSession, written: str) -> str | None:
    """The city's own name of a district as somebody wrote it, or None."""
    known = await people.district_named(session, written)
    return known or match_district(written, await people.districts(session))


async def unit(session: AsyncSession, written: str, near: str | None) -> Unit | None:
    """The unit that somebody means; of several such bodies that of the district `near`, or None."""
    known = await people.unit_named(session, written)
    if known is not None:
        return known
    return match_unit(written, near, await people.units(session), await people.districts(session))


def match_district(written: str, districts: Sequence[District]) -> str | None:
    """As `district`, among these: 株洲市天元区, 天元 and 高新 are what they look like."""
    bare = CITY.sub("", fold(written).strip())
    found = {
        one.name
        for one in districts
        for name in (one.name, *one.aliases)
        if bare and _short(bare) == _short(fold(name))
    }
    return found.pop() if len(found) == 1 else None


def is_body(written: str, districts: Sequence[District]) -> bool:
    """Whether somebody wrote the name of a body, long or short: 消防, 天元区城管, 国网供电公司."""
    return _parts(written, districts)[1].startswith(BODY)


def match_unit(
    written: str, near: str | None, units: Sequence[Unit], districts: Sequence[District]
) -> Unit | None:
    """As `unit`, among these. Without a district of its own a name may mean one in `near`."""
    place, body = _parts(written, districts)
    if not body:
        return None
    same = [
        (_parts(name, districts)[0], one)
        for one in units
        for name in (one.name, *one.aliases)
        if _parts(name, districts)[1] == body
    ]
    for wanted in [place] if place else _likely(fold(written), near or ""):
        found = {one.id: one for where, one in same if where == wanted}
        if found:
            return next(iter(found.values())) if len(found) == 1 else None
    return None


def _likely(written: str, near: str) -> list[str]:
    """Where a body without a named place may belong, likeliest first; 市局, 区局 say it."""
    if written[0] in ENDS[:2]:
        return [near]
    return ["", near] if CITY.match(written) else [near, ""]


def _parts(written: str, districts: Iterable[District]) -> tuple[str, str]:
    """Where a body belongs, empty for the whole city, and which one it is."""
    rest = CITY.sub("", fold(written).strip())
    places = [(fold(name), one.name) for one in districts for name in (one.name, *one.aliases)]
    for name, of in sorted(places, key=lambda pair: -len(pair[0])):
        if rest.startswith(name) and len(rest) > len(name):
            return of, _body(rest[len(name) :])
    return "", _body(rest)


def _body(words: str) -> str:
    bare = words[1:] if len(words) > 2 and words[0] in ENDS[:2] else words
    for number, body in enumerate(_bodies):
        if body.fullmatch(bare):
            return f"{BODY}{number}"
    return STREET.sub("街道", bare)


def _short(name: str) -> str:
    return name[:-1] if len(name) > 2 and name[-1] in ENDS else name  # 攸县
