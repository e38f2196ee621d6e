"""The API of 企业微信: one way to its address, and one token for all processes (doc 91039)."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import httpx

from bot.channels.base import Later, Shared, Unknown
from bot.channels.wecom.faults import BUSY, ENDED, OFTEN, PAUSE, fault
from bot.streams import Away

#: A token is asked for anew so many seconds before it ends.
EARLY = 300
#: After a refused secret nobody asks for so long: who goes on is blocked for an hour (doc 91039).
REFUSED = 300.0
#: The system is busy: so long between tries, in seconds, and no more of them (doc 90313).
PAUSES = (0.2, 0.6, 1.8)
CHECK = "请检查 MINGCHENG_WECOM_API"

Params = Mapping[str, str | int]
Files = Mapping[str, tuple[str, bytes, str]]  # name of the field: file name, bytes, type


class Line:
    """The way to the API at one address; it opens when it is first needed."""

    def __init__(self, base: str, timeout: float) -> None:
        """A request takes at most so many seconds."""
        self.base, self.timeout, self.pauses = base, timeout, PAUSES
        self.client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Give the connections back."""
        if self.client is not None:
            await self.client.aclose()
            self.client = None

    async def ask(
        self,
        path: str,
        params: Params,
        *,
        json: Any = None,
        files: Files | None = None,
        sends: bool = False,
    ) -> dict[str, Any]:
        """What is answered, with `errcode` as a number; asked again while the system is busy.

        Later: it was not asked, or may be asked again. Unknown, where it `sends`: it was asked,
        and nobody answered. Nothing raised holds an address or what stands in it.
        """
        found = await self._once(path, params, json, files, sends)
        for pause in self.pauses:
            if found["errcode"] != BUSY:
                break
            await asyncio.sleep(pause)
            found = await self._once(path, params, json, files, sends)
        return found

    async def _once(
        self, path: str, params: Params, json: Any, files: Files | None, sends: bool
    ) -> dict[str, Any]:
        try:
            answer = await self._sent(path, params, json, files)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError):
            raise Later("连不上企业微信,请检查网络和代理;会自动再试") from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL):
            raise Later(f"企业微信的地址写错了,{CHECK}") from None
        except httpx.HTTPError:  # its words may hold the address, in which a secret stands
            raise _lost(sends) from None
        if answer.status_code == 429:
            raise Later("企业微信说请求太频繁,一分钟后再试", after=PAUSE)
        if 300 <= answer.status_code < 500:
            raise Later(f"企业微信的地址不对(HTTP {answer.status_code}),{CHECK}")
        found = _object(answer)
        if found is None:
            raise _lost(sends)
        return found

    async def _sent(
        self, path: str, params: Params, json: Any, files: Files | None
    ) -> httpx.Response:
        if self.client is None:
            self.client = httpx.AsyncClient(base_url=self.base, timeout=self.timeout)
        if files is not None:
            content, kind = form(files)
            return await self.client.post(
                path, params=params, content=content, headers={"Content-Type": kind}
            )
        if json is not None:
            return await self.client.post(path, params=params, json=json)
        return await self.client.get(path, params=params)


def _lost(sends: bool) -> Later | Unknown:
    if sends:
        return Unknown("企业微信没有回答,不知是否送达:请到群里看一眼,再决定是否重发")
    return Later("企业微信没有回答,稍后再试")


