"""Signing in elsewhere: at an OpenID Connect provider, and with 企业微信."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import httpx
import structlog
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bot.settings import Settings

log = structlog.get_logger()

#: Seconds that an answer may take.
PATIENCE = 8
#: Signatures that only the provider can make; a shared secret or none at all is no signature.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
#: Clocks go wrong by so many seconds.
LEEWAY = 60
#: Longer names of people are none.
LONGEST = 200


class Unreachable(Exception):
    """The provider gives no answer that can be used."""


class Untrusted(Exception):
    """What came back proves nothing; the message says why, for the log."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What was made up for one sign-in, and comes back or is proven with it."""

    back: str  # where the provider sends the browser
    state: str = field(default_factory=lambda: secrets.token_hex(24))
    nonce: str = field(default_factory=lambda: secrets.token_hex(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))


class Way(Protocol):
    """A provider of sign-ins."""

    name: str
    label: str

    async def address(self, begun: Begun, agent: str) -> str:
        """Where a browser of this kind goes to sign in. Unreachable, Untrusted."""
        ...

    async def subject(self, begun: Begun, query: Mapping[str, str], now: datetime) -> str:
        """Who came back with this query. Unreachable, Untrusted."""
        ...


def of(settings: Settings) -> dict[str, Way]:
    """The ways that are set up, by name."""
    ways: list[Way] = []
    if settings.oidc_issuer:
        ways.append(
            OpenId(
                settings.oidc_issuer, settings.oidc_client_id,
                settings.oidc_client_secret.get_secret_value(), settings.oidc_name,
            )
        )  # fmt: skip
    if settings.wecom_corp_id:
        ways.append(
            WeCom(
                settings.wecom_corp_id, settings.wecom_agent_id,
                settings.wecom_secret.get_secret_value(), settings.wecom_api,
            )
        )  # fmt: skip
    return {way.name: way for way in ways}


def comes_back(begun: Begun, query: Mapping[str, str]) -> str:
    """The code that came back for this sign-in. Untrusted where it is another one's, or none."""
    if not hmac.compare_digest(query.get("state", "").encode(), begun.state.encode()):
        raise Untrusted("state")
    if not query.get("code"):
        raise Untrusted(f"no code: {query.get('error', '')[:80]}")
    return query["code"]


class OpenId:
    """OpenID Connect with a code, PKCE, a nonce and a signed ID token."""

    name = "oidc"

    def __init__(self, issuer: str, client_id: str, secret: str, label: str) -> None:
        """At this issuer, known there under this id."""
        self.issuer, self.client_id, self.secret, self.label = issuer, client_id, secret, label

    async def address(self, begun: Begun, agent: str) -> str:
        """The provider's own page."""
        async with _client() as client:
            about = await self._about(client)
        query = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": begun.back,
            "scope": "openid", "state": begun.state, "nonce": begun.nonce,
            "code_challenge": create_s256_code_challenge(begun.verifier),
            "code_challenge_method": "S256",
        }  # fmt: skip
        start = _told(about, "authorization_endpoint")
        return f"{start}{'&' if '?' in start else '?'}{urlencode(query)}"

    async def subject(self, begun: Begun, query: Mapping[str, str], now: datetime) -> str:
        """Whom the ID token names, once all that it must prove is proven."""
        code = comes_back(begun, query)
        async with _client() as client:
            about = await self._about(client)
            tokens = await self._tokens(client, about, begun, code)
            keys = await _json(client.get(_told(about, "jwks_uri")))
        return self._proven(tokens, keys, begun.nonce, now)

    async def _about(self, client: httpx.AsyncClient) -> dict[str, Any]:
        place = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        about = await _json(client.get(place))
        if about.get("issuer") != self.issuer:
            raise Unreachable(f"the issuer calls itself {str(about.get('issuer'))[:80]}")
        return about

    async def _tokens(
        self, client: httpx.AsyncClient, about: dict[str, Any], begun: Begun, code: str
    ) -> dict[str, Any]:
        asked = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": begun.back,
            "code_verifier": begun.verifier,
        }  # fmt: skip
        shown = None
        ways = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if self.secret and "client_secret_basic" in ways:
            shown = httpx.BasicAuth(quote(self.client_id, ""), quote(self.secret, ""))
        else:
            asked |= {"client_id": self.client_id}
            asked |= {"client_secret": self.secret} if self.secret else {}
        sent = client.post(
            _told(about, "token_endpoint"), data=asked, auth=shown or httpx.USE_CLIENT_DEFAULT
        )
        return await _json(sent)

    def _proven(
        self, tokens: dict[str, Any], keys: dict[str, Any], nonce: str, now: datetime
    ) -> str:
        try:
            token = jwt.decode(
                str(tokens.get("id_token", "")), KeySet.import_key_set(keys),  # type: ignore[arg-type]
                algorithms=ALGORITHMS,
            )  # fmt: skip
            claims = CodeIDToken(
                token.claims, token.header,
                {
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self.client_id},
                },
                {"nonce": nonce, "client_id": self.client_id,
                 "access_token": tokens.get("access_token")},
            )  # fmt: skip
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise Untrusted(f"{type(error).__name__}: {error}") from error
        return _subject(token.claims.get("sub"))


