"""The way into the database: one engine a process, one transaction a unit of work."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel.ext.asyncio.session import AsyncSession

#: What passes: the database is away, has no connection left, or can only be read while another
#: one takes over. Whoever meets it tries again; nothing was done.
PASSES = (OperationalError, InterfaceError, InternalError, NoConnection)


class Database:
    """A pool of connections to one PostgreSQL database."""

    def __init__(self, url: str, *, size: int = 10, lasting: bool = False) -> None:
        """Connect lazily to `url` (`postgresql+psycopg://…`) with at most `size` connections.

        With `lasting` the server is known not to go away meanwhile, and is not asked each time.
        """
        self.engine: AsyncEngine = create_async_engine(
            url, pool_size=size, max_overflow=0, pool_pre_ping=not lasting,
            hide_parameters=True,  # what was said, and hashes of passwords, stand in no error
        )  # fmt: skip
        event.listen(self.engine.sync_engine, "connect", _speak_utc)
        #: What transactions of this database may keep for one another: the rules in force.
        self.kept: dict[str, Any] = {}

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One unit of work: committed when the block ends, rolled back when it raises.

        Nothing below commits. Rows stay readable after the commit.
        """
        async with AsyncSession(
            self.engine, expire_on_commit=False, info={"kept": self.kept}
        ) as session, session.begin():  # fmt: skip
            yield session

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncSession]:
        """For single looks, each at what is committed at that moment, without a transaction."""
        async with self.engine.connect() as connection:
            free = await connection.execution_options(isolation_level="AUTOCOMMIT")
            async with AsyncSession(free) as session:
                yield session

    async def close(self) -> None:
        """Give the connections back."""
        await self.engine.dispose()


def _speak_utc(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Instants come back in UTC wherever the server stands; the city's offset is for showing."""
    cursor = connection.cursor()
    cursor.execute("SET TIME ZONE 'UTC'")
    cursor.close()
    connection.commit()