class Api:
    """The API for one secret of a corporation; all processes share its token (doc 91039)."""

    def __init__(
        self, shared: Shared, base: str, corp_id: str, secret: str, timeout: float = 10.0
    ) -> None:
        """Ask at this address; a request takes at most `timeout` seconds."""
        self.shared, self.corp_id, self.secret = shared, corp_id, secret
        self.line, self.patience = Line(base, timeout), timeout + 5
        named = hashlib.sha256(f"{corp_id}\n{secret}".encode()).hexdigest()[:24]
        self.key = f"wecom:token:{named}"

    async def close(self) -> None:
        """Give the connections back."""
        await self.line.close()

    async def call(
        self,
        path: str,
        *,
        json: Any = None,
        params: Params | None = None,
        files: Files | None = None,
        sends: bool = False,
        ours: Collection[int] = (),
    ) -> dict[str, Any]:
        """What is answered: GET, or POST where there is a body. `path` begins with /cgi-bin/.

        `sends`: it must not be done twice, so that no answer means Unknown, else Later. An errcode
        of `ours` is returned, any other is Later or Permanent. Nothing raised holds a secret.
        """
        token = await self._token()
        found = await self._with(token, path, params, json, files, sends)
        if found["errcode"] in ENDED:
            token = await self._token(ended=token)
            found = await self._with(token, path, params, json, files, sends)
        if found["errcode"] and found["errcode"] not in ours:
            raise fault(found)
        return found

    async def _with(
        self,
        token: str,
        path: str,
        params: Params | None,
        json: Any,
        files: Files | None,
        sends: bool,
    ) -> dict[str, Any]:
        told = {**(params or {}), "access_token": token}
        return await self.line.ask(path, told, json=json, files=files, sends=sends)

    async def _token(self, ended: str | None = None) -> str:
        """The token of all processes, or another one than this; one of them asks for it."""
        holder = secrets.token_hex(8)
        try:
            async with asyncio.timeout(self.patience):
                while True:
                    kept = await self.shared.kept(self.key)
                    if kept is not None and kept != ended:
                        return kept
                    if await self.shared.hold(self.key, holder, self.patience):
                        return await self._asked(holder, ended)
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise Later("等不到企业微信的访问凭证,稍后再试") from None
        except Away:
            raise Later("内部存储暂时连不上,稍后再试") from None

    async def _asked(self, holder: str, ended: str | None) -> str:
        """A new token, asked for under the lease, unless another process was faster."""
        try:
            kept = await self.shared.kept(self.key)
            if kept is not None and kept != ended:
                return kept
            refused = await self.shared.kept(f"{self.key}:refused")
            if refused is not None:
                raise Later(refused)
            return await self._given()
        finally:
            await self.shared.drop(self.key, holder)

    async def _given(self) -> str:
        given = {"corpid": self.corp_id, "corpsecret": self.secret}
        found = await self.line.ask("/cgi-bin/gettoken", given)
        token, seconds = found.get("access_token"), found.get("expires_in")
        if found["errcode"]:
            reason = fault(found)
            if found["errcode"] not in {BUSY, *OFTEN}:
                await self.shared.keep(f"{self.key}:refused", str(reason), REFUSED)
            raise reason if isinstance(reason, Later) else Later(str(reason))
        if not (isinstance(token, str) and token and isinstance(seconds, int)):
            raise Later("企业微信没有给出访问凭证,稍后再试")
        await self.shared.keep(self.key, token, max(seconds - EARLY, 10))
        return token


def _object(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        found = answer.json() if answer.status_code < 300 else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    code = found.get("errcode")
    return {**found, "errcode": code} if isinstance(code, int) else None


def form(files: Files) -> tuple[bytes, str]:
    """Files as a form, and its type; written here for `filelength`, which doc 91770 asks for."""
    border = secrets.token_hex(16)
    parts = []
    for field, (name, data, kind) in files.items():
        shown = re.sub(r'[\x00-\x1f"\\]', "_", name)
        parts.append(
            f"--{border}\r\n"
            f'Content-Disposition: form-data; name="{field}"; filename="{shown}"; '
            f"filelength={len(data)}\r\nContent-Type: {kind}\r\n\r\n".encode("utf-8", "replace")
            + data
        )
    return b"\r\n".join([*parts, f"--{border}--\r\n".encode()]), (
        f"multipart/form-data; boundary={border}"
    )


async def turn(shared: Shared, key: str, windows: Sequence[tuple[int, float]], words: str) -> None:
    """Take a turn of `key`; Later, with these words, where there is none now."""
    try:
        wait = await shared.wait(key, windows)
    except Away:
        raise Later("内部存储暂时连不上,稍后再试") from None
    if wait > 0:
        raise Later(words, after=wait)
