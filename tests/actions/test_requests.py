"""What a handler can only ask for: transfer, return and extension; rules, section 8."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from actions.base import Refused
from actions.extend import asked
from storage.models import Notice
from tests.fixtures.cast import Town, at

pytestmark = pytest.mark.embedded

SECOND = timedelta(seconds=1)
DUE = at("04-11 17:30")


async def state(town: Town, no: int = 1) -> dict[str, object]:
    """A ticket without the note that more time was asked for."""
    return (await town.ticket(no)).model_dump(exclude={"extension_asked_at"})


@pytest.mark.parametrize(
    ("text", "intent", "entities", "answer"),
    [
        (
            "这个归市自规局管", "transfer", {"unit": "市自规局"},
            "转市自规局的申请已报专班,批准前仍由原单位办理。",
        ),
        ("不归我们管", "transfer", {}, "退回申请已报专班,批准前仍由原单位办理。"),
        ("归火星局管", "transfer", {"unit": "火星局"}, "退回申请已报专班"),  # nobody knows it
        ("归区城管管", "transfer", {"unit": "区城管"}, "退回申请已报专班"),  # that is themselves
        (
            "申请延期3个工作日", "request_extension", {},
            "延期申请已报专班,批准前仍按4月11日17:30前办结。",
        ),
        ("配件还没到,要再等等", "request_extension", {}, "延期申请已报专班"),
    ],
)  # fmt: skip
async def test_the_coordinators_get_it_and_the_ticket_stays_as_it_is(
    town: Town, text: str, intent: str, entities: dict[str, str], answer: str
) -> None:
    no = await town.reports()
    before, events = await state(town), await town.events()
    (said,) = await town.says("h1", text, intent, entities=entities)
    assert said.startswith(f"@李科 #{no} {answer}")
    assert await town.told("request") == [("c1", no, town.now), ("c2", no, town.now)]
    assert (await state(town), await town.events()) == (before, events)


@pytest.mark.parametrize("step", ["transfer", "return", "extend"])
async def test_in_the_console_it_is_a_request_as_well(town: Town, step: str) -> None:
    no = await town.reports()
    args: dict[str, dict[str, object]] = {
        "transfer": {"unit": "市自规局"},
        "return": {"reason": "不归我们管"},
        "extend": {"days": 3, "reason": "等配件"},
    }
    before = await state(town)
    assert not await town.takes("h1", no, step, **args[step])
    assert [who for who, _, _ in await town.told("request")] == ["c1", "c2"]
    assert await state(town) == before


async def test_at_night_the_coordinators_read_it_in_the_morning(town: Town) -> None:
    no = await town.reports()
    town.now = at("04-03 21:00")
    await town.says("h1", "申请延期3天", "request_extension")
    assert (await town.posts())[-1].next_at == at("04-03 21:00")
    assert await town.told("request") == [(who, no, at("04-04 08:00")) for who in ("c1", "c2")]


async def test_from_another_unit_it_is_refused(town: Town) -> None:
    no = await town.reports()
    (said,) = await town.says("h3", f"#{no} 申请延期3天", "request_extension")
    assert said == f"@周班 #{no} 不是本单位承办的,如需转办请联系专班。"
    assert await town.told("request") == []


@pytest.mark.parametrize("intent", ["transfer", "request_extension"])
async def test_from_a_member_it_is_talk(town: Town, intent: str) -> None:
    no = await town.reports()
    assert await town.says("zhang", f"#{no} 再等等也行", intent) == []
    assert await town.told("request") == []


async def test_where_none_fits_the_bot_asks_for_an_extension_only(town: Town) -> None:
    (said,) = await town.says("h1", "申请延期3天", "request_extension")
    assert "请问是哪一件?" in said
    assert await town.says("h1", "不归我们管", "transfer") == []


async def test_a_coordinator_in_the_group_does_it(town: Town) -> None:
    no = await town.reports()
    text = f"#{no} 转市自规局"
    (said,) = await town.says("c1", text, "transfer", entities={"unit": "市自规局"})
    assert said == f"@王敏 #{no} 已转办给市自规局,4月11日17:30前办结。@张三 请知悉。"
    assert (await town.events(no))[-1] == ("transfer", "assigned")


async def test_what_is_new_is_assigned_by_it(town: Town) -> None:
    no = await town.reports(category=None)
    await town.says("c1", f"#{no} 交市自规局", "transfer", entities={"unit": "市自规局"})
    assert (await town.events(no))[-1] == ("assign", "assigned")


async def test_a_coordinator_in_the_group_extends(town: Town) -> None:
    no = await town.reports()
    (said,) = await town.says("c1", f"#{no} 延期两个工作日", "request_extension")
    assert said.startswith(f"@王敏 #{no} 已延期到4月13日17:30前办结。@张三")  # who is told why
    (said,) = await town.says("c1", f"#{no} 延期吧", "request_extension")
    assert "延长几个工作日" in said
    assert (await town.ticket(no)).extended == 1


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("申请延期3个工作日", 3),
        ("延5天", 5),
        ("再给十天", 10),
        ("延期两个工作日", 2),
        ("延一周", 5),
        ("延期2个星期", 10),
        ("延期三 天", 3),
        ("需要更多时间", None),
        ("3日前办不完", None),
        # numbers of something else
        ("申请延期到8月18日", None),
        ("供货已等了20天还没到,申请延期5个工作日", 5),
        ("因15天前下的订单未到,申请延期", None),
        ("已停工3天,申请延长5个工作日", 5),
        ("供应商延期15天,申请延期3天", 3),
        ("申请延期5天,供应商又延期3天", 5),
        ("上次延期3天,再申请延期2天", 2),
        ("拖延3天了,申请延期", None),
        ("已等了3天时间,申请延期", None),
        ("3天时间不够,申请延期", None),
        ("还要3天才能到货,申请延期", None),
        ("加班3天还没修完,申请延期", None),
        ("工期延误3天,申请延期", None),
        ("工单 #24 申请延期,15号楼还没通电", None),
        # as people ask
        ("宽限五天", 5),
        ("缓3天", 3),
        ("推迟两周", 10),
        ("再给我们10天", 10),
        ("申请3个工作日的延期", 3),
        ("等配件,还需要3天", 3),
        ("再加3天", 3),
        ("申请延期,大概5天", 5),
        ("申请延期办理时限5个工作日", 5),
        ("延期3到5个工作日", 5),
        ("延期十五天", 15),
        ("申请延期１２天", 12),
        ("延期二十天", 20),
        ("延期一个月", None),
    ],
)
def test_how_many_days_the_words_ask_for(words: str, days: int | None) -> None:
    assert asked(words) == days


@pytest.mark.parametrize(
    ("words", "days"),
    [
        # it is due on Tuesday, the 11th
        ("申请延期到4月14日", 3),
        ("申请延期至14号", 3),
        ("宽限到本周五", None),  # the 7th
        ("能不能宽限到下周五", 3),
        ("申请推迟到下周三前完成", 1),
        ("申请延期,4月14日前办结", 3),
        ("到4月14日办结,申请延期", 3),
        ("申请延期到4月24日", 10),  # 23 April was a working Sunday, but not the 22nd
        ("申请延期到4月11日", None),
        ("申请延期到4月16日", 3),  # a Sunday
        ("材料到4月14日才到,申请延期", None),
        ("供货延期到4月14日,申请延期", None),
        ("4月14日要下雨,申请延期", None),
        ("申请延期,昨天下雨", None),
    ],
)
async def test_a_day_that_is_asked_for_is_so_many_working_days(
    town: Town, words: str, days: int | None
) -> None:
    no = await town.reports()
    (said,) = await town.says("h1", words, "request_extension")
    assert said.startswith(f"@李科 #{no} 延期申请已报专班")
    (text, *_) = await texts(town, "request")
    assert text.startswith(
        f"天元区城管局-李科 申请将 #{no} 延期{f' {days} 个工作日' if days else ''}:"
    )


async def texts(town: Town, level: str) -> list[str]:
    """What notices of a level say."""
    async with town.database.transaction() as session:
        return list((await session.exec(select(Notice.text).where(Notice.level == level))).all())


async def test_the_day_may_be_one_that_the_parser_found(town: Town) -> None:
    no = await town.reports()
    words, named = "申请延期,最终完成时间定在4月14日", {"time": "4月14日"}
    (said,) = await town.says("c1", f"#{no} {words}", "request_extension", entities=named)
    assert said.startswith(f"@王敏 #{no} 已延期到4月14日17:30前办结。")


@pytest.mark.parametrize("words", ["申请延期15天", "申请延期到4月30日"])
async def test_more_than_may_be_granted_is_refused_at_once(town: Town, words: str) -> None:
    await town.reports()
    assert await town.says("h1", words, "request_extension") == [
        "@李科 延期应为 1 到 10 个工作日。"
    ]
    assert await town.told("request") == []


# --- in time ------------------------------------------------------------------------------------


async def extended(town: Town, no: int) -> bool:
    try:
        return await town.takes("c1", no, "extend", days=2, reason="等配件")
    except Refused:
        return False


@pytest.mark.parametrize(
    ("asked_at", "granted_at", "granted"),
    [
        (DUE, DUE + timedelta(days=3), True),  # the request counts
        (DUE + SECOND, DUE + timedelta(days=3), False),
        (None, DUE, True),
        (None, DUE + SECOND, False),
    ],
)
async def test_it_is_in_time_if_its_request_or_without_one_the_step_was(
    town: Town, asked_at: datetime | None, granted_at: datetime, granted: bool
) -> None:
    no = await town.reports()
    if asked_at:
        town.now = asked_at
        await town.says("h1", "申请延期2天", "request_extension")
    town.now = granted_at
    assert await extended(town, no) == granted
    assert (await town.ticket(no)).due_at == (at("04-13 17:30") if granted else DUE)


async def test_after_the_deadline_the_request_is_refused_at_once(town: Town) -> None:
    await town.reports()
    town.now = DUE + SECOND
    (said,) = await town.says("h1", "申请延期2天", "request_extension")
    assert said.startswith("@李科 #1 的时限 4月11日17:30 已过,延期须在到期前申请。")
    assert await town.told("request") == []


async def test_a_request_is_used_up_by_the_extension_that_it_asked_for(town: Town) -> None:
    no = await town.reports()
    await town.says("h1", "申请延期2天", "request_extension")
    assert await extended(town, no)
    town.now = at("04-13 17:30") + SECOND
    assert not await extended(town, no)


async def test_a_second_request_does_not_make_the_first_one_late(town: Town) -> None:
    no = await town.reports()
    await town.says("h1", "申请延期2天", "request_extension")
    town.now = DUE + timedelta(hours=1)
    await town.says("h1", "申请延期2天", "request_extension")
    assert await extended(town, no)


async def test_a_request_of_before_it_was_reopened_counts_no_more(town: Town) -> None:
    no = await town.reports()
    await town.says("h1", "申请延期2天", "request_extension")
    await town.takes("h1", no, "resolve")
    await town.takes("zhang", no, "dispute", reason="没修好")  # due on 04-07
    town.now = at("04-07 17:30") + SECOND
    assert not await extended(town, no)


async def test_the_enterprise_is_told_the_new_date_and_the_reason(town: Town) -> None:
    no = await town.reports()
    await town.takes("c1", no, "extend", days=2, reason="等配件")
    post = (await town.posts())[-1]
    assert (post.to, post.about, post.why) == (["zhang"], [no], "notice")
    assert "4月13日17:30" in post.text
    assert "等配件" in post.text


async def test_the_levels_of_the_old_deadline_fire_until_it_is_granted(town: Town) -> None:
    no = await town.reports()
    await town.says("h1", "申请延期2天", "request_extension")
    await town.until(at("04-12 09:00"))
    assert await extended(town, no)
    levels = [level for _, level, _ in await town.notices("h9")]
    assert levels == ["assigned", "unanswered", "blue", "yellow"]
