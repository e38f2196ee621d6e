"""Signing in elsewhere, at a provider of the test's own on loopback, with real keys."""

import asyncio
import hashlib
import hmac
import json
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from storage import accounts, changes
from tests.bot.console.conftest import PASSWORD, Console

pytestmark = pytest.mark.embedded

CLIENT, SECRET = "mingcheng", "a secret/of ours"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
FORGED = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


class Provider:
    """An OpenID provider and a 企业微信; what it says can be bent."""

    def __init__(self) -> None:
        """Well-behaved, until `bend` and `key` say otherwise."""
        self.url, self.asked = "", {}  # type: str, dict[str, Any]
        self.bend: dict[str, Any] = {}
        self.about: dict[str, Any] = {}
        self.key: Any = KEY
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.tokens = 0
        self.user: dict[str, Any] = {"errcode": 0, "userid": "lisi"}
        self.ended: set[str] = set()
        self.broken = False
        self.web = self._web()

    def _web(self) -> FastAPI:
        web = FastAPI()

        @web.get("/.well-known/openid-configuration")
        async def about() -> Response:
            if self.broken:
                return Response("<html>wartung</html>", 502)
            told = {
                "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys",
            }  # fmt: skip
            return JSONResponse(told | self.about)

        @web.get("/keys")
        async def keys() -> Any:
            return {"keys": [KEY.as_dict(private=False)]}

        @web.post("/token")
        async def token(request: Request) -> Response:
            form = dict(parse_qsl((await request.body()).decode()))
            shown = b64decode(request.headers["authorization"].split()[1]).decode()
            challenge = urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
            fits = challenge.rstrip(b"=").decode() == self.asked["code_challenge"]
            if (shown, form["code"], fits) != (f"{CLIENT}:a%20secret%2Fof%20ours", "good", True):
                return JSONResponse({"error": "invalid_grant"}, 400)
            return JSONResponse({"access_token": "x", "id_token": self.id_token()})

        @web.get("/cgi-bin/gettoken")
        async def access(corpid: str, corpsecret: str) -> Any:
            self.tokens += 1
            if (corpid, corpsecret) != ("corp", SECRET):
                return {"errcode": 40001, "errmsg": "invalid credential"}
            return {"errcode": 0, "access_token": f"t{self.tokens}", "expires_in": 7200}

        @web.get("/cgi-bin/auth/getuserinfo")
        async def user(access_token: str, code: str) -> Any:
            if access_token in self.ended:
                return {"errcode": 42001, "errmsg": "access_token expired"}
            return self.user if code == "good" else {"errcode": 40029, "errmsg": "invalid code"}

        return web

    def id_token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url, "sub": "zhangsan", "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": self.asked["nonce"], **self.bend,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.key is None:  # signed with what everybody knows, or not at all
            said = f"{packed(self.header)}.{packed(claims)}"
            known = KEY.as_pem(private=False) if self.header["alg"] == "HS256" else b""
            made = hmac.digest(known, said.encode(), "sha256") if known else b""
            return f"{said}.{urlsafe_b64encode(made).rstrip(b'=').decode()}"
        return jwt.encode(self.header, claims, self.key, algorithms=[self.header["alg"]])

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """On a port of loopback."""
        config = uvicorn.Config(self.web, port=0, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve())
        while not server.started:  # noqa: ASYNC110  # uvicorn has no event
            await asyncio.sleep(0.01)
        self.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        try:
            yield
        finally:
            server.should_exit = True
            await task


def packed(told: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Provider]:
    made = Provider()
    async with made.served():
        yield made


@pytest_asyncio.fixture
async def there(console: Console, provider: Provider) -> Console:
    """A console that signs people in at the provider, both ways; zhangsan and lisi are linked."""
    console.app.settings = console.app.settings.model_copy(
        update={
            "oidc_issuer": provider.url, "oidc_client_id": CLIENT,
            "oidc_client_secret": SecretStr(SECRET), "wecom_corp_id": "corp",
            "wecom_agent_id": "1000002", "wecom_secret": SecretStr(SECRET),
            "wecom_api": provider.url, "public_url": "https://jiandu.example",
        }
    )  # fmt: skip
    made = Console(console.app, console.stack)
    for subject, member in (("oidc:zhangsan", "c1"), ("wecom:lisi", "h1")):
        login = await made.account(member)
        async with made.app.database.transaction() as session:
            await accounts.link(session, login, subject)
    return made


async def goes(
    browser: httpx.AsyncClient, provider: Provider, name: str = "oidc", there: str = "/tickets"
) -> dict[str, str]:
    """Click on the button; what the provider is asked."""
    answer = await browser.get(f"/signin/with/{name}", params={"next": there})
    assert answer.status_code == 303
    place = urlsplit(answer.headers["location"])
    asked = {key: value for key, (value,) in parse_qs(place.query).items()}
    provider.asked = asked
    return asked


async def comes(browser: httpx.AsyncClient, name: str = "oidc", **query: str) -> httpx.Response:
    """Come back from the provider."""
    return await browser.get(f"/signin/back/{name}", params=query)


async def signs_in(
    console: Console, provider: Provider, name: str = "oidc", code: str = "good"
) -> tuple[httpx.AsyncClient, httpx.Response]:
    """The whole way there and back."""
    browser = await console.stranger("https")
    asked = await goes(browser, provider, name)
    return browser, await comes(browser, name, code=code, state=asked["state"])


async def is_out(browser: httpx.AsyncClient) -> bool:
    return (await browser.get("/groups")).status_code == 303


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


# --- 企业微信 ------------------------------------------------------------------------------------


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
