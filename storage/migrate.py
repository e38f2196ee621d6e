"""Bring a database to the newest shape of the tables."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

#: Two processes that start at once take turns; any number that nobody else uses will do.
TURN = 2_109_135_273


def upgrade(url: str) -> None:
    """Run the migrations that are missing; safe to call from several processes at once."""
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": TURN})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