class WeCom:
    """企业微信: OAuth2 inside its app, a code to be scanned elsewhere."""

    name, label = "wecom", "企业微信"

    def __init__(self, corp_id: str, agent_id: str, secret: str, api: str) -> None:
        """The sign-in of an app of this corporation."""
        self.corp_id, self.agent_id, self.secret, self.api = corp_id, agent_id, secret, api
        self._token, self._until = "", datetime.min.replace(tzinfo=UTC)

    async def address(self, begun: Begun, agent: str) -> str:
        """Silent within 企业微信; elsewhere a page with a code to scan."""
        same = {"appid": self.corp_id, "agentid": self.agent_id, "redirect_uri": begun.back}
        if "wxwork" in agent.lower():
            query = {**same, "response_type": "code", "scope": "snsapi_base", "state": begun.state}
            start = "https://open.weixin.qq.com/connect/oauth2/authorize"
            return f"{start}?{urlencode(query)}#wechat_redirect"
        query = {**same, "login_type": "CorpApp", "state": begun.state}
        return f"https://login.work.weixin.qq.com/wwlogin/sso/login?{urlencode(query)}"

    async def subject(self, begun: Begun, query: Mapping[str, str], now: datetime) -> str:
        """The userid of a member of the corporation; whoever else scanned the code is nobody."""
        code = comes_back(begun, query)
        async with _client() as client:
            found = await self._asked(client, code, now)
            if found.get("errcode") in TOKEN_ENDED:  # once: then it is something else
                self._token = ""
                found = await self._asked(client, code, now)
        if found.get("errcode") == CODE_UNKNOWN:
            raise Untrusted("the code is unknown or used")
        if found.get("errcode"):
            raise Unreachable(f"errcode {found['errcode']}")
        return _subject(found.get("userid") or found.get("UserId"))

    async def _asked(self, client: httpx.AsyncClient, code: str, now: datetime) -> dict[str, Any]:
        token = await self._access(client, now)
        return await _json(
            client.get(
                f"{self.api}/cgi-bin/auth/getuserinfo",
                params={"access_token": token, "code": code},
            )
        )

    async def _access(self, client: httpx.AsyncClient, now: datetime) -> str:
        """The token of the app; it is kept, because asking too often is punished."""
        if not self._token or now >= self._until:
            given = {"corpid": self.corp_id, "corpsecret": self.secret}
            found = await _json(client.get(f"{self.api}/cgi-bin/gettoken", params=given))
            if found.get("errcode") or not isinstance(found.get("access_token"), str):
                raise Unreachable(f"no token: errcode {found.get('errcode')}")
            self._token = found["access_token"]
            self._until = now + timedelta(seconds=min(int(found.get("expires_in", 0)), 7200) - 60)
        return self._token


#: The token ended early; the code is unknown, used or too old.
TOKEN_ENDED = frozenset({40014, 42001})
CODE_UNKNOWN = 40029


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=PATIENCE)


async def _json(sent: Any) -> dict[str, Any]:
    """What was answered, as an object. Unreachable, or Untrusted where we were refused."""
    try:
        answer = await sent
        found = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Unreachable(type(error).__name__) from error
    if not isinstance(found, dict) or answer.status_code >= 500:
        raise Unreachable(f"HTTP {answer.status_code}")
    if answer.status_code >= 400:
        raise Untrusted(f"HTTP {answer.status_code}: {str(found.get('error'))[:80]}")
    return found


def _told(about: dict[str, Any], name: str) -> str:
    found = about.get(name)
    if not isinstance(found, str):
        raise Unreachable(f"no {name}")
    return found


def _subject(found: object) -> str:
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST or not found.isprintable():
        raise Untrusted("it names nobody")
    return found
