"""A WebSocket that somebody opened to us, without the framework that brought it."""

from fastapi import WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from bot.channels.base import Closed


class Opened:
    """Accepted with the first frame that is asked for or sent: until then it can be refused."""

    def __init__(self, websocket: WebSocket) -> None:
        """Not yet accepted."""
        self.websocket, self.accepted = websocket, False
        self.headers = {name.lower(): value for name, value in websocket.headers.items()}
        self.query = dict(websocket.query_params)

    async def receive(self) -> str:
        """The next text frame; one of bytes is read as its text. Closed at the end."""
        await self._accept()
        while True:
            frame = await self.websocket.receive()
            if frame["type"] == "websocket.disconnect":
                raise Closed
            if (text := frame.get("text")) is not None:
                return str(text)
            if (content := frame.get("bytes")) is not None:
                return bytes(content).decode("utf-8", "replace")

    async def send(self, text: str) -> None:
        """Send a text frame. Closed at the end."""
        await self._accept()
        try:
            await self.websocket.send_text(text)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise Closed from error

    async def _accept(self) -> None:
        if not self.accepted:
            self.accepted = True
            await self.websocket.accept()


async def refuse(websocket: WebSocket, status: int, reason: str) -> None:
    """Refuse a connection that was not accepted, with an HTTP status."""
    await websocket.send_denial_response(JSONResponse({"error": reason}, status))
