"""`/in/<channel>`: what platforms and bridges send us, however they come."""

import structlog
from fastapi import FastAPI, WebSocket
from fastapi import Request as HttpRequest
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect

from bot import sockets
from bot.app import App
from bot.channels.base import LARGEST, Answer, Channel, Closed, Rejected, Request
from bot.streams import Away

log = structlog.get_logger()


def mount(web: FastAPI, app: App) -> None:
    """Give the channels their addresses."""

    @web.post("/in/{name}")
    async def take(name: str, http: HttpRequest) -> Response:
        """A channel's callback: verified, kept, acknowledged."""
        try:
            channel = _channel(app, name)
            received = channel.receive(await _request(http), app.now())
            taken = await app.inbox.take(channel, received)
        except Rejected as rejected:
            return JSONResponse({"error": rejected.reason}, rejected.status)
        except (Away, SQLAlchemyError) as error:
            log.warning("can't accept", error=type(error).__name__)
            return JSONResponse({"error": "not kept, please send again"}, 503)
        if received.answer is not None:
            return _answer(received.answer)
        return JSONResponse({"accepted": [incoming.id for incoming in taken]}, 202)

    @web.get("/in/{name}")
    async def verify(name: str, http: HttpRequest) -> Response:
        """A platform asks whether the address is ours."""
        try:
            return _answer(_channel(app, name).verify(await _request(http), app.now()))
        except Rejected as rejected:
            return JSONResponse({"error": rejected.reason}, rejected.status)

    @web.websocket("/in/{name}")
    async def serve(name: str, websocket: WebSocket) -> None:
        """Somebody connects to a channel, and stays."""
        try:
            await _channel(app, name).serve(sockets.Opened(websocket), app.inbox)
        except Rejected as rejected:
            await sockets.refuse(websocket, rejected.status, rejected.reason)
        except Closed:
            pass


async def _request(http: HttpRequest) -> Request:
    body = bytearray()
    try:
        async for chunk in http.stream():
            body += chunk
            if len(body) > LARGEST:
                raise Rejected(413, f"a request has at most {LARGEST} bytes")
    except ClientDisconnect:
        raise Rejected(400, "the body broke off") from None  # nobody reads it: it is no fault
    return Request(
        headers={name.lower(): value for name, value in http.headers.items()},
        query=dict(http.query_params),
        body=bytes(body),
    )


def _channel(app: App, name: str) -> Channel:
    channel = app.channels.get(name)
    if channel is None or not channel.callback:
        raise Rejected(404, f"there is no channel {name}")
    return channel


def _answer(answer: Answer) -> Response:
    return Response(answer.body, answer.status, media_type=answer.type)
