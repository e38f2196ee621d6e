"""The headers of each answer, and our own files."""

from typing import Any

from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Files(StaticFiles):
    """Our own files; they may be kept, and are asked about each time."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Serve a file."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


class Headed:
    """Gives HEADERS to every answer, whoever made it, where it has none of its own."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before this app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back."""

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name_, value in HEADERS.items():
                    headers.setdefault(name_, value)
            await send(message)

        await self.app(scope, receive, headed)
