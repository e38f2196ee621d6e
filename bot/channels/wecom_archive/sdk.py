"""The library that the archive is read with: Tencent's closed C code, loaded from a path.

Its functions stand in doc 91774, its codes in doc 91552. It is not ours to hand out: who has none
is told so, and all else goes on.
"""

import ctypes
import threading
from collections.abc import Callable
from ctypes import c_char_p, c_int, c_uint, c_uint64, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Most records of one call (doc 91774).
MOST = 1000
#: How long one call may take, in seconds.
TIMEOUT = 10

#: What its codes mean for who has to mend it (doc 91552; 10004 and 10007 are of older versions).
CODES = {
    10000: "请求参数错误:请检查企业 ID 和会话存档的 Secret 是否填对",
    10001: "网络请求失败:请检查服务器能否访问 qyapi.weixin.qq.com 的 443 端口,以及代理设置",
    10002: "企业微信返回的数据解析失败:稍后自动重试;一直如此请更新 SDK",
    10003: "系统调用失败:稍后自动重试;一直如此请检查服务器的内存和磁盘",
    10004: "会话存档的 Secret 不对:请到管理后台「管理工具-会话内容存档」重新查看",
    10005: "文件编号不对,取不到这个文件",
    10006: "解密失败:私钥与加密这条消息的公钥不是一对",
    10007: "找不到对应版本的密钥:请把该版本的私钥放进私钥文件夹",
    10008: "密文解析失败:稍后自动重试;一直如此请更新 SDK",
    10009: "服务器的出口 IP 不在会话存档的可信 IP 名单里:请到管理后台添加",
    10010: "数据已超过 5 天,企业微信不再提供",
    10011: "SSL 证书校验失败:请检查服务器的时间,并使用 3.0 版 SDK",
}
#: The same of the codes inside an answer.
ERRORS = {
    40001: CODES[10004],
    40013: "企业 ID 不对:请到管理后台「我的企业」查看",
    45009: "拉取过于频繁:稍后自动重试",
    301042: CODES[10009],
    301048: "文件不存在或已过期",
    301052: "会话内容存档服务已过期:请到管理后台续费",
    301053: "没有开启会话内容存档:请到管理后台开启",
    301058: "一次拉取的数据太多:已自动减少条数",
}
TOO_MUCH = 301058
#: It can't be loaded at all, or answers what nobody understands; ours, not Tencent's.
ABSENT, MANGLED = 1, 2

#: Result and arguments of each function; pointers to its structures are never looked into.
SYMBOLS: dict[str, tuple[Any, list[Any]]] = {
    "NewSdk": (c_void_p, []),
    "Init": (c_int, [c_void_p, c_char_p, c_char_p]),
    "DestroySdk": (None, [c_void_p]),
    "GetChatData": (
        c_int, [c_void_p, c_uint64, c_uint, c_char_p, c_char_p, c_int, c_void_p],
    ),
    "DecryptData": (c_int, [c_char_p, c_char_p, c_void_p]),
    "GetMediaData": (
        c_int, [c_void_p, c_char_p, c_char_p, c_char_p, c_char_p, c_int, c_void_p],
    ),
    "NewSlice": (c_void_p, []),
    "FreeSlice": (None, [c_void_p]),
    "GetContentFromSlice": (c_void_p, [c_void_p]),
    "GetSliceLen": (c_int, [c_void_p]),
    "NewMediaData": (c_void_p, []),
    "FreeMediaData": (None, [c_void_p]),
    "GetOutIndexBuf": (c_void_p, [c_void_p]),
    "GetIndexLen": (c_int, [c_void_p]),
    "GetData": (c_void_p, [c_void_p]),
    "GetDataLen": (c_int, [c_void_p]),
    "IsMediaDataFinish": (c_int, [c_void_p]),
}  # fmt: skip


class Fault(Exception):
    """It could not, and what to do about it, in Chinese; never a secret."""

    def __init__(self, code: int, words: str | None = None) -> None:
        """Say it by its code, unless there are better words."""
        known = words or CODES.get(code) or ERRORS.get(code) or "会话存档返回了未知的错误"
        super().__init__(f"{known}({code})" if code > MANGLED else known)
        self.code = code


