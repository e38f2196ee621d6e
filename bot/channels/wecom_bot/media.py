"""Pictures and files: fetched within the five minutes that they are there, and decrypted.

AES-256-CBC, its vector the first 16 bytes of the key, padded to 32 bytes (doc 101463).
"""

import base64
import binascii

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.channels.base import Later, Permanent

#: Seconds until a connection stands, and between two pieces of what comes.
TIMEOUT = 15.0
BLOCK, PADDED = 16, 32
GONE = "图片或文件的下载地址已失效(只保留 5 分钟),请让发送人重发"
BROKEN = "图片或文件解不开:密钥或内容不对"


async def fetch(url: str, key: str, most: int, *, plain: bool) -> bytes:
    """The bytes behind an address, decrypted, at most so many. `plain`: also without TLS."""
    if not url.startswith(("https://", "http://") if plain else "https://"):
        raise Permanent("图片或文件的下载地址不是加密的 https 地址,没有下载")
    sealed = bytearray()
    try:
        async with (
            httpx.AsyncClient(timeout=TIMEOUT) as client,
            client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer,
        ):
            _accepted(answer.status_code)
            async for piece in answer.aiter_raw():
                sealed += piece
                if len(sealed) > most + PADDED:
                    raise Permanent(f"图片或文件超过 {most / (1 << 20):.0f} MB,没有保存")
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise Permanent("图片或文件的下载地址不对") from None
    except httpx.HTTPError:  # its words may hold the address, which is a secret
        raise Later("图片或文件暂时下载不了,稍后再试") from None
    content = decrypted(bytes(sealed), key)
    if len(content) > most:
        raise Permanent(f"图片或文件超过 {most / (1 << 20):.0f} MB,没有保存")
    return content


def _accepted(status: int) -> None:
    if status in {408, 425, 429} or status >= 500:
        raise Later(f"图片或文件暂时下载不了(HTTP {status}),稍后再试")
    if status != 200:
        raise Permanent(f"{GONE}(HTTP {status})")


def decrypted(sealed: bytes, key: str) -> bytes:
    """What is sealed with this key of base64, which may come without its last signs."""
    try:
        secret = base64.b64decode(key + "=" * (-len(key) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Permanent(BROKEN) from None
    if len(secret) != 32 or not sealed or len(sealed) % BLOCK:
        raise Permanent(BROKEN)
    opener = Cipher(algorithms.AES(secret), modes.CBC(secret[:BLOCK])).decryptor()
    padded = opener.update(sealed) + opener.finalize()
    many = padded[-1]
    if not 1 <= many <= min(PADDED, len(padded)) or padded[-many:] != bytes([many]) * many:
        raise Permanent(BROKEN)
    return padded[:-many]
