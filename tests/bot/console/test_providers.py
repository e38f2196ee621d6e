"""Signing in elsewhere, at a provider of the test's own."""

from typing import Any

import pytest

from storage import accounts, changes
from tests.bot.console.conftest import PASSWORD, Console
from tests.bot.console.provider import CLIENT, FORGED, Provider, comes, goes, is_out, signs_in

pytestmark = pytest.mark.embedded


# --- the sign-in page ----------------------------------------------------------------------------


async def test_where_nothing_is_set_up_nothing_is_offered(shared: Console) -> None:
    browser = await shared.stranger()
    assert "/signin/with/" not in (await browser.get("/signin")).text
    for path in ("/signin/with/oidc", "/signin/back/wecom", "/signin/with/nothing"):
        assert (await browser.get(path)).status_code == 404


async def test_what_is_set_up_is_offered_and_keeps_where_one_wanted_to_go(there: Console) -> None:
    page = (await (await there.stranger()).get("/signin", params={"next": "/tickets?a=b"})).text
    for name, label in (("oidc", "统一身份认证"), ("wecom", "企业微信")):
        assert f'href="/signin/with/{name}?next=/tickets%3Fa%3Db"' in page
        assert f"用{label}登录" in page


# --- OpenID Connect ------------------------------------------------------------------------------


