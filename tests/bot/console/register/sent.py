"""What the tests of the register share: forms that are sent as a browser sends them."""

import html
import re
from collections.abc import Sequence
from typing import Any

import httpx
from sqlmodel import SQLModel, col, select

from storage.models import Carrier, Change
from tests.bot.console.conftest import Console


def hidden(page: str, name: str) -> str:
    """What a hidden field holds that a page has."""
    found = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', page)
    return html.unescape(found[1]) if found else ""


async def send(
    browser: httpx.AsyncClient, path: str, shown: str | None = None, **fields: Any
) -> httpx.Response:
    """Open a page and send its form with these fields; `shown` where the form is elsewhere."""
    page = (await browser.get(shown or path)).text
    seal, saw = hidden(page, "seal"), hidden(page, "saw")
    return await browser.post(path, data={"seal": seal, "saw": saw, **fields})


async def agree(browser: httpx.AsyncClient, path: str, page: str, **fields: Any) -> httpx.Response:
    """Agree to what a page says beforehand."""
    kept = {name: hidden(page, name) for name in ("seal", "saw", "agreed")}
    return await browser.post(path, data={**kept, **fields})


async def lines(console: Console, *what: str) -> list[tuple[str, str, Any, Any]]:
    """The record of changes of these sorts: who, which, from what, to what."""
    query = select(Change).where(col(Change.what).in_(what)).order_by(col(Change.id))
    async with console.app.database.transaction() as session:
        rows = (await session.exec(query)).all()
    return [(row.by, row.of, row.was, row.became) for row in rows]


async def rows[Row: SQLModel](console: Console, table: type[Row], *where: Any) -> Sequence[Row]:
    """Rows as they are kept."""
    async with console.app.database.transaction() as session:
        return (await session.exec(select(table).where(*where))).all()


async def carried(console: Console, group: str) -> dict[str, str]:
    """How channels call a group."""
    found = await rows(console, Carrier, Carrier.group_id == group)
    return {one.channel: one.address for one in found}


async def saved(
    browser: httpx.AsyncClient, group: str = "g1", title: str = "一群", **fields: str
) -> httpx.Response:
    """The form of a group, sent with these fields."""
    return await send(browser, f"/register/groups/{group}", **{"name": title, **fields})
