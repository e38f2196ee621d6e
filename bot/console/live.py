"""What changes under the reader's eyes: a call each time that something happened."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from bot.console.groups import entered
from bot.console.page import Enter, Visit
from bot.streams import Away

router = APIRouter()

#: Seconds between two calls at least: what happens meanwhile is one call.
PAUSE = 1.0
#: So many seconds a stream has to end in when the server stops.
GRACE = 2.0


@router.get("/live")
async def live(
    visit: Annotated[Visit, Depends(Enter("today"))],
    group: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """A call when something happened, in one group or in any; the page then asks for itself."""
    over = anyio.Event()
    told = _until(over, visit.app.streams.calls())

    if group:  # when others talk is nobody's business but theirs
        async with visit.app.database.transaction() as session:
            await entered(session, group, visit.who)

    async def calls() -> AsyncIterator[ServerSentEvent]:
        try:
            async for where in told:
                if not group or where in ("", group):
                    yield ServerSentEvent(data="changed")
                    await asyncio.sleep(PAUSE)
        except Away:
            return  # the browser comes back by itself

    return EventSourceResponse(calls(), ping=20, shutdown_event=over, shutdown_grace_period=GRACE)


async def _until(over: anyio.Event, calls: AsyncIterator[str]) -> AsyncIterator[str]:
    """The calls until the server stops: then a stream ends as it should, and is not cut off."""
    ending = asyncio.ensure_future(over.wait())
    call: asyncio.Future[Any] = ending
    try:
        while True:
            call = asyncio.ensure_future(anext(calls))
            await asyncio.wait({call, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not call.done():
                return
            yield call.result()
    finally:  # also where the browser has gone: nobody waits for the next call then
        call.cancel()
        ending.cancel()
