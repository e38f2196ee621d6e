"""Which ticket a message acts on; rules, sections 5 and 8 ("In the group")."""

import pytest

from bot.channels.base import Quoted
from tests.fixtures.cast import REPORT, Town, at

pytestmark = pytest.mark.embedded

ASKED = "请问是哪一件?"


async def two(town: Town) -> tuple[int, int]:
    """Two tickets of the same enterprise and unit, both assigned."""
    return await town.reports(id="m-one"), await town.reports(id="m-two")


async def accepted(town: Town) -> list[int]:
    return [ticket.no for ticket in await town.tickets() if ticket.status == "accepted"]


@pytest.mark.parametrize(
    "text",
    [
        "#1 收到", "收到 # 1", "＃1收到", "#１ 收到", "收到#1。", "#1号工单收到", "#1这件收到",
        "#1已派人", "收到#1,3#厂房", "#1 收到,就在#2厂房", "#1,收到#1",
    ],
)  # fmt: skip
async def test_a_number_in_the_text_names_the_ticket(town: Town, text: str) -> None:
    await two(town)
    await town.says("h1", text, "accept_task")
    assert await accepted(town) == [1]


@pytest.mark.parametrize(
    "text",
    [
        "就在#1厂房门口", "#1配电箱已更换完毕", "#1号楼的灯修好了", "在#1和#2栋之间",
        "#1机组已修好", "#1车间已通电", "3#1栋收到", "DN#1收到",
    ],
)  # fmt: skip
@pytest.mark.parametrize("read", [True, False])
async def test_the_number_of_a_building_or_a_machine_names_no_ticket(
    town: Town, text: str, read: bool
) -> None:
    await town.reports("li", "停电了", category="utilities")
    no = await town.reports()
    spans = {"ticket_no": "1"} if read and text.startswith(("就在#", "#")) else {}
    await town.says("h1", text, "report_done", entities=spans, id="m-done")
    assert (await town.message("m-done")).ticket_no == no
    assert [ticket.status for ticket in await town.tickets()] == ["assigned", "resolved"]


@pytest.mark.parametrize("text", ["#1和#2都收到", "收到,#1和#2", "#2 #1 收到", "收到#1、#2"])
async def test_of_two_numbers_the_bot_asks_which(town: Town, text: str) -> None:
    await two(town)
    (asked,) = await town.says("h1", text, "accept_task")
    assert asked.startswith(f"@李科 {ASKED}")
    assert await accepted(town) == []
    await town.says("h1", "2", "chitchat")
    assert await accepted(town) == [2]


async def test_of_two_numbers_one_may_be_found_by_the_parser(town: Town) -> None:
    await two(town)
    (asked,) = await town.says(
        "h1", "1号工单和#2都收到", "accept_task", entities={"ticket_no": "1"}
    )
    assert ASKED in asked


async def test_of_two_numbers_one_that_there_is_not_is_answered_so(town: Town) -> None:
    await two(town)
    assert await town.says("h1", "#1和#404都收到", "accept_task") == [
        "@李科 没有找到 #404,请核对编号。"
    ]


async def test_two_numbers_of_somebody_else_are_no_way_in(town: Town) -> None:
    await two(town)
    (said,) = await town.says("li", "#1和#2到哪一步了", "ask_progress")
    assert said == "@李四 #1 不是您单位的诉求,只能由反映的企业查询和评价。"
    assert await town.says("li", "#1和#2那边也有", "add_detail") == []


async def test_two_numbers_of_which_one_took_the_other_in_are_one(town: Town) -> None:
    await two(town)
    await town.takes("c1", 2, "merge", into=1)
    (said,) = await town.says("zhang", "#1和#2到哪一步了", "ask_progress")
    assert said.startswith("@张三 #1 已交办")


