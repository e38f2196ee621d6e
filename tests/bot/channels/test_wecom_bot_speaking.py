"""What a 智能机器人 says: its cards and their buttons, its parts, and what an error means."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Later, Meant, Permanent, Received
from bot.channels.wecom_bot import cards, faults, frames, speaking
from tests.bot.channels.wecom_bot_frames import EVENT, POST, bot, heard

# --- buttons ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("confirm_resolved", "【确认办结】12号"),
        ("dispute_result", "【仍未解决】12号"),
        ("urge", "【催办】12号"),
    ],
)
def test_a_tap_is_a_message_that_says_what_it_means(intent: str, text: str) -> None:
    event = json.loads(json.dumps(EVENT))
    event["event"]["template_card_event"]["event_key"] = f"{intent}:12"
    found = heard(event)
    (taken,) = found.received.messages
    assert (taken.id, taken.group, taken.sender) == ("EV-1", "wr1", "zhang")
    assert (taken.meant, taken.text, taken.mentions_bot) == (Meant(intent, 12), text, True)
    assert found.reply is not None
    cmd, update = found.reply
    assert (cmd, update["response_type"]) == ("aibot_respond_update_msg", "update_template_card")
    assert (update["userids"], update["template_card"]["task_id"]) == (["zhang"], "post-7-ab")


def test_a_card_offers_what_the_post_offers() -> None:
    post = replace(POST, offers=("confirm_resolved", "dispute_result"))
    card = speaking.card(post)
    assert card is not None
    buttons = [(one["text"], cards.meant(one["key"])) for one in card["button_list"]]
    assert buttons == [
        ("确认办结", Meant("confirm_resolved", 12)), ("仍未解决", Meant("dispute_result", 12)),
    ]  # fmt: skip
    assert card["sub_title_text"] == "已办结"
    again = speaking.card(post)
    assert again is not None
    assert again["task_id"] != card["task_id"]


@given(st.text(max_size=300))
def test_the_id_of_a_card_is_one_whatever_the_post_is_called(id_: str) -> None:
    task = cards.card(id_, 12, ["urge"], "")["task_id"]
    assert len(task) <= 128
    assert set(task) <= set("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-@")


@pytest.mark.parametrize(
    "key", ["", "urge", "urge:", "urge:0", "urge:-1", "urge:１２", "urge:1234567890", "withdraw:12",
            "urge:12 ", "urge:12\n", " urge:12", "resolve:12"],
)  # fmt: skip
def test_a_button_that_is_none_of_ours_means_nothing(key: str) -> None:
    assert cards.meant(key) is None


def test_a_card_that_was_tapped_before_does_nothing_more() -> None:
    event = json.loads(json.dumps(EVENT))
    update = cards.taken(Meant("urge", 12), "t", "zhang")
    (button,) = update["template_card"]["button_list"]
    event["event"]["template_card_event"]["event_key"] = button["key"]
    assert heard(event) == frames.Heard(Received())


# --- parts ------------------------------------------------------------------------------------


def test_a_long_text_is_cut_by_bytes_and_its_buttons_come_last() -> None:
    text = "路灯坏了,请尽快修好。" * 1500
    post = replace(POST, text=text, offers=("urge",))
    texts = bot(bot_id="b", secret="s").split(post)
    assert "".join(texts[:-1]) == text
    assert all(len(one.encode()) <= 20480 for one in texts)
    parts = [
        replace(post, text=one, part=number, parts=len(texts)) for number, one in enumerate(texts)
    ]
    assert [speaking.card(part) is not None for part in parts] == [False] * (len(texts) - 1) + [
        True
    ]


def test_a_short_text_is_the_card_itself() -> None:
    assert speaking.split(replace(POST, offers=("urge",))) == ["已办结"]


@given(st.text(max_size=500))
def test_no_text_of_anybody_is_mark_up(text: str) -> None:
    for part in speaking.split(replace(POST, text=text)):
        assert not set(part) & set("<>[]`*")


# --- errors -----------------------------------------------------------------------------------

FAULTS: list[tuple[int, type[Exception], float | None, str]] = [
    (-1, Later, None, "繁忙"),
    (45009, Later, 60, "太频繁"),
    (45033, Later, 60, "太频繁"),
    (846601, Later, None, "长连接"),
    (846607, Later, None, "@过"),
    (846609, Later, 5, "重连"),
    (853000, Later, None, "Secret"),
    (853001, Later, None, "10 人"),
    (45002, Permanent, None, "长度"),
    (40008, Permanent, None, "40008"),
    (40058, Permanent, None, "40058"),
    (846604, Permanent, None, "846604"),
    (846611, Permanent, None, "846611"),
    (846625, Permanent, None, "846625"),
    (846697, Permanent, None, "846697"),
    (999999, Permanent, None, "999999"),
]


@pytest.mark.parametrize(("code", "kind", "after", "words"), FAULTS)
def test_an_error_says_what_becomes_of_the_post(
    code: int, kind: type[Exception], after: float | None, words: str
) -> None:
    fault = faults.fault(code)
    assert type(fault) is kind
    assert getattr(fault, "after", None) == after
    assert words in str(fault)


@pytest.mark.parametrize("code", sorted(faults.LEFT))
def test_a_group_that_is_left_is_not_written_to_again(code: int) -> None:
    fault = faults.fault(code)
    assert isinstance(fault, Permanent)
    assert fault.blocks
    assert "恢复发送" in str(fault)  # the button that lets it: to save a group changes nothing
