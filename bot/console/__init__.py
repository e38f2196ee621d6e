"""The console: server-rendered pages for officials. Everything on them is escaped by default."""

from fastapi import FastAPI

from bot.app import App
from bot.console import auth, errors, groups, ledger
from bot.console.page import STATIC, Files, Headed, Pages


def mount(web: FastAPI, app: App) -> None:
    """Add the pages to the web part."""
    web.state.app = app
    web.state.pages = Pages(app)
    web.mount("/static", Files(directory=STATIC), name="static")
    for module in (auth, groups, ledger):
        web.include_router(module.router)
    errors.add(web)
    web.add_middleware(Headed)
