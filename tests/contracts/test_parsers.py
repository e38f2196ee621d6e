"""What every parser keeps to, whichever it is."""

import itertools
from dataclasses import replace

import pytest

from nlu.compiled import SHIPPED, Compiled
from nlu.examples import Examples
from nlu.keywords import Keywords
from nlu.parity import Parity
from nlu.parse import CATEGORIES, CATEGORISED, ENTITIES, INTENTS, Parse, Parser
from nlu.text import LONGEST, fold
from nlu.training import PROJECT
from tests.fixtures.cast import REPORT

#: Two plain sentences an intent, none of them out of the training data.
PLAIN = {
    "report_issue": (
        "我们厂停电两天了，请尽快安排人来修",
        "厂门口的马路全是坑，大货车过不去，请处理",
    ),
    "report_misconduct": (
        "街道办的人上门检查就要烟要酒，我要举报",
        "有个科长暗示我们送红包才给盖章",
    ),
    "consult": ("请问申请高新技术企业要哪些条件", "办理食品经营许可证需要什么材料"),
    "add_detail": ("补充一下，位置在西门保安亭旁边", "联系人小陈，电话13755512345"),
    "ask_progress": ("请问我们反映的问题现在到哪一步了", "#1188 办得怎么样了"),
    "urge": ("三天了还没人来，请尽快处理", "请抓紧一点，我们等不起了"),
    "confirm_resolved": ("问题已经解决了，很满意，谢谢", "路灯亮了，可以销号"),
    "dispute_result": ("说是修好了，今天又坏了，不满意", "根本没有人来过，怎么就办结了"),
    "withdraw": ("这个诉求我们撤回", "刚才报的问题自己解决了，撤销吧"),
    "accept_task": ("收到，我们马上安排人去现场", "这件事由我局负责办理"),
    "report_progress": ("施工队已经进场，预计周四完工", "正在抢修，预计今晚恢复"),
    "report_done": ("路面已修复完毕，请企业核实", "任务已办结，请企业给个评价"),
    "transfer": ("这不属于我局职责，请转交通局", "请转给供电公司处理"),
    "request_extension": ("材料没到，申请延期五天", "申请延长办理期限3个工作日"),
    "ask_stats": ("本月办结率是多少", "上周天元区一共收了多少件"),
    "ask_help": ("机器人怎么使用", "你有什么功能"),
    "praise": ("感谢政府一直以来的关心支持", "为城管局的同志点赞"),
    "announce": (
        "【通知】周三上午九点召开企业座谈会，请准时参加",
        "各位企业家，省里出台了新的惠企政策，请查阅附件",
    ),
    "spam": ("无抵押贷款，当天放款，加微信", "专业代开发票，价格优惠"),
    "chitchat": ("大家早上好", "好的，收到"),
}
SENTENCES = [(text, intent) for intent, texts in PLAIN.items() for text in texts]
#: A report a category.
ABOUT = {
    "land": "我们的工业用地不动产权证一直办不下来，请自规局协调",
    "construction": "施工许可证报上去一个月没批，工地停工，请协调",
    "utilities": "车间电压不稳经常停电，申请增容供电公司没回音",
    "finance": "银行突然抽贷，企业资金周转不过来，请帮忙协调贷款",
    "labor": "招工难，缺工三十人，请人社局帮忙招聘",
    "subsidy": "去年的高新企业奖补资金还没有到账，请兑现",
    "tax": "出口退税申报了三个月没退下来，请税务局处理",
    "permit": "生产许可证跑了五趟还没批下来，请帮忙",
    "enforcement": "一个月里几个部门重复上门检查，影响生产",
    "arrears": "平台公司拖欠我们工程款三百万，两年了没付",
    "traffic": "厂门口道路破损严重，大货车进不来",
    "environment": "隔壁厂排放刺鼻异味，员工受不了",
    "safety": "园区里电缆连续被盗，请派出所加强巡逻",
    "market": "有企业冒用我们的商标卖假货，请查处侵权",
    "facilities": "园区没有食堂，员工吃饭不方便，请建食堂",
    "service": "政务大厅窗口工作人员态度差，互相推诿",
    "other": "厂区后面山上有野猪跑下来，不知道归哪个部门管",
}
#: How many of the sentences a parser must read right at least; Rasa is the small one of the tests.
RIGHT = {"keywords": 0.8, "rasa": 0.9, "compiled": 0.95}
RIGHT_ABOUT = {"keywords": 0.7, "rasa": 0.8, "compiled": 0.9}

