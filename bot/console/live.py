"""What changes under the reader's eyes: a call each time that something happened."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from bot.console.page import Enter, Visit
from bot.streams import Away

router = APIRouter()

#: Seconds between two calls at least: what happens meanwhile is one call.
PAUSE = 1.0


@router.get("/live")
async def live(
    visit: Annotated[Visit, Depends(Enter("today"))],
    group: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """A call when something happened, in one group or in any; the page then asks for itself."""

    async def calls() -> AsyncIterator[ServerSentEvent]:
        try:
            async for where in visit.app.streams.calls():
                if not group or where in ("", group):
                    yield ServerSentEvent(data="changed")
                    await asyncio.sleep(PAUSE)
        except Away:
            return  # the browser comes back by itself

    return EventSourceResponse(calls(), ping=20)