async def test_who_signed_in_there_is_signed_in_here(there: Console, provider: Provider) -> None:
    browser, answer = await signs_in(there, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/tickets")
    assert "mingcheng=" in answer.headers["set-cookie"]
    assert (await browser.get("/reviews")).status_code == 200  # as the coordinator that c1 is
    async with there.app.database.transaction() as session:
        (line,) = await changes.page(session, what=["sign_in"])
    assert (line.by, line.became) == ("c1", {"way": "oidc"})


async def test_the_provider_is_asked_for_what_proves_the_answer(
    there: Console, provider: Provider
) -> None:
    browser = await there.stranger("https")
    first, second = await goes(browser, provider), await goes(browser, provider)
    assert first["redirect_uri"] == "https://jiandu.example/signin/back/oidc"
    assert (first["response_type"], first["client_id"]) == ("code", CLIENT)
    assert (first["scope"], first["code_challenge_method"]) == ("openid", "S256")
    for secret in ("state", "nonce", "code_challenge"):
        assert len(first[secret]) >= 32
        assert first[secret] != second[secret]


async def test_a_given_password_is_no_matter_to_who_comes_from_there(
    there: Console, provider: Provider
) -> None:
    async with there.app.database.transaction() as session:
        held = await accounts.of_subject(session, "oidc:zhangsan")
        assert held is not None
        held[0].given = True
    browser, _ = await signs_in(there, provider)
    assert (await browser.get("/groups")).status_code == 200


BENT: list[dict[str, Any]] = [
    {"iss": "https://elsewhere.example"}, {"aud": "another"}, {"aud": ["another"]},
    {"aud": [CLIENT, "another"]}, {"aud": [CLIENT], "azp": "another"}, {"exp": 1}, {"exp": None},
    {"exp": "soon"}, {"iat": None}, {"nonce": "another"}, {"nonce": None}, {"nonce": ["x"]},
    {"sub": None}, {"sub": ""}, {"sub": 1}, {"sub": "x" * 300}, {"sub": "zhang\x00san"},
    {"at_hash": "another"}, {"nbf": 9999999999},
]  # fmt: skip


@pytest.mark.parametrize("bent", BENT, ids=str)
async def test_a_token_that_does_not_prove_it_signs_nobody_in(
    there: Console, provider: Provider, bent: dict[str, Any]
) -> None:
    provider.bend = bent
    browser, answer = await signs_in(there, provider)
    assert (answer.status_code, "没有给出可信的身份证明" in answer.text) == (401, True)
    assert await is_out(browser)
    async with there.app.database.transaction() as session:
        (line,) = await changes.page(session)
    assert (line.what, line.became) == ("refused", {"why": "oidc"})


@pytest.mark.parametrize(
    ("key", "header"),
    [
        (FORGED, {"alg": "RS256", "kid": "one"}),
        (FORGED, {"alg": "RS256", "kid": "two"}),
        (None, {"alg": "HS256", "kid": "one"}),
        (None, {"alg": "none"}),
    ],
    ids=["forged", "unknown", "shared", "none"],
)
async def test_a_signature_that_is_not_the_providers_signs_nobody_in(
    there: Console, provider: Provider, key: Any, header: dict[str, Any]
) -> None:
    provider.key, provider.header = key, header
    browser, answer = await signs_in(there, provider)
    assert answer.status_code == 401
    assert await is_out(browser)


async def test_an_unknown_person_is_told_by_which_name_to_be_linked(
    there: Console, provider: Provider
) -> None:
    provider.bend = {"sub": "<script>wangwu"}
    browser, answer = await signs_in(there, provider)
    assert answer.status_code == 403
    assert "&lt;script&gt;wangwu" in answer.text
    assert "还没有关联本站账号" in answer.text
    assert await is_out(browser)


@pytest.mark.parametrize(
    "query",
    [{}, {"code": "good"}, {"code": "good", "state": "another"}, {"code": "good", "state": "非"},
     {"error": "access_denied", "state": "own"}, {"code": "", "state": "own"},
     {"code": "bad", "state": "own"}],
    ids=str,
)  # fmt: skip
async def test_what_comes_back_otherwise_signs_nobody_in(
    there: Console, provider: Provider, query: dict[str, str]
) -> None:
    browser = await there.stranger("https")
    asked = await goes(browser, provider)
    if query.get("state") == "own":
        query = {**query, "state": asked["state"]}
    answer = await comes(browser, **query)
    assert answer.status_code == 401
    assert await is_out(browser)


async def test_a_sign_in_ends_in_the_browser_and_by_the_way_in_which_it_began(
    there: Console, provider: Provider
) -> None:
    browser, other = await there.stranger("https"), await there.stranger("https")
    asked = await goes(browser, provider)
    back = {"code": "good", "state": asked["state"]}
    assert (await comes(other, **back)).status_code == 401
    assert await is_out(other)
    assert (await comes(browser, "wecom", **back)).status_code == 401


async def test_a_sign_in_is_good_for_one(there: Console, provider: Provider) -> None:
    browser = await there.stranger("https")
    asked = await goes(browser, provider)
    kept = dict(browser.cookies)
    back = {"code": "good", "state": asked["state"]}
    assert (await comes(browser, **back)).status_code == 303
    again = await there.stranger("https")
    again.cookies.update(kept)
    assert (await comes(again, **back)).status_code == 401


@pytest.mark.parametrize("target", ["//elsewhere.example", "https://elsewhere.example"])
async def test_the_way_back_leads_to_no_other_host(
    there: Console, provider: Provider, target: str
) -> None:
    browser = await there.stranger("https")
    asked = await goes(browser, provider, there=target)
    answer = await comes(browser, code="good", state=asked["state"])
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    "about",
    [{"issuer": "https://elsewhere.example"}, {"authorization_endpoint": None},
     {"authorization_endpoint": 1}],
    ids=str,
)  # fmt: skip
async def test_a_provider_that_is_not_itself_is_not_asked(
    there: Console, provider: Provider, about: dict[str, Any]
) -> None:
    provider.about = about
    answer = await (await there.stranger("https")).get("/signin/with/oidc")
    assert (answer.status_code, "暂时连不上" in answer.text) == (503, True)


@pytest.mark.parametrize("place", ["token_endpoint", "jwks_uri"])
async def test_a_provider_that_goes_away_half_way_is_a_sentence(
    there: Console, provider: Provider, place: str
) -> None:
    browser = await there.stranger("https")
    asked = await goes(browser, provider)
    provider.about = {place: "http://127.0.0.1:1/"}
    answer = await comes(browser, code="good", state=asked["state"])
    assert (answer.status_code, "统一身份认证暂时连不上" in answer.text) == (503, True)


async def test_while_the_provider_is_down_passwords_work(
    there: Console, provider: Provider
) -> None:
    provider.broken = True
    browser = await there.stranger("https")
    answer = await browser.get("/signin/with/oidc")
    assert (answer.status_code, "请用密码登录" in answer.text) == (503, True)
    signed = {"login": await there.account("c1"), "password": PASSWORD}
    assert (await browser.post("/signin", data=signed)).status_code == 303
    assert (await browser.get("/groups")).status_code == 200
