"""What the console knows; who is signed in is kept in the streams' server from now on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Forwards."""
    op.drop_table("signins")
    for column in (
        sa.Column("given", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("totp", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("locked_until", INSTANT, nullable=True),
        sa.Column("last_at", INSTANT, nullable=True),
    ):
        op.add_column("accounts", column)
    op.alter_column("accounts", "given", server_default=None)
    op.alter_column("accounts", "failures", server_default=None)
    op.create_unique_constraint("uq_accounts_subject", "accounts", ["subject"])
    op.create_index("ix_accounts_member_id", "accounts", ["member_id"])
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("of", sa.String(), nullable=False),
        sa.Column("was", postgresql.JSONB(), nullable=True),
        sa.Column("became", postgresql.JSONB(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
    )
    op.create_index("ix_changes_what_id", "changes", ["what", "id"])
    op.create_table(
        "views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_views_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_views"),
        sa.UniqueConstraint("member_id", "name", name="uq_views_member_id_name"),
    )
    op.create_table(
        "follows",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("ticket_no", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_follows_member_id"),
        sa.ForeignKeyConstraint(["ticket_no"], ["tickets.no"], name="fk_follows_ticket_no"),
        sa.PrimaryKeyConstraint("member_id", "ticket_no", name="pk_follows"),
    )
    op.create_index("ix_follows_ticket_no", "follows", ["ticket_no"])
    op.create_table(
        "keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("scopes", postgresql.JSONB(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
        sa.UniqueConstraint("hash", name="uq_keys_hash"),
    )
    op.create_table(
        "hooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("steps", postgresql.JSONB(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_hooks"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hook_id", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["hook_id"], ["hooks.id"], name="fk_deliveries_hook_id"),
        sa.ForeignKeyConstraint(["event_seq"], ["events.seq"], name="fk_deliveries_event_seq"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("hook_id", "event_seq", name="uq_deliveries_hook_id_event_seq"),
    )
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        ["next_at"],
        postgresql_where=sa.text("status = 'waiting'"),
    )


def downgrade() -> None:
    """Backwards."""
    for table in ("deliveries", "hooks", "keys", "follows", "views", "changes"):
        op.drop_table(table)
    op.drop_index("ix_accounts_member_id", table_name="accounts")
    op.drop_constraint("uq_accounts_subject", "accounts", type_="unique")
    for column in ("last_at", "locked_until", "failures", "subject", "totp", "given"):
        op.drop_column("accounts", column)
    op.create_table(
        "signins",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["login"], ["accounts.login"], name="fk_signins_login"),
        sa.PrimaryKeyConstraint("token", name="pk_signins"),
    )
    op.create_index("ix_signins_login", "signins", ["login"])
