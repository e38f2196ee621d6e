"""Which enterprise somebody speaks for; rules, sections 1 and 8."""

import re

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import people
from storage.models import Member

PARTS = re.compile(r"[-—－_ ]")
#: How the name of a body of government ends; 加油站, 车队 and 研究所 are enterprises.
GOVERNMENT = re.compile(
    r"(?:局|委|办|厅|(?:法|检察)院|(?:派出|司法|财政|税务|监管|国土)所|[总支大中]队|"
    r"(?:监督|监测|消防|消防救援)站|(?:服务|指挥|执法|监测|疾控|交易)中心|"
    r"管委会|街道|政府|督查室|专班|纪委|纪检组?)$"
)


def from_nickname(nickname: str) -> str | None:
    """The part before the first dash, underscore or space: 立方新能源 of 立方新能源-张三.

    None where there is no such part. A nickname never gives a role.
    """
    first, *rest = PARTS.split(nickname.strip(), maxsplit=1)
    return first if rest and first else None


async def learn(session: AsyncSession, member: Member, nickname: str, named: str | None) -> None:
    """Learn a member's enterprise where the register has none.

    The nickname's, unless that is a unit; else the first that the member names.
    """
    if member.role != "member" or member.enterprise:
        return
    found = from_nickname(nickname)
    if found and (GOVERNMENT.search(found) or await people.unit_named(session, found)):
        found = None
    if found or named:
        member.enterprise = found or named
        session.add(member)
