"""Bytes of pictures, voices and files: from the addresses that QQ or the bot gives."""

import asyncio
from dataclasses import replace
from urllib.parse import urljoin

import httpx

from bot import outside
from bot.channels.base import Later, Permanent
from bot.channels.onebot.said import LONGEST_URL

PATIENCE = 60.0
#: QQ's servers send on to others, rarely more than once.
HOPS = 3


async def fetched(url: str, most: int, *, inside: bool) -> bytes:
    """What is there, at most so many bytes. Raises Later or Permanent.

    Who writes in a group chooses the address: with `inside` alone one of the own network.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            for _ in range(HOPS):
                found = await _asked(url, most, inside=inside)
                if isinstance(found, bytes):
                    return found
                url = urljoin(url, found)
    except TimeoutError as error:
        raise Later("取文件超时。") from error
    except outside.Unfit as unfit:
        if str(unfit) == "unknown_host":
            raise Later("文件的服务器地址查不到。") from unfit
        raise Permanent("文件的地址不允许访问(不是公网地址)。") from unfit
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Later(f"取文件时连接中断({type(error).__name__})。") from error
    raise Permanent("文件的地址转了太多次。")


async def _asked(url: str, most: int, *, inside: bool) -> bytes | str:
    """The bytes, or where they are instead."""
    place = outside.read(url, inside=True, longest=LONGEST_URL)
    # QQ gives some addresses without encryption: those are read too, where they are outside
    address, *_ = await outside.resolve(replace(place, scheme="https"), inside=inside)
    async with (
        httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client,
        client.stream(
            "GET", place.at(address),
            headers={"Host": place.authority, "Accept-Encoding": "identity"},
            extensions={"sni_hostname": place.host},
        ) as answer,
    ):  # fmt: skip
        if answer.has_redirect_location:
            return answer.headers["location"]
        _well(answer.status_code)
        content = bytearray()
        async for chunk in answer.aiter_raw():  # unpacked, a few bytes may fill the memory
            content += chunk
            if len(content) > most:
                raise Permanent(f"文件超过 {most // (1 << 20)} MB。")
        return bytes(content)


def _well(status: int) -> None:
    if status in (408, 425, 429) or status >= 500:
        raise Later(f"文件的服务器暂时不能给出文件(HTTP {status})。")
    if status != 200:
        raise Permanent(f"文件已经取不到了(HTTP {status})。")