@pytest.mark.parametrize(("text", "number"), [("1号工单收到", "1"), ("１号工单收到", "１")])
async def test_a_number_that_the_parser_found_names_the_ticket(
    town: Town, text: str, number: str
) -> None:
    await two(town)
    await town.says("h1", text, "accept_task", entities={"ticket_no": number})
    assert await accepted(town) == [1]


@pytest.mark.parametrize("span", ["收到", "一号", "²"])
async def test_a_misread_number_names_no_ticket(town: Town, span: str) -> None:
    no = await town.reports()
    await town.says("h1", f"{span}好的", "accept_task", entities={"ticket_no": span})
    assert await accepted(town) == [no]


@pytest.mark.parametrize("number", ["404", "0", "999999999"])
async def test_a_number_that_there_is_not_is_answered_so(town: Town, number: str) -> None:
    await town.reports()
    said = await town.says("zhang", f"#{number} 到哪一步了", "ask_progress")
    assert said == [f"@张三 没有找到 #{number},请核对编号。"]


async def test_a_number_too_long_to_be_one_is_none(town: Town) -> None:
    no = await town.reports()
    await town.says("h1", "收到 #12345678901234567890", "accept_task")
    assert await accepted(town) == [no]


async def test_a_confidential_number_is_answered_like_one_that_does_not_exist(town: Town) -> None:
    no = await town.reports()
    async with town.database.transaction() as session:
        ticket = await town.ticket(no)
        ticket.confidential = True
        session.add(ticket)
    for said in ("#1 到哪一步了", "#404 到哪一步了"):
        (answer,) = await town.says("zhang", said, "ask_progress")
        assert "没有找到" in answer


async def test_a_confidential_ticket_is_nobodys_latest(town: Town) -> None:
    first, second = await two(town)
    async with town.database.transaction() as session:
        ticket = await town.ticket(second)
        ticket.confidential = True
        session.add(ticket)
    (answer,) = await town.says("zhang", "到哪一步了", "ask_progress")
    assert f"#{first} 已交办" in answer


async def test_a_quoted_report_names_the_ticket(town: Town) -> None:
    await two(town)
    await town.says("h1", "收到", "accept_task", quote="m-one")
    assert await accepted(town) == [1]


async def test_a_quoted_detail_names_the_ticket(town: Town) -> None:
    await town.reports()
    await town.says("zhang", "就在3号门对面", "add_detail", id="m-more")
    await town.reports()
    await town.says("h1", "收到", "accept_task", quote="m-more")
    assert await accepted(town) == [1]


async def test_a_quoted_post_of_the_bot_names_the_ticket(town: Town) -> None:
    await two(town)
    first = (await town.posts())[0]
    await town.says("h1", "收到", "accept_task", quote=f"post-{first.id}")
    assert await accepted(town) == [1]


async def test_a_quoted_post_about_several_tickets_names_none(town: Town) -> None:
    await two(town)
    await town.says("h1", "收到", "accept_task")  # the bot asks which
    (answer,) = await town.says(
        "h2", "收到", "accept_task", quote=f"post-{(await town.posts())[-1].id}"
    )
    assert ASKED in answer


async def test_quoted_by_its_words_it_names_none_either(town: Town) -> None:
    await two(town)
    (asked,) = await town.says("h1", "收到", "accept_task")
    (answer,) = await town.says("h2", "收到", "accept_task", quote=Quoted("机器人", asked))
    assert ASKED in answer


@pytest.mark.parametrize("words", [True, False])
async def test_an_answer_that_names_a_similar_report_is_of_its_own_ticket(
    town: Town, words: bool
) -> None:
    await two(town)
    post = (await town.posts())[-1]
    assert post.about == [2, 1]
    quote = Quoted("机器人", post.text) if words else f"post-{post.id}"
    await town.says("h1", "收到", "accept_task", quote=quote)
    assert await accepted(town) == [2]


