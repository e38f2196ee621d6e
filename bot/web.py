"""HTTP: the callbacks of the channels, the console, and whether all is well."""

import structlog
from fastapi import FastAPI
from fastapi import Request as HttpRequest
from fastapi.responses import JSONResponse, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot import console, inbox
from bot.api import v1
from bot.app import App
from bot.channels.base import LARGEST, Channel, Incoming, Rejected, Request
from bot.streams import Away
from storage import people

log = structlog.get_logger()


def create(app: App) -> FastAPI:
    """The web part of a process; who made the app closes it."""
    # nobody outside needs a description of it
    web = FastAPI(title="mingcheng", docs_url=None, redoc_url=None, openapi_url=None)

    @web.post("/in/{name}")
    async def take(name: str, http: HttpRequest) -> Response:
        """A channel's callback: verified, kept, acknowledged."""
        try:
            channel = app.channels.get(name)
            if channel is None or not channel.callback:
                raise Rejected(404, f"there is no channel {name}")
            request = await _request(http)
            taken = channel.receive(request, app.now())
            await _known(app, channel, taken)
            for incoming in taken:
                await inbox.accept(app.streams, incoming)
        except Rejected as rejected:
            return JSONResponse({"error": rejected.reason}, rejected.status)
        except (Away, SQLAlchemyError) as error:
            log.warning("can't accept", error=type(error).__name__)
            return JSONResponse({"error": "not kept, please send again"}, 503)
        return JSONResponse({"accepted": [incoming.id for incoming in taken]}, 202)

    @web.get("/health")
    async def health() -> Response:
        """200 when messages can be taken and kept, else 503; what it is in either case."""
        found = {"database": await _database(app), "streams": await _streams(app)}
        well = all(state == "ok" for state in found.values())
        lag = await app.streams.lag() if found["streams"] == "ok" else None
        return JSONResponse(
            {**found, "parser": app.parser.name, "waiting": lag}, 200 if well else 503
        )

    v1.mount(web, app)
    console.mount(web, app)
    return web


async def _request(http: HttpRequest) -> Request:
    body = bytearray()
    async for chunk in http.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Rejected(413, f"a request has at most {LARGEST} bytes")
    return Request(
        headers={name.lower(): value for name, value in http.headers.items()},
        query=dict(http.query_params),
        body=bytes(body),
    )


async def _known(app: App, channel: Channel, taken: list[Incoming]) -> None:
    """Refuse what is for a group that nobody set up for this channel."""
    async with app.database.transaction() as session:
        for incoming in taken:
            group = await people.group(session, incoming.group)
            if group is None or group.channel != channel.name:
                raise Rejected(404, f"there is no group {incoming.group} in channel {channel.name}")


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
