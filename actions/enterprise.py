"""Which enterprise somebody speaks for; rules, sections 1 and 8."""

import re

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import called
from storage import people
from storage.models import Member

#: Where an enterprise is known from that a city registers.
REGISTER = "register"
PARTS = re.compile(r"[-—－_ ]")
#: How the name of a body of government ends; 加油站, 车队, 研究所 and 中铁四局 are enterprises.
GOVERNMENT = re.compile(
    r"(?:(?<![一二三四五六七八九十\d])局|委|办|厅|(?:法|检察)院|(?:派出|司法|财政|税务|监管|国土)所|[总支大中]队|"
    r"(?:监督|监测|消防|消防救援)站|(?:服务|指挥|执法|监测|疾控|交易)中心|"
    r"管委会|街道|政府|督查室|专班|纪委|纪检组?)$|^[一-鿿]{1,3}(?<![小社园])[区县]$"
)


def from_nickname(nickname: str) -> str | None:
    """The part before the first dash, underscore or space: 立方新能源 of 立方新能源-张三.

    None where there is no such part. A nickname never gives a role.
    """
    first, *rest = PARTS.split(nickname.strip(), maxsplit=1)
    return first if rest and first else None


async def learn(session: AsyncSession, member: Member, nickname: str, named: str | None) -> None:
    """Learn for which enterprise a member speaks, where the register does not say it.

    The nickname says it, unless its first part is a unit; else the first that the member names.
    """
    if member.role != "member" or member.enterprise_from == REGISTER:
        return
    # where a platform tells no name its id stands there: wmGA…-9VA is of no enterprise
    found = from_nickname(nickname) if nickname != member.external_id else None
    if found == member.enterprise and found is not None:
        return
    if found and await _government(session, found):
        found = None
    if found:
        member.enterprise, member.enterprise_from = found, "nickname"
    elif named and member.enterprise is None:
        member.enterprise, member.enterprise_from = named, "named"
    session.add(member)


def settle(member: Member) -> None:
    """Keep the enterprise of somebody who may sign in from now on.

    Else whoever writes another name before the dash would read that enterprise's tickets.
    """
    member.enterprise_from = REGISTER


async def _government(session: AsyncSession, name: str) -> bool:
    """Whether this is the name of a unit, a body or a district rather than of an enterprise."""
    if GOVERNMENT.search(name) or called.is_body(name, await people.districts(session)):
        return True
    unit = await people.unit_named(session, name)
    return unit is not None or await called.district(session, name) is not None
