"""HTTP: the callbacks of the channels, the console, and whether all is well."""

import structlog
from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot import callbacks, console
from bot.api import v1
from bot.app import App
from bot.condition import conditions
from bot.streams import Away

log = structlog.get_logger()


def create(app: App) -> FastAPI:
    """The web part of a process; who made the app closes it."""
    # nobody outside needs a description of it
    web = FastAPI(title="mingcheng", docs_url=None, redoc_url=None, openapi_url=None)

    @web.get("/health")
    async def health() -> Response:
        """200 when messages can be taken and kept, else 503; what it is in either case."""
        found = {"database": await _database(app), "streams": await _streams(app)}
        well = all(state == "ok" for state in found.values())
        lag = await app.streams.lag() if found["streams"] == "ok" else None
        told = await conditions(app.channels, app.streams, app.now())
        channels = {name: one.state for name, one in told.items()}
        return JSONResponse(
            {**found, "parser": app.parser.name, "waiting": lag, "channels": channels},
            200 if well else 503,
        )

    callbacks.mount(web, app)
    v1.mount(web, app)
    console.mount(web, app)
    return web


async def _database(app: App) -> str:
    try:
        async with app.database.transaction() as session:
            await (await session.connection()).execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return type(error).__name__
    return "ok"


async def _streams(app: App) -> str:
    try:
        await app.streams.ping()
    except Away as away:
        return str(away)
    return "ok"
