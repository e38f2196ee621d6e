"""The other tickets that a message opened."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards."""
    also = sa.Column("also", postgresql.JSONB(), nullable=False, server_default="[]")
    op.add_column("messages", also)
    op.create_index(
        "ix_messages_also",
        "messages",
        ["also"],
        postgresql_using="gin",
        postgresql_where=sa.text("also <> '[]'::jsonb"),
    )


def downgrade() -> None:
    """Backwards."""
    op.drop_index("ix_messages_also", table_name="messages")
    op.drop_column("messages", "also")
