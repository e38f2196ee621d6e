"""The console: server-rendered pages for officials. Everything on them is escaped by default."""

from fastapi import FastAPI

from bot.app import App
from bot.console import (
    account,
    auth,
    board,
    confidential,
    connections,
    errors,
    groups,
    ledger,
    live,
    media,
    register,
    reviews,
    speaking,
    system,
    ticket,
    today,
)
from bot.console.bounds import Bounded
from bot.console.headers import Files, Headed
from bot.console.page import STATIC, Pages

#: In the order in which addresses are looked for.
PARTS = (
    auth, account, live, today, ledger, ticket, reviews, board, groups, speaking, media,
    register, confidential, system, connections,
)  # fmt: skip


def mount(web: FastAPI, app: App) -> None:
    """Add the pages to the web part."""
    web.state.app = app
    web.state.pages = Pages(app)
    web.mount("/static", Files(directory=STATIC), name="static")
    for part in PARTS:
        web.include_router(part.router)
    errors.add(web)
    web.add_middleware(Bounded, pages=web.state.pages)
    web.add_middleware(Headed)
