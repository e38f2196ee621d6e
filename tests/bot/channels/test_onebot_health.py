"""Which settings of QQ groups are wrong, and how the bots are that are heard of."""

import json
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.channels.base import (
    Health,
)
from bot.channels.onebot import OneBot
from bot.channels.onebot.roster import FORGOTTEN, GONE, Roster
from bot.channels.onebot.settings import OneBotSettings
from bot.settings import Wrong
from tests.bot.channels.onebot_made import made
from tests.fixtures.cast import START


@pytest.mark.parametrize("api", ["napcat:3000", "ftp://x", "http://u:p@x", "http://x?token=1"])
def test_a_wrong_address_is_told_by_the_name_of_its_setting(
    monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    monkeypatch.setenv("MINGCHENG_ONEBOT_API", api)
    with pytest.raises(Wrong, match="MINGCHENG_ONEBOT_API"):
        OneBotSettings.of("onebot")


@pytest.mark.parametrize("given_", ["", "g1", "123", "0123456", "1" * 13])
def test_a_group_is_called_by_its_number(given_: str) -> None:
    assert OneBot.address(" 123456 ") == "123456"
    with pytest.raises(ValueError, match="群号"):
        OneBot.address(given_)


def test_without_a_token_it_is_off() -> None:
    assert made().by_settings() is None
    assert made(token="").by_settings() == Health("off", "没有设置 MINGCHENG_ONEBOT_TOKEN")


def test_who_is_not_heard_of_is_gone_and_forgotten_in_time() -> None:
    roster = Roster()
    assert roster.health(START).state == "down"
    for bot in ("1", "2"):
        roster.note(json.dumps({"bot": bot, "online": True}), START)
    assert roster.health(START).state == "ok"
    later = START + GONE + timedelta(seconds=1)
    roster.note(json.dumps({"bot": "2"}), later)
    found = roster.health(later)
    assert found.state == "warn"
    assert "机器人 1 已断开(自 4月3日09:00)" in found.words
    roster.note(json.dumps({"bot": "2"}), START + 2 * FORGOTTEN)
    assert roster.health(START + 2 * FORGOTTEN) == Health("ok", "机器人 2 已连接(自 4月3日09:00)")


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
@example('{"bot": 1, "since": "soon"}')
@example('{"bot": "1", "since": 5}')
def test_a_hint_that_is_none_is_passed_over(hint: str) -> None:
    roster = Roster()
    roster.note(hint, START)
    assert roster.health(START).state == "down"
