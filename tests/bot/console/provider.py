"""A provider of sign-ins on loopback with real keys, and the way there and back."""

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
import pytest_asyncio
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from storage import accounts
from tests.bot.console.conftest import Console

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
