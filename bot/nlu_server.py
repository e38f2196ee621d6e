"""The compiled model behind Rasa's HTTP interface: what comes at the same time is read together."""

import asyncio
import contextlib
import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import structlog
import uvicorn

from bot.embedded.process import Died, Say
from bot.models import InUse
from bot.settings import Settings
from nlu.parse import Parse, Parser

#: So many messages are read together at most.
TOGETHER = 64
#: A message of the greatest length, as JSON with every character escaped, and some room.
LARGEST = 64 << 10

log = structlog.get_logger()

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Batches:
    """Reads what waits in one go, and what comes meanwhile in the next."""

    def __init__(self, parser: Parser) -> None:
        """Read with this parser."""
        self.parser = parser
        self._waiting: list[tuple[str, asyncio.Future[Parse]]] = []
        self._reading: asyncio.Task[None] | None = None

    async def parse(self, text: str) -> Parse:
        """The parse of one text."""
        answer: asyncio.Future[Parse] = asyncio.get_running_loop().create_future()
        self._waiting.append((text, answer))
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        return await answer

    async def _read(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)  # what has arrived by now comes along
                batch, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
                try:
                    parses = await self.parser.parse([text for text, _ in batch])
                    read = list(zip(batch, parses, strict=True))
                except Exception as error:
                    log.exception("messages failed", messages=len(batch))
                    _failed(batch, error)
                    continue
                for (_, answer), parse in read:
                    if not answer.done():
                        answer.set_result(parse)
        finally:
            self._reading = None


def _failed(batch: list[tuple[str, "asyncio.Future[Parse]"]], error: Exception) -> None:
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(Failed(str(error)))


class Failed(Exception):
    """The parser failed on the messages that were read together with this one."""


class Application:
    """The two pages of Rasa's interface that a client asks for."""

    def __init__(self, parser: Parser, model: Callable[[], str], token: str) -> None:
        """Answer with this parser to who knows the token; an empty one asks for none."""
        self.batches, self.model, self.token = Batches(parser), model, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        if not self._known(scope):
            await _answer(send, 401, {"status": "failure", "message": "token"})
        elif scope["path"] == "/status" and scope["method"] == "GET":
            await _answer(send, 200, {"model_file": self.model()})
        elif scope["path"] == "/model/parse" and scope["method"] == "POST":
            await self._parse(receive, send)
        else:
            await _answer(send, 404, {"status": "failure", "message": "no such page"})

    def _known(self, scope: Scope) -> bool:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return not self.token or hmac.compare_digest(given.encode(), self.token.encode())

    async def _parse(self, receive: Receive, send: Send) -> None:
        try:
            text = json.loads(await _body(receive))["text"]
        except (ValueError, KeyError, TypeError, RecursionError):
            text = None
        if not isinstance(text, str):
            await _answer(send, 400, {"status": "failure", "message": "a JSON object with `text`"})
            return
        try:
            parse = await self.batches.parse(text)
        except Failed as failed:
            await _answer(send, 500, {"status": "failure", "message": str(failed)})
        else:
            await _answer(send, 200, _as_rasa(parse))


async def _body(receive: Receive) -> bytes:
    """The body of a request; ValueError for one that is too large, or was cut off."""
    whole: bytes = b""
    while True:
        event = await receive()
        if event["type"] != "http.request":
            raise ValueError("cut off")
        whole += event.get("body", b"")
        if len(whole) > LARGEST:
            raise ValueError("too large")
        if not event.get("more_body"):
            return whole


async def _answer(send: Send, status: int, content: object) -> None:
    body = json.dumps(content).encode()  # in ASCII: half a surrogate pair has no bytes in UTF-8
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _as_rasa(parse: Parse) -> dict[str, Any]:
    return {
        "text": parse.text,
        "intent": parse.intent.as_json(),
        "category": parse.category.as_json() if parse.category else None,
        "entities": [
            {
                "entity": entity.entity, "start": entity.start, "end": entity.end,
                "value": entity.value, "confidence_entity": entity.confidence,
            }
            for entity in parse.entities
        ],
    }  # fmt: skip


async def serve(settings: Settings, host: str, port: int, say: Say) -> None:
    """Serve until asked to end, with RASA_TOKEN as its token. Died where nobody can be served."""
    parser = InUse(settings.data / "models")
    application = Application(
        parser, lambda: parser.model.about.fingerprint, settings.rasa_token.get_secret_value()
    )
    config = uvicorn.Config(
        application, host=host, port=port, log_level="warning", lifespan="off", access_log=False
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(_until_served(server))
    try:
        while not server.started and not task.done():  # noqa: ASYNC110  # uvicorn has no event
            await asyncio.sleep(0.01)
        if server.started:
            found = server.servers[0].sockets[0].getsockname()[1]
            say(f"识别服务:http://{host}:{found}(模型 {parser.model.about.fingerprint})")
        await asyncio.shield(task)
    finally:
        server.should_exit = True
        await task
    if not server.started:
        raise Died(f"{host}:{port} 打不开,端口可能已被占用。请换一个:--port 5006")


async def _until_served(server: uvicorn.Server) -> None:
    with contextlib.suppress(SystemExit):  # the port is taken: uvicorn has said so
        await server.serve()
