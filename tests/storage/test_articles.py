"""The knowledge base: known by its titles, and shown where it is published."""

from datetime import date
from typing import Any

import pytest

from storage import articles
from storage.database import Database

pytestmark = pytest.mark.embedded

ONE: dict[str, Any] = {
    "title": "奖补申报指南", "body": "每年3月", "source": "市科技局", "date": date(2023, 1, 5),
}  # fmt: skip
OTHER = {**ONE, "title": "用电报装指南"}


async def load(database: Database, *rows: dict[str, Any]) -> int:
    async with database.transaction() as session:
        return await articles.load(session, rows)


async def shown(database: Database) -> list[tuple[str, str]]:
    async with database.transaction() as session:
        return [(row.title, row.body) for row in await articles.published(session)]


async def test_what_is_loaded_is_shown_in_its_order(database: Database) -> None:
    assert await load(database, ONE, OTHER) == 2
    assert await shown(database) == [("奖补申报指南", "每年3月"), ("用电报装指南", "每年3月")]


async def test_loaded_again_it_is_changed_by_its_title(database: Database) -> None:
    await load(database, ONE, OTHER)
    await load(database, {**ONE, "body": "每年4月"})
    assert await shown(database) == [("奖补申报指南", "每年4月"), ("用电报装指南", "每年3月")]


async def test_loaded_again_it_is_published_again(database: Database) -> None:
    await load(database, ONE)
    async with database.transaction() as session:
        (row,) = await articles.published(session)
        row.published = False
        session.add(row)
    assert await shown(database) == []
    await load(database, ONE)
    assert len(await shown(database)) == 1
