"""The tables that the migrations build are those of the models, however often they run."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect
from sqlmodel import SQLModel

from storage import migrate
from storage.models import Ticket

pytestmark = pytest.mark.embedded

#: The two halves of `states`, with the indexes that they have of it: PostgreSQL's, not ours.
PARTS = ("states_now", "states_past")


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def ours(_thing: object, name: str | None, *_more: object) -> bool:
    """Whether something is to be compared with the models."""
    return not (name or "").startswith(PARTS)


def differences(url: str) -> list[object]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            options = {
                "compare_type": True, "compare_server_default": True, "include_object": ours,
            }  # fmt: skip
            context = MigrationContext.configure(connection, opts=options)
            return list(compare_metadata(context, SQLModel.metadata))
    finally:
        engine.dispose()


async def test_the_migrations_build_the_models(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    assert differences(empty_url) == []


async def test_a_database_without_tables_differs(empty_url: str) -> None:
    assert len(differences(empty_url)) >= len(SQLModel.metadata.tables)


async def test_they_can_run_again(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    migrate.upgrade(empty_url)
    assert Ticket.__tablename__ in tables(empty_url)


async def test_the_present_lies_apart_from_the_past(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    assert tables(empty_url) >= {"states", *PARTS}


async def test_several_at_once_take_turns(empty_url: str) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate.upgrade, empty_url) for _ in range(4)))
    assert differences(empty_url) == []