class Unopened(Fault):
    """There is no session: that says nothing of what was asked for."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a file: its bytes, and by what the next one is asked for."""

    data: bytes
    next: bytes
    last: bool


class Sdk:
    """One session with the archive, opened when it is first used. Its calls block."""

    def __init__(
        self, path: Path, corp_id: str, secret: str, *, proxy: str = "", proxy_login: str = ""
    ) -> None:
        """Read the archive of this corp; `proxy_login` is user:password."""
        self.path = path
        self._corp_id, self._secret = corp_id.encode(), secret.encode()
        self._proxy = proxy.encode(), proxy_login.encode()
        self._library: ctypes.CDLL | None = None
        self._session: int | None = None
        # nobody says that it may be used by several threads at once
        self._lock = threading.RLock()

    def chat(self, seq: int, most: int) -> bytes:
        """Records after `seq`, as JSON, still encrypted; doc 91774. Fault."""
        with self._lock:
            library, session = self._opened()
            return self._sliced(
                lambda out: library.GetChatData(session, seq, most, *self._proxy, TIMEOUT, out)
            )

    def decrypt(self, key: bytes, message: bytes) -> bytes:
        """A message with the key that our private key opened. Fault."""
        with self._lock:
            library = self._loaded()
            return self._sliced(lambda out: library.DecryptData(key, message, out))

    def media(self, file_id: str, index: bytes) -> Chunk:
        """A piece of a file, of 512 KB at most; the first one has no index. Fault."""
        with self._lock:
            library, session = self._opened()
            out = library.NewMediaData()
            try:
                code = library.GetMediaData(
                    session, index, file_id.encode(), *self._proxy, TIMEOUT, out
                )
                if code:
                    raise Fault(code)
                return Chunk(
                    _bytes(library.GetData(out), library.GetDataLen(out)),
                    _bytes(library.GetOutIndexBuf(out), library.GetIndexLen(out)),
                    library.IsMediaDataFinish(out) == 1,
                )
            finally:
                library.FreeMediaData(out)

    def close(self) -> None:
        """End the session; the next call opens another one."""
        with self._lock:
            if self._library is not None and self._session is not None:
                self._library.DestroySdk(self._session)
            self._session = None

    def _loaded(self) -> ctypes.CDLL:
        if self._library is None:
            self._library = _load(self.path)
        return self._library

    def _opened(self) -> tuple[ctypes.CDLL, int]:
        library = self._loaded()
        if self._session is None:
            session = library.NewSdk()
            if not session:
                raise Unopened(10003)
            code = library.Init(session, self._corp_id, self._secret)
            if code:
                library.DestroySdk(session)
                raise Unopened(code)
            self._session = session
        return library, self._session

    def _sliced(self, call: Callable[[int], int]) -> bytes:
        """What a call writes into a slice."""
        library = self._loaded()
        out = library.NewSlice()
        try:
            code = call(out)
            if code:
                raise Fault(code)
            return _bytes(library.GetContentFromSlice(out), library.GetSliceLen(out))
        finally:
            library.FreeSlice(out)


def _bytes(where: int | None, many: int) -> bytes:
    return ctypes.string_at(where, many) if where and many > 0 else b""


def _load(path: Path) -> ctypes.CDLL:
    """The library with all that we need of it (Fault)."""
    if not path.is_file():
        raise Fault(ABSENT, f"找不到 SDK 文件 {path}:请检查 MINGCHENG_WECOM_ARCHIVE_LIBRARY")
    try:
        library = ctypes.CDLL(str(path.resolve()))
    except OSError as error:
        raise Fault(
            ABSENT, f"SDK 文件 {path} 装载不了:请检查是否与服务器的系统(x86 或 ARM)相符"
        ) from error
    for name, (result, arguments) in SYMBOLS.items():
        function = getattr(library, name, None)
        if function is None:
            raise Fault(ABSENT, f"SDK 文件 {path} 里没有 {name}:请使用 C 版的 SDK")
        function.restype, function.argtypes = result, arguments
    return library
