"""Pictures of orders: fetched from the platform's own hosts, and from no other."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.channels.base import Later, Permanent

#: Where the platform keeps them; an order could name any address otherwise.
HOSTS = (".qq.com", ".qpic.cn")
TIMEOUT = 20.0
GONE = frozenset({400, 401, 403, 404, 410})


async def fetch(
    source: Mapping[str, Any], most: int, transport: httpx.AsyncBaseTransport | None = None
) -> bytes:
    """The bytes of a picture. Later, or Permanent; the address stands in neither."""
    url = source.get("url")
    if not (isinstance(url, str) and _theirs(url)):
        raise Permanent("图片的地址不是企业微信的")
    try:
        async with (
            httpx.AsyncClient(timeout=TIMEOUT, transport=transport) as client,
            client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer,
        ):
            if answer.status_code in GONE:
                raise Permanent("图片已经取不到了")
            if answer.status_code != 200:
                raise Later(f"图片暂时取不到(HTTP {answer.status_code})")
            return await _bytes(answer, most)
    except (httpx.HTTPError, httpx.InvalidURL):  # its words may hold the address
        raise Later("图片暂时取不到") from None


async def _bytes(answer: httpx.Response, most: int) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_raw():  # unpacked, a few bytes may fill the memory
        body += chunk
        if len(body) > most:
            raise Permanent("图片太大")
    return bytes(body)


def _theirs(url: str) -> bool:
    try:
        parts = urlsplit(url)
        usual = parts.port in {None, 443}
    except ValueError:
        return False
    host = f".{(parts.hostname or '').lower()}"
    return parts.scheme == "https" and usual and not parts.username and host.endswith(HOSTS)
