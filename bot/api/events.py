"""Events: what happened to all tickets, in the order in which it happened."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from bot.api import shapes
from bot.api.asked import Limit, Strict
from bot.api.keys import Caller, Needs
from bot.api.problems import told
from storage import events, people
from storage.tickets import LARGEST

router = APIRouter(prefix="/events", tags=["events"])


class Asked(Strict):
    """Where to read on."""

    after: Annotated[int, Field(ge=0, le=LARGEST)] = Field(
        0, description="Only what came after this number: `next` of the page before.", examples=[0]
    )
    limit: Limit = 100


class Events(shapes.Shape):
    """A page of events."""

    events: list[shapes.Event] = Field(description="In order, at most `limit`.")
    next: int = Field(
        description="`after` of the next page; ask again later for what is new.", examples=[20481]
    )


@router.get("", summary="What happened since (办理过程)", responses=told())
async def page(
    caller: Annotated[Caller, Depends(Needs("events:read"))], asked: Annotated[Asked, Query()]
) -> Events:
    """In the order of `seq`, none left out and none later; of confidential tickets nothing."""
    async with caller.app.database.transaction() as session:
        rows = await events.public(session, asked.after, asked.limit)
        actors = await people.called(session, [row.by for row in rows])
    return Events(
        events=[shapes.event(row, actors, phones=caller.phones) for row in rows],
        next=rows[-1].seq if rows else asked.after,
    )