async def test_a_quoted_post_of_another_group_names_none(town: Town) -> None:
    no = await town.reports(group="g2", text="天元区的路灯坏了", entities={"district": "天元区"})
    post = (await town.posts())[0]
    assert await town.says("h1", "收到", "accept_task", quote=f"post-{post.id}") == []
    assert (await town.ticket(no)).status == "assigned"


async def test_a_quoted_text_with_a_number_names_the_ticket(town: Town) -> None:
    await two(town)
    quote = Quoted("机器人", "@张三 已受理 #1(道路交通)")
    await town.says("h1", "收到", "accept_task", quote=quote)
    assert await accepted(town) == [1]


@pytest.mark.parametrize("sender", ["zhang", "立方新能源-张三"])
async def test_a_message_that_is_quoted_by_its_words_is_known_by_them(
    town: Town, sender: str
) -> None:
    await town.reports("li", "停电了", category="utilities")
    await town.reports(text="#1厂房屋顶脱落,和#1 那边一样")
    await town.reports()
    quote = Quoted(sender, "#1厂房屋顶脱落,和#1 那边一样")
    await town.says("h1", "收到", "accept_task", quote=quote)
    assert await accepted(town) == [2]


async def test_the_words_of_somebody_else_are_another_message(town: Town) -> None:
    await two(town)
    (answer,) = await town.says("h1", "收到", "accept_task", quote=Quoted("li", REPORT))
    assert ASKED in answer


async def test_of_the_same_words_the_latest_that_has_a_ticket_is_meant(town: Town) -> None:
    await two(town)
    await town.says("zhang", REPORT, "chitchat")
    await town.says("h1", "收到", "accept_task", quote=Quoted("zhang", REPORT))
    assert await accepted(town) == [2]


async def test_a_quoted_text_with_the_number_of_a_building_names_none(town: Town) -> None:
    await two(town)
    quote = Quoted("路人", "#1厂房门口")
    (answer,) = await town.says("h1", "收到", "accept_task", quote=quote)
    assert ASKED in answer


@pytest.mark.parametrize("quote", ["m-nothing", "post-999999", "post-x", Quoted("李四", "你好")])
async def test_a_quote_of_nothing_known_is_none(town: Town, quote: str | Quoted) -> None:
    no = await town.reports()
    await town.says("h1", "收到", "accept_task", quote=quote)
    assert await accepted(town) == [no]


async def test_the_number_goes_before_the_quote(town: Town) -> None:
    await two(town)
    await town.says("h1", "#2 收到", "accept_task", quote="m-one")
    assert await accepted(town) == [2]


async def test_a_member_means_the_latest_own_ticket_to_which_the_step_is_open(town: Town) -> None:
    await two(town)
    await town.takes("c1", 2, "reject", reason="重复")
    (answer,) = await town.says("zhang", "快点吧", "urge")
    assert "#1 已催办" in answer
    (answer,) = await town.says("zhang", "到哪一步了", "ask_progress")  # always open
    assert "#2 不予受理" in answer


async def test_a_ticket_in_another_group_is_not_meant(town: Town) -> None:
    await town.reports(group="g2")
    (answer,) = await town.says("zhang", "到哪一步了", "ask_progress")
    assert ASKED in answer


async def test_a_handler_means_the_only_ticket_of_the_unit(town: Town) -> None:
    await town.reports("li", "停电了", category="utilities")  # another unit's
    no = await town.reports()
    await town.says("h1", "收到", "accept_task")
    assert await accepted(town) == [no]


async def test_where_several_fit_the_bot_asks_and_the_bare_number_answers(town: Town) -> None:
    await two(town)
    asked = await town.says("h1", "收到,马上派人", "accept_task", id="m-took")
    assert asked == ["@李科 请问是哪一件?回复编号即可:#2、#1。"]
    assert await accepted(town) == []
    town.later(minutes=1)
    await town.says("h1", "1", "chitchat")
    event = (await town.chain(1))[-1]
    assert (event.step, event.at, event.words) == ("accept", at("04-03 09:01"), "收到,马上派人")


