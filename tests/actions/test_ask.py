"""询问进展: where a ticket stands, who has it and until when."""

import pytest

from tests.fixtures.cast import Town, at

pytestmark = pytest.mark.embedded


async def asked(town: Town, who: str = "zhang", text: str = "#1 到哪一步了") -> str:
    (answer,) = await town.says(who, text, "ask_progress")
    return answer


async def test_it_tells_status_unit_and_date(town: Town) -> None:
    await town.reports()
    assert await asked(town) == "@张三 #1 已交办,承办:天元区城管局,4月11日17:30前办结。"


async def test_it_tells_the_last_that_the_unit_said(town: Town) -> None:
    await town.reports()
    await town.takes("h1", 1, "accept")
    town.later(hours=1)
    await town.takes("h1", 1, "progress", text="已派人,联系13812345678 @所有人")
    assert (await asked(town)).endswith("\n4月3日10:00:已派人,联系138****5678 ＠所有人")


async def test_it_tells_what_is_overdue(town: Town) -> None:
    await town.reports()
    town.now = at("04-11 17:30")
    assert "已超期" not in await asked(town)
    town.now = at("04-11 17:31")
    assert "(已超期,正在督促)" in await asked(town)


async def test_without_a_unit_it_names_none(town: Town) -> None:
    await town.reports(category=None)
    assert await asked(town) == "@张三 #1 待交办,4月11日17:30前办结。"


async def test_what_is_closed_has_its_date(town: Town) -> None:
    await town.reports()
    await town.takes("zhang", 1, "confirm")
    assert await asked(town) == "@张三 #1 已销号,承办:天元区城管局,4月3日09:00销号。"


async def test_what_is_suspended_has_no_date(town: Town) -> None:
    await town.reports()
    await town.takes("h1", 1, "accept")
    await town.takes("c1", 1, "suspend", reason="等资金")
    assert (await asked(town)).startswith("@张三 #1 挂账,承办:天元区城管局。")


@pytest.mark.parametrize("who", ["wang", "h1", "c1", "i1"])
async def test_colleagues_the_unit_and_the_staff_may_ask(town: Town, who: str) -> None:
    await town.reports()
    assert "#1 已交办" in await asked(town, who)


@pytest.mark.parametrize(
    ("who", "answer"),
    [
        ("li", "@李四 #1 不是您单位的诉求,只能由反映的企业查询和评价。"),
        ("h3", "@周班 #1 不是本单位承办的,如需转办请联系专班。"),
    ],
)
async def test_strangers_hear_nothing(town: Town, who: str, answer: str) -> None:
    await town.reports()
    assert await asked(town, who) == answer


async def test_where_none_fits_the_bot_asks_for_the_number(town: Town) -> None:
    assert await asked(town, text="到哪一步了") == "@张三 请问是哪一件?请回复工单编号,例如 12。"


async def test_asking_changes_nothing(town: Town) -> None:
    await town.reports()
    before = (await town.ticket()).model_dump(), await town.events()
    await asked(town)
    assert ((await town.ticket()).model_dump(), await town.events()) == before


async def taken_in(town: Town) -> None:
    """Ticket 1, which took in 2 of li's and, by way of it, 3 of a third enterprise's."""
    await town.reports()
    await town.reports("li", "新马路的灯都不亮")
    await town.reports("u7", "马路照明故障", name="德信包装-钱七")
    await town.takes("c1", 3, "merge", into=2)
    await town.takes("c1", 2, "merge", into=1)


@pytest.mark.parametrize(
    ("words", "intent", "answer"),
    [
        ("#1 进度", "ask_progress", "#1 已交办,承办:天元区城管局"),
        ("#1 快点", "urge", "#1 已催办天元区城管局"),
        ("#1 补充:在东侧", "add_detail", "已补充到 #1。"),
    ],
)
@pytest.mark.parametrize(("who", "name"), [("li", "李四"), ("u7", "钱七")])
async def test_whose_ticket_was_merged_follows_the_one_that_took_it_in(
    town: Town, who: str, name: str, words: str, intent: str, answer: str
) -> None:
    await taken_in(town)
    nickname = "德信包装-钱七" if who == "u7" else None
    (said,) = await town.says(who, words, intent, mentions=True, name=nickname, id="m-followed")
    assert said.startswith(f"@{name} {answer}")
    assert (await town.message("m-followed")).ticket_no == 1


@pytest.mark.parametrize("intent", ["confirm_resolved", "dispute_result", "withdraw"])
async def test_but_confirms_and_disputes_nothing_of_it(town: Town, intent: str) -> None:
    await taken_in(town)
    await town.takes("h1", 1, "resolve")
    (said,) = await town.says("li", "#1 好了", intent)
    assert said == "@李四 #1 不是您单位的诉求,只能由反映的企业查询和评价。"
    assert (await town.ticket()).status == "resolved"


async def test_one_that_has_nothing_to_do_with_it_does_not(town: Town) -> None:
    await taken_in(town)
    (said,) = await town.says("u8", "#1 进度", "ask_progress", name="鸿运物流-孙八")
    assert "不是您单位的诉求" in said
