"""What the platform tells of a customer group stands on its page: who owns it, what was counted."""

from datetime import date

import pytest

from storage import carriers, chats
from tests.bot.console.conftest import MASKED, PHONE, Console
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded

CHANNEL = "wecom_customer_group"
DAY = {
    "msg_total": 41, "member_has_msg": 7, "member_total": 130, "new_member_cnt": 2,
    "chat_has_msg": 3, "chat_total": 5,
}  # fmt: skip


async def told(town: Town, **about: object) -> None:
    async with town.database.transaction() as session:
        await carriers.put(session, "g1", CHANNEL, "wr1")
        await carriers.told(session, CHANNEL, "wr1", about)
        for day in range(1, 10):
            figures = {**DAY, "msg_total": 40 + day}
            await chats.count(session, CHANNEL, PHONE, date(2023, 3, day), figures, town.now)


async def test_the_days_of_the_owner_are_shown_the_latest_first(
    console: Console, town: Town
) -> None:
    await told(town, name="天元<b>群", owner=PHONE, members=64)
    page = (await (await console.visitor("a1")).get("/register/groups/g1")).text
    section = page.split('aria-label="平台上的情况"')[1].split("</section>")[0]
    assert "天元&lt;b&gt;群" in section
    assert "64 人" in section
    assert (PHONE in section, MASKED in section) == (False, True)
    days = [row.split("</td>")[0] for row in section.split('<tr><td class="text">')[1:]]
    assert days == [f"3月{day}日" for day in range(9, 2, -1)]
    assert ">49</td>" in section
    assert ">3/5</td>" in section
    assert "不是这一个群的" in section


async def test_what_can_t_be_read_is_told(console: Console, town: Town) -> None:
    await told(town, fault="群主不在应用的可见范围里")
    page = (await (await console.visitor("a1")).get("/register/groups/g1")).text
    section = page.split('aria-label="平台上的情况"')[1].split("</section>")[0]
    assert "群主不在应用的可见范围里" in section
    assert "<table" not in section


async def test_of_a_group_of_which_nothing_is_told_nothing_stands_there(
    shared: Console,
) -> None:
    page = (await (await shared.visitor("a1")).get("/register/groups/g1")).text
    assert "平台上的情况" not in page
