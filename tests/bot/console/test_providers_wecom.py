"""Signing in with 企业微信, at a provider of the test's own."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.bot.console.conftest import Console
from tests.bot.console.provider import Provider, comes, goes, is_out, signs_in

pytestmark = pytest.mark.embedded


async def test_a_member_of_the_corporation_is_signed_in(there: Console, provider: Provider) -> None:
    browser, answer = await signs_in(there, provider, "wecom")
    assert (answer.status_code, answer.headers["location"]) == (303, "/tickets")
    assert (await browser.get("/account")).text.count("lisi") == 1


@pytest.mark.parametrize(
    ("agent", "host", "silent"),
    [("Mozilla/5.0 Chrome/130", "login.work.weixin.qq.com", False),
     ("Mozilla/5.0 MicroMessenger/7 wxwork/4.1", "open.weixin.qq.com", True)],
)  # fmt: skip
async def test_within_the_app_it_is_silent_and_elsewhere_a_code_to_scan(
    there: Console, agent: str, host: str, silent: bool
) -> None:
    browser = await there.stranger("https")
    answer = await browser.get("/signin/with/wecom", headers={"user-agent": agent})
    place = urlsplit(answer.headers["location"])
    asked = {key: value for key, (value,) in parse_qs(place.query).items()}
    assert place.hostname == host
    assert (asked["appid"], asked["agentid"]) == ("corp", "1000002")
    assert asked["redirect_uri"] == "https://jiandu.example/signin/back/wecom"
    assert asked["state"].isalnum()
    assert (place.fragment, asked.get("scope")) == (
        ("wechat_redirect", "snsapi_base") if silent else ("", None)
    )


async def test_the_token_of_the_app_is_kept_and_taken_anew_once_it_ended(
    there: Console, provider: Provider
) -> None:
    for _ in range(2):
        await signs_in(there, provider, "wecom")
    assert provider.tokens == 1
    provider.ended = {"t1"}
    _, answer = await signs_in(there, provider, "wecom")
    assert (answer.status_code, provider.tokens) == (303, 2)
    provider.ended = {"t2", "t3", "t4"}
    _, answer = await signs_in(there, provider, "wecom")
    assert (answer.status_code, provider.tokens) == (503, 3)


@pytest.mark.parametrize(
    ("user", "code", "status"),
    [
        ({"errcode": 0, "openid": "o-guest"}, "good", 401),  # not of this corporation
        ({"errcode": 0, "userid": ""}, "good", 401),
        ({"errcode": 0, "userid": 5}, "good", 401),
        ({"errcode": 0, "userid": "wangwu"}, "good", 403),
        ({"errcode": 0, "userid": "lisi"}, "used", 401),
        ({"errcode": 60020, "errmsg": "not allow to access from your ip"}, "good", 503),
        ({"errcode": -1}, "good", 503),
    ],
)
async def test_who_is_no_linked_member_is_not(
    there: Console, provider: Provider, user: dict[str, Any], code: str, status: int
) -> None:
    provider.user = user
    browser, answer = await signs_in(there, provider, "wecom", code)
    assert answer.status_code == status
    assert await is_out(browser)


async def test_of_another_state_no_code_is_used(there: Console, provider: Provider) -> None:
    browser = await there.stranger("https")
    await goes(browser, provider, "wecom")
    assert (await comes(browser, "wecom", code="good", state="0" * 48)).status_code == 401
    assert provider.tokens == 0