#: What people, and machines, send into groups.
ODD = {
    "empty": "",
    "blanks": " \t\n\u3000",
    "emoji": "👍👍🌹[强][强]",
    "one family in one emoji": "👨\u200d👩\u200d👧",
    "command": "/report_issue",
    "command after blanks": f" \u3000/{REPORT}",
    "blanks around": f"\u3000\n {REPORT} 　\n",
    "too long": "路灯坏了一周，" * 571 + "请修一修",
    "full width": "＃１０２４　进度，电话１３８１２３４５６７８",
    "traditional": "栗雨工業園新馬路的路燈壞了一週",
    "control characters": "路灯\x00坏\x07了\u202e一周\ufeff，电话\x0013812345678",
    "beyond the first plane": "𠮷野家门口的路灯坏了一周😀，电话13812345678",
    "combining": "路灯坏了一周e\u0301ﬃ㍿，联系13812345678",
    "a lone surrogate": "路灯坏了\ud83d一周",
    "nothing but digits": "13812345678 13812345678#1024",
    "all of English": "The street lamp at Xinma Road is broken, call 0731-28665000",
}


@pytest.fixture(
    scope="module",
    params=["keywords", "compiled", pytest.param("rasa", marks=pytest.mark.processes)],
)
def parser(request: pytest.FixtureRequest) -> Parser:
    """Each of the twins."""
    if request.param == "keywords":
        return Keywords.load(PROJECT / "data")
    if request.param == "compiled":
        return Compiled.load(SHIPPED)
    found: Parser = request.getfixturevalue("rasa")
    return found


async def one(parser: Parser, text: str) -> Parse:
    (parse,) = await parser.parse([text])
    return parse


def words(parse: Parse, kind: str) -> list[str]:
    return [entity.value for entity in parse.entities if entity.entity == kind]


def test_no_plain_sentence_is_out_of_the_training_data() -> None:
    learnt = {fold(example.text) for example in Examples.read(PROJECT / "data").sentences}
    assert [text for text, _ in SENTENCES if fold(text) in learnt] == []
    assert list(PLAIN) == list(INTENTS)


async def test_plain_sentences_of_every_intent_are_read_right(parser: Parser) -> None:
    parses = await parser.parse([text for text, _ in SENTENCES])
    wrong = [
        f"{parse.text}: {parse.intent.name}, not {intent}"
        for parse, (_, intent) in zip(parses, SENTENCES, strict=True)
        if parse.intent.name != intent
    ]
    assert len(wrong) <= (1 - RIGHT[parser.name]) * len(SENTENCES), wrong


async def test_the_broken_street_lamp_is_read_exactly(parser: Parser) -> None:
    parse = await one(parser, REPORT)
    assert parse.intent.name == "report_issue"
    assert parse.category is not None
    assert parse.category.name == "traffic"
    (address,) = words(parse, "address")
    assert address in "栗雨工业园新马路"
    assert words(parse, "duration") == ["一周"]


async def test_parses_come_in_the_order_of_their_texts(parser: Parser) -> None:
    texts = [text for text, _ in SENTENCES]
    assert [parse.text for parse in await parser.parse(texts)] == texts
    assert await parser.parse([]) == []


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
async def test_whatever_comes_the_parse_fits_the_schema(parser: Parser, text: str) -> None:
    parse = await one(parser, text)
    assert parse.text == text
    assert parse.parser == parser.name
    assert Parse.from_json(parse.as_json()) == parse


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
async def test_spans_are_pieces_of_the_text_as_it_came(parser: Parser, text: str) -> None:
    spans = (await one(parser, text)).entities
    for span in spans:
        assert span.value == text[span.start : span.end] != ""
        assert span.value == span.value.strip()
        assert span.entity in ENTITIES
    for before, after in itertools.pairwise(spans):
        assert before.end <= after.start


