"""The city: its groups and units."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from bot.api import shapes
from bot.api.keys import Caller, Needs
from bot.api.problems import told
from storage import people

router = APIRouter(tags=["city"])

Here = Annotated[Caller, Depends(Needs("groups:read"))]


class Group(shapes.Shape):
    """群: where enterprises write and the bot answers."""

    id: str = Field(description="Its id, as in `group` of a ticket.", examples=["g1"])
    name: str = Field(description="Its name.", examples=["制造名城-天元区-1群"])
    district: str | None = Field(description="区县.", examples=["天元区"])
    reads: str | None = Field(description="By which channel it is read.", examples=["sandbox"])
    answers: str | None = Field(description="By which the bot answers.", examples=["sandbox"])
    pushes: str | None = Field(description="By which it says the rest.", examples=["sandbox"])


class Groups(shapes.Shape):
    """All groups."""

    groups: list[Group] = Field(description="By id.")


class Unit(shapes.Shape):
    """责任单位: a body that handles tickets."""

    name: str = Field(description="Its name, as in `unit` of a ticket.", examples=["天元区城管局"])
    aliases: list[str] = Field(description="What people call it.", examples=[["区城管"]])


class Units(shapes.Shape):
    """All units."""

    units: list[Unit] = Field(description="By name.")


@router.get("/groups", summary="Groups (群)", responses=told())
async def groups(caller: Here) -> Groups:
    """All of them."""
    async with caller.app.database.transaction() as session:
        rows = await people.groups(session)
    told_of = ("id", "name", "district", "reads", "answers", "pushes")
    return Groups(
        groups=[Group(**{field: getattr(row, field) for field in told_of}) for row in rows]
    )


@router.get("/units", summary="Units (责任单位)", responses=told())
async def units(caller: Here) -> Units:
    """All of them."""
    async with caller.app.database.transaction() as session:
        rows = await people.units(session)
    return Units(units=[Unit(name=row.name, aliases=row.aliases) for row in rows])
