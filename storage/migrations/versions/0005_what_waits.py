"""What lets the pages of the day and of the inspectors find what they show."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards."""
    op.create_index(
        "ix_tickets_confidential", "tickets", ["no"], postgresql_where=sa.text("confidential")
    )
    op.create_index(
        "ix_events_inspected",
        "events",
        ["step", "seq"],
        postgresql_where=sa.text("step::text = ANY (ARRAY['look', 'recheck'])"),
    )
    op.drop_index("ix_notices_member_id", table_name="notices")
    op.create_index("ix_notices_member_id_id", "notices", ["member_id", "id"])
    op.create_index(
        "ix_notices_requests", "notices", ["ticket_no", "at"],
        postgresql_where=sa.text("level = 'request'"),
    )  # fmt: skip
    op.create_index("ix_messages_sender_id_group_id", "messages", ["sender_id", "group_id"])


def downgrade() -> None:
    """Backwards."""
    op.drop_index("ix_messages_sender_id_group_id", table_name="messages")
    op.drop_index("ix_notices_requests", table_name="notices")
    op.drop_index("ix_notices_member_id_id", table_name="notices")
    op.create_index("ix_notices_member_id", "notices", ["member_id"])
    op.drop_index("ix_events_inspected", table_name="events")
    op.drop_index("ix_tickets_confidential", table_name="tickets")
