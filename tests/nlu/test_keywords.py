"""The keyword twin: learnt from examples alone, never away."""

from pathlib import Path

import pytest

from nlu.examples import Example, Examples
from nlu.keywords import Bayes, Keywords, grams
from nlu.text import Span

EXAMPLES = Examples(
    sentences=(
        Example("路灯坏了", "report_issue", "traffic", ()),
        Example("新马路的路灯不亮", "report_issue", "traffic", (Span("address", 0, 3),)),
        Example("厂里停电了", "report_issue", "utilities", ()),
        Example("城管局什么时候来人", "ask_progress", None, (Span("unit", 0, 3),)),
        Example("办到哪一步了", "ask_progress", None, ()),
        Example("东就好", "chitchat", None, (Span("address", 0, 1),)),
        Example("早上好", "chitchat", None, ()),
    ),
    lookups={"unit": ("天元区城管局",), "district": ("天元区",), "address": ("新马路28号",)},
)
TWIN = Keywords(EXAMPLES)


def found(text: str) -> list[tuple[str, str]]:
    return [(entity.entity, entity.value) for entity in TWIN.read(text).entities]


@pytest.mark.parametrize("example", EXAMPLES.sentences, ids=lambda example: example.text)
def test_what_it_learnt_it_knows(example: Example) -> None:
    parse = TWIN.read(example.text)
    assert parse.intent.name == example.intent
    assert (parse.category.name if parse.category else None) == example.category


def test_it_is_sure_in_shares_of_one() -> None:
    twin = Bayes([("路灯坏了", "a"), ("早上好", "b")])
    sure, unsure = twin.best("路灯坏了"), twin.best("12345")
    assert sure.name == "a"
    assert 0.5 <= unsure.confidence < 0.6 < sure.confidence <= 1.0


def test_what_is_long_is_not_like_what_is_long() -> None:
    reply = "您好，来信收悉，经核实现已整改到位，如有疑问请及时与我们联系，感谢支持和理解"
    twin = Bayes([("路灯坏了", "a"), ("停水了", "a"), (reply, "b"), (f"答复：{reply}", "b")])
    assert twin.best(f"路灯坏了停水了{'我们这里住着很多人请来看看' * 5}").name == "a"


def test_of_equals_the_last_by_name_is_taken_always() -> None:
    assert [Bayes([("路", "a"), ("路", "b")]).best("路").name for _ in range(3)] == ["b"] * 3


def test_grams_know_where_a_text_begins_and_ends() -> None:
    assert set(grams("好")) == {"^", "好", "$", "^好", "好$", "^好$"}
    assert list(grams(" 好。")) == list(grams("好"))


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("天元区城管局来人了", [("unit", "天元区城管局")]),
        ("天元区的路灯", [("district", "天元区")]),
        ("新马路28号没电", [("address", "新马路28号")]),
        ("新马路没电", [("address", "新马路")]),
        ("新馬路沒電", [("address", "新馬路")]),
        ("东西不好", []),
    ],
)
def test_names_are_found_the_longest_first(text: str, entities: list[tuple[str, str]]) -> None:
    assert found(text) == entities


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("坏了一周", [("duration", "一周")]),
        ("停了3个工作日", [("duration", "3个工作日")]),
        ("三个多月没人管", [("duration", "三个多月")]),
        ("欠我们37万元", [("amount", "37万元")]),
        ("收了1,200块", [("amount", "1,200块")]),
        ("6月12日坏的", [("time", "6月12日")]),
        ("2023年4月3日停电", [("time", "2023年4月3日")]),
        ("昨天下午3点停电", [("time", "昨天下午3点")]),
        ("上周五来过", [("time", "上周五")]),
        ("3月份的补贴", [("time", "3月份")]),
        ("电话13812345678", [("phone", "13812345678")]),
        ("#1024 进度", [("ticket_no", "1024")]),
    ],
)
def test_times_and_amounts_are_known_by_their_looks(
    text: str, entities: list[tuple[str, str]]
) -> None:
    assert found(text) == entities


async def test_texts_are_read_one_by_one() -> None:
    texts = ["路灯坏了", "早上好", ""]
    assert await TWIN.parse(texts) == [TWIN.read(text) for text in texts]


def test_without_any_name_it_still_reads() -> None:
    bare = Keywords(Examples((Example("早上好", "chitchat", None, ()),), {}))
    assert bare.read("天元区的路灯坏了一周").intent.name == "chitchat"


def test_it_learns_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(
        "nlu:\n- intent: chitchat\n  examples: |\n    - 早上好\n- intent: urge\n  examples: |\n"
        "    - 请尽快\n",
        encoding="utf-8",
    )
    assert Keywords.load(tmp_path).read("请尽快处理").intent.name == "urge"
