"""What waits to be judged: paged, counted, and with what was said around it."""

from collections.abc import Sequence

import pytest

from storage import reviews
from storage.models import Message
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded

SECRET = "report_misconduct"


async def waits(town: Town, text: str, intent: str = "report_issue", group: str = "g1") -> None:
    await town.says("zhang", text, intent, category="traffic" if intent != SECRET else None,
                    confidence=0.3, group=group)  # fmt: skip


def texts(messages: Sequence[Message]) -> list[str]:
    return [message.text for message in messages]


async def test_one_guess_is_listed_apart_from_all_others(town: Town) -> None:
    for text, intent in (("甲", "report_issue"), ("乙", SECRET), ("丙", "urge"), ("丁", SECRET)):
        await waits(town, text, intent)
    async with town.database.transaction() as session:
        for among, found in ((True, ["乙", "丁"]), (False, ["甲", "丙"])):
            rows = await reviews.page(session, SECRET, among=among)
            assert texts([message for _, message in rows]) == found
            assert await reviews.count(session, SECRET, among=among) == 2
            behind = await reviews.page(session, SECRET, among=among, after=rows[0][0].id or 0)
            assert texts([message for _, message in behind]) == found[1:]
            assert len(await reviews.page(session, SECRET, among=among, most=1)) == 1


async def test_what_is_decided_waits_no_more(town: Town) -> None:
    await waits(town, "甲")
    async with town.database.transaction() as session:
        ((review, _),) = await reviews.page(session, SECRET, among=False)
        review.decided_at = town.now
        session.add(review)
    async with town.database.transaction() as session:
        assert await reviews.page(session, SECRET, among=False) == []
        assert await reviews.count(session, SECRET, among=False) == 0
        assert (found := await reviews.get(session, review.id or 0)) is not None
        assert found[1].text == "甲"
        assert await reviews.get(session, 99) is None


async def test_around_a_message_stands_what_was_said_next_to_it_in_its_group(town: Town) -> None:
    for text in ("一", "二", "三"):
        await town.says("li", text, "chitchat")
    await waits(town, "甲")
    await waits(town, "别群", group="g2")
    await town.says("li", "四", "chitchat")
    async with town.database.transaction() as session:
        rows = await reviews.page(session, SECRET, among=False)
        here, there = (message.id or 0 for _, message in rows)
        around = await reviews.around(session, [here, there])
    assert [texts(side) for side in around[here]] == [["二", "三"], ["四"]]
    assert around[there] == ([], [])
