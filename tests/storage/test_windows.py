"""The groups as chats: their order, who spoke, and what a quote comes of."""

import pytest

from storage import messages, people, windows
from storage.windows import Place
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded


async def test_the_group_last_spoken_in_stands_first_and_silent_ones_last(town: Town) -> None:
    await town.says("zhang", "早", "chitchat", group="g1")
    await town.says("li", "早", "chitchat", group="g2")
    async with town.database.transaction() as session:
        chats = await windows.page(session)
        assert [chat.group.id for chat in chats] == ["g2", "g1", "bridge"]
        assert [chat.at for chat in chats] == [town.now, town.now, None]
        for at, chat in enumerate(chats):
            behind = await windows.page(session, after=Place(chat.said, chat.group.id))
            assert behind == chats[at + 1 :]
        assert [c.group.id for c in await windows.page(session, words=["荷塘", "1群"])] == ["g2"]
        assert [c.group.id for c in await windows.page(session, district="荷塘区")] == ["g2"]
        assert await windows.page(session, words=["%"]) == []


async def test_who_spoke_where(town: Town) -> None:
    for who in ("zhang", "li", "zhang"):
        await town.says(who, "早", "chitchat")
    async with town.database.transaction() as session:
        zhang, wang = [await people.known(session, who) for who in ("zhang", "wang")]
        assert zhang is not None
        assert wang is not None
        assert await windows.spoke(session, "g1", zhang.id)
        assert not await windows.spoke(session, "g1", wang.id)
        assert [c.group.id for c in await windows.page(session, spoken_by=zhang.id)] == ["g1"]
        assert await windows.page(session, spoken_by=wang.id) == []
        lately = await windows.lately(session, "g1")
        assert [member.external_id for member in lately] == ["zhang", "li"]
        named = await windows.named(session, "sandbox", zhang.name)
        assert [member.id for member in named] == [zhang.id]
        assert await windows.named(session, "webhook", zhang.name) == []


async def test_a_quote_leads_to_the_message_that_it_comes_of(town: Town) -> None:
    await town.says("zhang", "路灯坏了", "report_issue", category="traffic", id="first")
    (post,) = await town.posts()
    async with town.database.transaction() as session:
        first = await messages.find(session, "g1", "first")
        assert first is not None
        for quote in ({"id": "first"}, {"id": f"post-{post.id}"},
                      {"sender": "立方新能源-张三", "text": "路灯坏了"}):  # fmt: skip
            found = await windows.quoted(session, "g1", quote)
            assert found is not None
            assert found.source == first
        unknown = await windows.quoted(session, "g1", {"sender": "谁", "text": "别的话"})
        assert unknown is not None
        assert (unknown.text, unknown.source) == ("别的话", None)
        for nothing in (None, {"id": "none"}, {"id": "post-999"}):
            assert await windows.quoted(session, "g1", nothing) is None
        assert await windows.quoted(session, "g2", {"id": f"post-{post.id}"}) is None
        assert await windows.answered(session, [post]) == {first.id: first}
