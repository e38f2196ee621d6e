"""群与人: groups, people, units, routes, policies, calendar, knowledge base."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from bot.console.register import (
    accounts,
    articles,
    days,
    districts,
    groups,
    history,
    members,
    notice,
    policies,
    routes,
    town,
    units,
)
from bot.console.register.desk import Here

router = APIRouter(prefix="/register")
#: In the order in which addresses are looked for.
PARTS = (
    groups, members, units, districts, routes, policies, notice, days, articles, accounts, town,
    history,
)  # fmt: skip


@router.get("")
async def register(_visit: Here) -> Response:
    """Where the register begins."""
    return RedirectResponse("/register/groups", 303)


for part in PARTS:
    router.include_router(part.router)