@pytest.mark.parametrize("answer", ["1", "#1", " ＃1 ", "1号", "1号工单", "１"])
async def test_a_bare_number_may_be_written_in_several_ways(town: Town, answer: str) -> None:
    await two(town)
    await town.says("h1", "收到", "accept_task")
    await town.says("h1", answer, "chitchat", confidence=0.2)
    assert await accepted(town) == [1]


@pytest.mark.parametrize(("minutes", "numbers"), [(10, [1]), (10.1, [])])
async def test_the_question_is_remembered_for_ten_minutes(
    town: Town, minutes: float, numbers: list[int]
) -> None:
    await two(town)
    await town.says("h1", "收到", "accept_task")
    town.later(minutes=minutes)
    await town.says("h1", "1", "chitchat")
    assert await accepted(town) == numbers


async def test_the_answer_of_somebody_else_is_none(town: Town) -> None:
    await two(town)
    await town.says("h1", "收到", "accept_task")
    assert await town.says("h2", "1", "chitchat") == []
    assert await accepted(town) == []


async def test_the_answer_in_another_group_is_none(town: Town) -> None:
    await two(town)
    await town.says("h1", "收到", "accept_task")
    assert await town.says("h1", "1", "chitchat", group="g2") == []
    assert await accepted(town) == []


async def test_a_question_is_answered_once(town: Town) -> None:
    await two(town)
    await town.says("h1", "收到", "accept_task")
    await town.says("h1", "1", "chitchat")
    assert await town.says("h1", "2", "chitchat") == []
    assert await accepted(town) == [1]


async def test_after_a_wrong_number_the_question_stands(town: Town) -> None:
    await two(town)
    await town.says("h1", "收到", "accept_task")
    assert await town.says("h1", "404", "chitchat") == ["@李科 没有找到 #404,请核对编号。"]
    await town.says("h1", "2", "chitchat")
    assert await accepted(town) == [2]


async def test_the_number_of_somebody_elses_ticket_is_no_way_in(town: Town) -> None:
    no = await town.reports("li")
    await town.says("zhang", "到哪一步了", "ask_progress")
    assert await town.says("zhang", str(no), "chitchat") == [
        f"@张三 #{no} 不是您单位的诉求,只能由反映的企业查询和评价。"
    ]


async def test_the_message_that_raised_the_question_belongs_to_the_ticket(town: Town) -> None:
    await two(town)
    await town.says("h1", "收到", "accept_task", id="m-took")
    await town.says("h1", "1", "chitchat")
    assert (await town.message("m-took")).ticket_no == 1


async def test_a_bare_number_out_of_the_blue_is_talk(town: Town) -> None:
    await town.reports()
    assert await town.says("h1", "1", "chitchat") == []
    assert await accepted(town) == []


async def test_only_five_numbers_are_offered(town: Town) -> None:
    for _ in range(7):
        await town.reports()
    (answer,) = await town.says("h1", "收到", "accept_task")
    assert answer.endswith("#7、#6、#5、#4、#3。")


@pytest.mark.parametrize(("minutes", "no"), [(30, 1), (30.1, 2)])
async def test_details_go_to_what_the_sender_touched_in_the_last_half_hour(
    town: Town, minutes: float, no: int
) -> None:
    await town.reports()
    await town.reports("wang")  # a colleague's, and the latest of the enterprise
    town.later(minutes=minutes)
    await town.says("zhang", "就在3号门对面", "add_detail", id="m-more")
    assert (await town.message("m-more")).ticket_no == no


async def test_details_move_the_half_hour_on(town: Town) -> None:
    await town.reports(text=REPORT)
    await town.reports("wang")
    for id_ in ("m-more", "m-most"):
        town.later(minutes=20)
        await town.says("zhang", "就在3号门对面", "add_detail", id=id_)
    assert (await town.message("m-most")).ticket_no == 1
