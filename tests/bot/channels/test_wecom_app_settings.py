"""企业微信应用: which of its halves settings turn on, and which settings are wrong."""

from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.wecom_app import WecomApp, channel
from bot.settings import Settings, Wrong
from tests.bot.channels.fakes.wecom_api import CORP
from tests.bot.channels.wecom_app_made import DEAF, KEY, TOKEN


def set_up(monkeypatch: pytest.MonkeyPatch, token: str, key: str, **settings: Any) -> WecomApp:
    monkeypatch.setenv("MINGCHENG_WECOM_APP_TOKEN", token)
    monkeypatch.setenv("MINGCHENG_WECOM_APP_AES_KEY", key)
    return channel(Settings(**settings), None)  # type: ignore[arg-type]  # nothing is sent


@pytest.mark.parametrize(
    ("token", "key", "settings", "words"),
    [
        (TOKEN, "", {"wecom_corp_id": CORP}, "MINGCHENG_WECOM_APP_AES_KEY"),
        ("", KEY, {"wecom_corp_id": CORP}, "MINGCHENG_WECOM_APP_TOKEN"),
        (TOKEN, KEY, {}, "MINGCHENG_WECOM_CORP_ID"),
        (TOKEN, "too short", {"wecom_corp_id": CORP}, "MINGCHENG_WECOM_APP_AES_KEY"),
        ("no token!", KEY, {"wecom_corp_id": CORP}, "MINGCHENG_WECOM_APP_TOKEN"),
        ("", "", {"wecom_agent_id": "abc"}, "MINGCHENG_WECOM_AGENT_ID"),
    ],
)
def test_a_setting_that_is_missing_or_wrong_is_named(
    monkeypatch: pytest.MonkeyPatch, token: str, key: str, settings: dict[str, str], words: str
) -> None:
    with pytest.raises(Wrong, match=words) as wrong:
        set_up(monkeypatch, token, key, **settings)
    assert KEY not in str(wrong.value)


def test_each_half_works_without_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (DEAF.tells, DEAF.callback, DEAF.by_settings()) == (False, True, None)
    off = set_up(monkeypatch, "", "")
    health = off.by_settings()
    assert (off.tells, off.callback) == (False, False)
    assert health is not None
    assert health.state == "off"
    speaking = set_up(
        monkeypatch, "", "", wecom_corp_id=CORP, wecom_agent_id="2", wecom_secret=SecretStr("x")
    )
    assert (speaking.tells, speaking.callback, speaking.people) == (True, False, "wecom")
