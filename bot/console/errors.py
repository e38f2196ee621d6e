"""What went wrong, in Chinese, and what to do next."""

from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from bot.console.page import Denied, Missing, PasswordFirst, SignInFirst, pages_of
from bot.streams import Away

log = structlog.get_logger()


def add(web: FastAPI) -> None:
    """Answer each kind of failure with a page; callbacks of channels get JSON."""

    @web.exception_handler(SignInFirst)
    async def sign_in(request: Request, _error: Exception) -> Response:
        there = request.url.path if request.method == "GET" else "/"
        if request.url.query and request.method == "GET":
            there += "?" + request.url.query
        return RedirectResponse(f"/signin?next={quote(there, safe='')}", 303)

    @web.exception_handler(PasswordFirst)
    async def password(_request: Request, _error: Exception) -> Response:
        return RedirectResponse("/account/password", 303)

    @web.exception_handler(Denied)
    async def denied(request: Request, _error: Exception) -> Response:
        return _page(request, 403)

    @web.exception_handler(Missing)
    async def missing(request: Request, _error: Exception) -> Response:
        return _page(request, 404)

    @web.exception_handler(Away)
    async def away(request: Request, _error: Exception) -> Response:
        return _page(request, 503)

    @web.exception_handler(RequestValidationError)
    async def invalid(request: Request, _error: Exception) -> Response:
        return _page(request, 404 if request.method == "GET" else 400)

    @web.exception_handler(HTTPException)
    async def http(request: Request, error: Exception) -> Response:
        return _page(request, error.status_code if isinstance(error, HTTPException) else 500)

    @web.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        log.error("page failed", path=request.url.path, error=f"{type(error).__name__}: {error}")
        return _page(request, 500)


def _page(request: Request, status: int) -> Response:
    if request.url.path.startswith(("/in/", "/health")):
        return JSONResponse({"error": f"HTTP {status}"}, status)
    return pages_of(request).show("error.html", status, status=status, who=None)
