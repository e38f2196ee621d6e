"""How much a browser may send: what is more is refused before anything of it is read."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.console import pictures
from bot.console.page import Pages

#: A form, in bytes: the longest one brings a file of a city back with its text.
LARGEST = 2 << 20
#: Where a picture may come with it.
PICTURED = "/groups/"
LARGEST_PICTURED = pictures.LARGEST + (1 << 20)
#: These look after themselves: they answer programs, not browsers.
OTHERS = ("/in/", "/api/")


class Bounded:
    """Refuses what is too large, and what does not say beforehand how large it is."""

    def __init__(self, app: ASGIApp, pages: Pages) -> None:
        """Stand before this app; one of these pages tells it."""
        self.app, self.pages = app, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and not _fits(scope["path"], Headers(scope=scope)):
            answer = self.pages.show("error.html", 413, status=413, who=None)
            await answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _fits(path: str, headers: Headers) -> bool:
    if path.startswith(OTHERS):
        return True
    length = headers.get("content-length", "0")
    most = LARGEST_PICTURED if path.startswith(PICTURED) else LARGEST
    known = length.isdecimal() and len(length) < 12 and int(length) <= most
    return known and "transfer-encoding" not in headers
