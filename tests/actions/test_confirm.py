"""确认销号: the enterprise says that it is solved."""

import pytest

from actions.confirm import rating
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("满意", "satisfied"),
        ("很满意,谢谢", "satisfied"),
        ("已解决,非常满意", "satisfied"),
        ("基本满意", "fairly"),
        ("比较满意", "fairly"),
        ("还可以", "fairly"),
        ("不满意", "dissatisfied"),
        ("不太满意", "dissatisfied"),
        ("不是很满意", "dissatisfied"),
        ("灯亮了,但是不满意", "dissatisfied"),
        ("已解决", None),
        ("好的", None),
        ("", None),
        ("不是太满意", "dissatisfied"),
        ("谈不上满意", "dissatisfied"),
        ("基本上满意", "fairly"),
        ("较为满意", "fairly"),
        ("没有不满意", "satisfied"),
        ("没什么不满意的", "satisfied"),
        ("没有满意,不满意", "dissatisfied"),
    ],
)
def test_the_words_name_the_rating(text: str, named: str | None) -> None:
    assert rating(text) == named


async def resolved(town: Town) -> int:
    no = await town.reports()
    await town.takes("h1", no, "resolve")
    return no


@pytest.mark.parametrize("who", ["zhang", "wang"])
async def test_the_enterprise_closes_its_ticket(town: Town, who: str) -> None:
    no = await resolved(town)
    (answer,) = await town.says(who, "已解决,满意", "confirm_resolved")
    assert f"#{no} 已销号,评价:满意。感谢反馈!" in answer
    ticket = await town.ticket(no)
    assert (ticket.status, ticket.rating, ticket.closed_at) == ("closed", "satisfied", town.now)


async def test_without_a_word_of_rating_there_is_none(town: Town) -> None:
    no = await resolved(town)
    (answer,) = await town.says("zhang", "已解决", "confirm_resolved")
    assert answer == f"@张三 #{no} 已销号。感谢反馈!"
    assert (await town.ticket(no)).rating is None


async def test_a_stranger_may_not(town: Town) -> None:
    no = await resolved(town)
    (answer,) = await town.says("li", f"#{no} 已解决", "confirm_resolved")
    assert answer == f"@李四 #{no} 不是您单位的诉求,只能由反映的企业查询和评价。"
    assert (await town.ticket(no)).status == "resolved"


async def test_a_stranger_who_names_no_number_closes_nothing(town: Town) -> None:
    no = await resolved(town)
    assert await town.says("li", "已解决", "confirm_resolved") == []
    assert (await town.ticket(no)).status == "resolved"


async def test_a_coordinator_closes_on_behalf_of_the_enterprise(town: Town) -> None:
    no = await resolved(town)
    await town.says("c1", f"#{no} 企业已确认", "confirm_resolved")
    assert (await town.ticket(no)).status == "closed"


async def test_a_handler_may_not(town: Town) -> None:
    no = await resolved(town)
    assert await town.says("h1", f"#{no} 已解决,满意", "confirm_resolved") == []
    assert (await town.ticket(no)).status == "resolved"


async def test_confirming_before_it_is_resolved_does_both(town: Town) -> None:
    no = await town.reports()
    await town.says("zhang", "已经修好了,满意", "confirm_resolved")
    assert (await town.events(no))[-2:] == [("resolve", "resolved"), ("confirm", "closed")]


async def test_what_is_closed_is_not_closed_again(town: Town) -> None:
    no = await resolved(town)
    await town.says("zhang", "满意", "confirm_resolved")
    (answer,) = await town.says("zhang", f"#{no} 不满意", "confirm_resolved")
    assert answer == f"@张三 #{no} 现在是“已销号”,不能确认销号。现在可以:提出异议。"
    assert (await town.ticket(no)).rating == "satisfied"


async def test_words_of_the_first_message_count_when_the_number_follows(town: Town) -> None:
    await town.says("zhang", "基本满意", "confirm_resolved", mentions=True)  # the bot asks which
    no = await resolved(town)
    await town.says("zhang", str(no), "chitchat")
    assert (await town.ticket(no)).rating == "fairly"
