"""Pictures of QQ groups: whoever writes there chooses the address, and leads us nowhere."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from bot.channels.base import Later, Permanent
from bot.channels.onebot import OneBot
from bot.channels.onebot.media import HOPS
from bot.channels.onebot.settings import OneBotSettings

PICTURE = b"\x89PNG" + b"x" * 1000
#: Packed twice: unpacked it is 64 MB.
BOMB = gzip.compress(gzip.compress(bytes(64 << 20)))


class Shelf(BaseHTTPRequestHandler):
    """Gives pictures, or sends on to somewhere else."""

    def do_GET(self) -> None:
        path, _, to = self.path.partition("?to=")
        status = int(path.rsplit("/", 1)[-1])
        self.send_response(status)
        if to:
            self.send_header("Location", to)
        content = b"" if to else BOMB if path.startswith("/packed/") else PICTURE
        if content is BOMB:
            self.send_header("Content-Encoding", "gzip, gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
        """Say nothing."""


@contextmanager
def shelved() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def shelf() -> Iterator[str]:
    with shelved() as url:
        yield url


async def fetch(url: str, *, inside: bool = True, most: int = 1 << 20) -> bytes:
    channel = OneBot(OneBotSettings(inside=inside), None)  # type: ignore[arg-type]  # asks nobody
    return await channel.fetch({"url": url}, most)


async def test_a_picture_is_brought_also_from_where_it_was_moved(shelf: str) -> None:
    assert await fetch(f"{shelf}/200") == PICTURE
    assert await fetch(f"{shelf}/302?to=/200") == PICTURE
    assert await fetch(f"{shelf}/200", most=len(PICTURE)) == PICTURE


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_what_may_be_there_later_is_asked_for_again(shelf: str, status: int) -> None:
    with pytest.raises(Later, match=str(status)):
        await fetch(f"{shelf}/{status}")


@pytest.mark.parametrize("status", [400, 403, 404, 410])
async def test_what_is_gone_is_not(shelf: str, status: int) -> None:
    with pytest.raises(Permanent, match=str(status)):
        await fetch(f"{shelf}/{status}")


async def test_nobody_is_led_in_circles_or_sent_too_much(shelf: str) -> None:
    with pytest.raises(Permanent, match="太多次"):
        await fetch(f"{shelf}/302?to=/302?to=" + "/302?to=" * HOPS)
    with pytest.raises(Permanent, match="超过"):
        await fetch(f"{shelf}/200", most=len(PICTURE) - 1)


async def test_what_is_packed_is_not_unpacked(shelf: str) -> None:
    assert await fetch(f"{shelf}/packed/200") == BOMB


async def test_the_own_network_is_shut_unless_it_is_opened(shelf: str) -> None:
    with pytest.raises(Permanent, match="不允许"):
        await fetch(f"{shelf}/200", inside=False)


FORBIDDEN = [
    "file:///etc/passwd", "ftp://qq.invalid/a", "https://u:p@qq.invalid/",
    "http://169.254.169.254/latest/meta-data", "http://[::ffff:169.254.169.254]/",
    "http://0.0.0.0/", "http://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://2852039166/",
    "https://qq.invalid/" + "a" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("url", [*FORBIDDEN, "", "http://", "https://a b/"])
async def test_there_are_addresses_that_nothing_is_fetched_from(url: str) -> None:
    with pytest.raises(Permanent, match="不允许"):
        await fetch(url)


@pytest.mark.parametrize("url", FORBIDDEN)
async def test_nobody_is_sent_on_to_them(shelf: str, url: str) -> None:
    with pytest.raises(Permanent, match="不允许"):
        await fetch(f"{shelf}/302?to={url}")


async def test_where_nobody_answers_it_is_tried_again() -> None:
    with pytest.raises(Later, match="连接中断"):
        await fetch("http://127.0.0.1:9/a")
