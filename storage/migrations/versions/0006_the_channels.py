"""Groups are carried by several channels; what comes by them, and how posts leave, is kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB(none_as_null=True)
ON_ITS_WAY = sa.text("status::text = ANY (ARRAY['waiting', 'sending'])")
WAITING = sa.text("status = 'waiting'")


def upgrade() -> None:
    """Forwards."""
    _groups()
    _talk()
    _media()
    _archive()


def _groups() -> None:
    for column in ("reads", "answers", "pushes"):
        op.add_column("groups", sa.Column(column, sa.String(), nullable=True))
    op.execute("UPDATE groups SET reads = channel, answers = channel, pushes = channel")
    op.create_table(
        "carriers",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("blocked", sa.String(), nullable=True),
        sa.Column("blocked_at", INSTANT, nullable=True),
        sa.Column("about", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name="fk_carriers_group_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("channel", "address", name="pk_carriers"),
        sa.UniqueConstraint("group_id", "channel", name="uq_carriers_group_id_channel"),
    )
    op.execute(
        "INSERT INTO carriers (channel, address, group_id, about) "
        "SELECT channel, id, id, '{}' FROM groups"
    )
    op.drop_column("groups", "channel")


def _talk() -> None:
    op.add_column("messages", sa.Column("via", sa.String(), nullable=True))
    op.add_column("messages", sa.Column("handle", JSON, nullable=True))
    op.create_table(
        "doubles",
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("via", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name="fk_doubles_group_id"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_doubles_message_id"),
        sa.PrimaryKeyConstraint("group_id", "external_id", name="pk_doubles"),
    )
    op.create_index("ix_doubles_message_id", "doubles", ["message_id"])
    for table_column in (
        sa.Column("offers", postgresql.JSONB(), nullable=False, server_default="[]"),
        sa.Column("parts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("via", sa.String(), nullable=True),
        sa.Column("receipt", JSON, nullable=True),
    ):
        op.add_column("posts", table_column)
    op.drop_index("ix_posts_waiting", table_name="posts")
    op.create_index("ix_posts_waiting", "posts", ["next_at"], postgresql_where=ON_ITS_WAY)
    op.create_index(
        "ix_posts_awaiting", "posts", ["via", "id"],
        postgresql_where=sa.text("status = 'awaiting'"),
    )  # fmt: skip
    op.create_index(
        "ix_posts_receipt", "posts", ["group_id", sa.text("(receipt ->> 'id')")],
        postgresql_where=sa.text("receipt IS NOT NULL"),
    )  # fmt: skip
    for column in (
        sa.Column("wish", JSON, nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("error", sa.String(), nullable=True),
    ):
        op.add_column("notices", column)
    op.create_index("ix_notices_waiting", "notices", ["next_at"], postgresql_where=ON_ITS_WAY)
    op.create_table(
        "unplaced",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unplaced"),
    )
    op.create_index("ix_unplaced_channel_address_id", "unplaced", ["channel", "address", "id"])


def _media() -> None:
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_blobs"),
    )
    op.create_table(
        "media",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("source", JSON, nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name="fk_media_group_id"),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name="fk_media_sha256"),
        sa.PrimaryKeyConstraint("id", name="pk_media"),
        sa.UniqueConstraint(
            "group_id", "external_id", "place", name="uq_media_group_id_external_id_place"
        ),
    )
    op.create_index("ix_media_waiting", "media", ["next_at"], postgresql_where=WAITING)
    op.create_index("ix_media_sha256", "media", ["sha256"])


def _archive() -> None:
    op.create_table(
        "recorded",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("record", postgresql.JSONB(), nullable=False),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_recorded"),
    )
    op.create_index("ix_recorded_external_id", "recorded", ["external_id"])
    op.create_index("ix_recorded_waiting", "recorded", ["seq"], postgresql_where=WAITING)
    op.create_index(
        "ix_recorded_parked", "recorded", ["seq"],
        postgresql_where=sa.text("status = 'parked'"),
    )  # fmt: skip
    op.create_table(
        "cursors",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", postgresql.JSONB(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_cursors"),
    )


def downgrade() -> None:
    """Backwards; a group is carried by one channel again, and what was not sent yet waits."""
    for table in ("cursors", "recorded", "media", "blobs", "unplaced", "doubles"):
        op.drop_table(table)
    op.execute(
        "UPDATE posts SET status = CASE status WHEN 'sending' THEN 'waiting' ELSE 'sent' END "
        "WHERE status IN ('sending', 'awaiting')"
    )
    op.drop_index("ix_notices_waiting", table_name="notices")
    for column in ("wish", "status", "next_at", "tries", "error"):
        op.drop_column("notices", column)
    op.drop_index("ix_posts_receipt", table_name="posts")
    op.drop_index("ix_posts_awaiting", table_name="posts")
    op.drop_index("ix_posts_waiting", table_name="posts")
    op.create_index("ix_posts_waiting", "posts", ["next_at"], postgresql_where=WAITING)
    for column in ("offers", "parts", "via", "receipt"):
        op.drop_column("posts", column)
    for column in ("via", "handle"):
        op.drop_column("messages", column)
    op.add_column("groups", sa.Column("channel", sa.String(), nullable=True))
    op.execute("UPDATE groups SET channel = coalesce(reads, answers, pushes, 'sandbox')")
    op.alter_column("groups", "channel", nullable=False)
    for column in ("reads", "answers", "pushes"):
        op.drop_column("groups", column)
    op.drop_table("carriers")