async def test_only_reports_and_questions_have_a_category(parser: Parser) -> None:
    for parse in await parser.parse([text for text, _ in SENTENCES] + list(ODD.values())):
        assert (parse.category is not None) == (parse.intent.name in CATEGORISED), parse.text


@pytest.mark.parametrize("text", [REPORT, *ODD.values()], ids=["plain", *ODD])
async def test_the_same_text_twice_gives_the_same_parse(parser: Parser, text: str) -> None:
    first, second = await parser.parse([text, text])
    made = Parity()
    for again in (second, await one(parser, text)):
        assert replace(again, intent=first.intent, category=first.category, entities=()) == replace(
            first, entities=()
        )
        made.add(first, again)
    assert made.differences == []
    assert made.furthest < 1e-6  # numbers that are added in another order


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u3000", "/", "/ /\u200b"])
async def test_of_a_text_that_says_nothing_nobody_is_sure(parser: Parser, text: str) -> None:
    parse = await one(parser, text)
    assert (parse.intent.name, parse.intent.confidence) == ("chitchat", 0.0)
    assert parse.entities == ()


async def test_emoji_alone_open_nothing(parser: Parser) -> None:
    parse = await one(parser, ODD["emoji"])
    assert parse.intent.name in ("chitchat", "praise") or parse.intent.confidence < 0.6
    assert parse.entities == ()


@pytest.mark.parametrize("intent", INTENTS)
async def test_a_slash_is_no_command(parser: Parser, intent: str) -> None:
    parse = await one(parser, f'/{intent}{{"phone": "13812345678"}}')
    assert parse.intent.confidence < 1.0
    assert words(parse, "phone") == ["13812345678"]


@pytest.mark.parametrize("before", ["\n\n", " \u3000/", "//", "/。"])
async def test_what_stands_before_the_words_changes_nothing(parser: Parser, before: str) -> None:
    parse, plain = await one(parser, f"{before}{REPORT} "), await one(parser, REPORT)
    assert (parse.intent, parse.category) == (plain.intent, plain.category)
    places = [(entity.start - len(before), entity.value) for entity in parse.entities]
    assert places == [(entity.start, entity.value) for entity in plain.entities]


async def test_what_is_beyond_the_greatest_length_is_not_read(parser: Parser) -> None:
    text = "路灯坏了" * (LONGEST // 4)
    assert words(await one(parser, text + "13812345678"), "phone") == []
    cut = text[:-11] + "13812345678"
    assert words(await one(parser, cut + "修"), "phone") == ["13812345678"]


async def test_full_width_digits_are_digits(parser: Parser) -> None:
    parse = await one(parser, ODD["full width"])
    assert words(parse, "ticket_no") == ["１０２４"]
    assert words(parse, "phone") == ["１３８１２３４５６７８"]


async def test_traditional_characters_are_read_as_simplified_ones(parser: Parser) -> None:
    parse = await one(parser, ODD["traditional"])
    assert (parse.intent, parse.category) == (
        (plain := await one(parser, REPORT)).intent,
        plain.category,
    )
    assert words(parse, "duration") == ["一週"]


async def test_control_characters_hide_nothing(parser: Parser) -> None:
    parse = await one(parser, ODD["control characters"])
    assert words(parse, "phone") == ["13812345678"]


async def test_plain_reports_are_put_into_their_category(parser: Parser) -> None:
    parses = await parser.parse(list(ABOUT.values()))
    right = [
        parse.category is not None and parse.category.name == category
        for parse, category in zip(parses, ABOUT, strict=True)
    ]
    assert list(ABOUT) == list(CATEGORIES)
    assert sum(right) >= RIGHT_ABOUT[parser.name] * len(right), parses
