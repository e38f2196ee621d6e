"""What the columns of all tables are made of."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    MetaData,
    Sequence,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

# Every constraint has a name that a migration can speak of.
SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention

#: One order for all that is said in the groups, by people and by the bot.
said = Sequence("said_seq", metadata=SQLModel.metadata)


class Instant(TypeDecorator[datetime]):
    """A moment with its offset. A naive one is refused at the door: it names no moment."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> datetime | None:
        """Refuse a moment without offset (ValueError)."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a moment without offset: {value!r}")
        return value


#: The end of what has no end yet.
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


def instant(**column: Any) -> Any:
    return Field(sa_type=Instant, **column)


def json_of(default: type[list[Any]] | type[dict[str, Any]] = list) -> Any:
    return Field(default_factory=default, sa_column=Column(JSONB, nullable=False))
