"""Which enterprise somebody speaks for; rules, sections 1 and 8."""

import pytest

from actions.enterprise import from_nickname
from storage import people
from storage.models import Member
from tests.fixtures.cast import REPORT, Town

LIFANG = "湖南立方新能源科技有限公司"


@pytest.mark.parametrize(
    ("nickname", "enterprise"),
    [
        ("立方新能源-张三", "立方新能源"),
        ("立方新能源—张三", "立方新能源"),
        ("立方新能源——张三", "立方新能源"),
        ("立方新能源－张三", "立方新能源"),
        ("立方新能源_张三", "立方新能源"),
        ("立方新能源 张三", "立方新能源"),
        ("立方新能源-行政-张三", "立方新能源"),
        ("立方新能源-", "立方新能源"),
        (" 立方新能源 - 张三 ", "立方新能源"),
        ("立方新能源", None),
        ("-张三", None),
        ("_张三", None),
        ("", None),
        ("   ", None),
    ],
)
def test_the_enterprise_stands_before_the_first_dash(nickname: str, enterprise: str | None) -> None:
    assert from_nickname(nickname) == enterprise


async def known(town: Town, who: str, channel: str = "sandbox") -> Member:
    async with town.database.transaction() as session:
        member = await people.find(session, channel, who)
        assert member is not None
        return member


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("nickname", "enterprise"),
    [
        ("德信包装-钱七", "德信包装"),
        ("芦淞加油站-钱七", "芦淞加油站"),
        ("中车株洲所-钱七", "中车株洲所"),
        ("鸿运车队-钱七", "鸿运车队"),
        ("钱七", None),
        # units, by name and by alias
        ("天元区城管局-钱七", None),
        ("供电公司-钱七", None),
        # what is no unit here, but a body of government all the same
        ("市财政局-钱七", None),
        ("区发改委-钱七", None),
        ("营商办-钱七", None),
        ("嵩山路街道-钱七", None),
        ("政务服务中心-钱七", None),
        ("市纪委-钱七", None),
        ("市专班-钱七", None),
        ("交警大队-钱七", None),
        ("泰山路派出所-钱七", None),
        ("国网供电公司-李工", None),
        ("城管-王", None),
        ("消防-张", None),
        ("荷塘区市监-钱七", None),
        ("天元区-老陈", None),
        ("炎陵县-老陈", None),
        ("新马园区-老陈", "新马园区"),
        ("天元区 税务局 小石", None),
        # what only sounds like one
        ("中铁四局-李工", "中铁四局"),
        ("中建5局-王工", "中建5局"),
        ("水投水务-小唐", "水投水务"),
        ("金山办公-小郝", "金山办公"),
        ("湘江电务段-小吴", "湘江电务段"),
    ],
)
async def test_an_unknown_sender_is_a_member_of_the_enterprise_in_the_nickname(
    town: Town, nickname: str, enterprise: str | None
) -> None:
    await town.says("u7", "大家好", "chitchat", name=nickname)
    member = await known(town, "u7")
    assert (member.role, member.enterprise, member.unit_id) == ("member", enterprise, None)


@pytest.mark.embedded
async def test_without_a_nickname_it_is_the_first_that_the_sender_names(town: Town) -> None:
    for named in ("德信包装", "宏远机械"):
        text = f"{named}门口的路灯坏了"
        await town.says("u7", text, "report_issue", entities={"enterprise": named}, name="钱七")
    assert (await known(town, "u7")).enterprise == "德信包装"
    assert [ticket.enterprise for ticket in await town.tickets()] == ["德信包装", "德信包装"]


@pytest.mark.embedded
async def test_what_the_register_says_stays(town: Town) -> None:
    text = "德信包装门口的路灯坏了"
    named = {"enterprise": "德信包装"}
    await town.says("zhang", text, "report_issue", entities=named, name="德信包装-张三")
    assert (await known(town, "zhang")).enterprise == LIFANG
    assert (await town.ticket()).enterprise == LIFANG


@pytest.mark.embedded
async def test_staff_learn_no_enterprise(town: Town) -> None:
    await town.says("h1", "大家好", "chitchat", name="德信包装-李科")
    assert (await known(town, "h1")).enterprise is None


@pytest.mark.embedded
async def test_a_nickname_gives_no_role(town: Town) -> None:
    no = await town.reports()
    assert await town.says("u7", "收到", "accept_task", name="天元区城管局-李科") == []
    assert (await town.ticket(no)).status == "assigned"


@pytest.mark.embedded
async def test_people_of_one_nickname_share_their_tickets(town: Town) -> None:
    no = await town.reports("u7", REPORT, name="德信包装-钱七")
    await town.takes("h1", no, "resolve")
    await town.says("u8", "已解决", "confirm_resolved", name="德信包装-孙八")
    assert (await town.ticket(no)).status == "closed"


@pytest.mark.embedded
async def test_the_same_id_in_another_channel_is_somebody_else(town: Town) -> None:
    await town.says("visitor", "大家好", "chitchat", name="德信包装-钱七")
    assert (await known(town, "visitor")).enterprise == "德信包装"
    assert (await known(town, "visitor", "webhook")).enterprise is None
