"""The way into the database: what its errors say."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage.database import Database

pytestmark = pytest.mark.embedded


async def test_an_error_does_not_tell_what_was_to_be_written(database: Database) -> None:
    with pytest.raises(DBAPIError) as failed:
        async with database.transaction() as session:
            await (await session.connection()).execute(
                text("SELECT 1 / (length(:said) - length(:said))"), {"said": "科长收了红包"}
            )
    assert "division by zero" in str(failed.value)
    assert "科长收了红包" not in str(failed.value)
