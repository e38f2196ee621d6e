"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards."""
    op.execute(sa.schema.CreateSequence(sa.Sequence("said_seq")))
    op.create_table(
        "articles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("title", name=op.f("uq_articles_title")),
    )
    op.create_table(
        "days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("official", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_days")),
    )
    op.create_table(
        "digests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint("kind", "until", name=op.f("uq_digests_kind_until")),
    )
    op.create_table(
        "districts",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("aliases", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_districts")),
    )
    op.create_table(
        "groups",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("district", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
    )
    op.create_table(
        "heads",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heads")),
    )
    op.create_table(
        "poisoned",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poisoned")),
    )
    op.create_table(
        "settings",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_settings")),
    )
    op.create_table(
        "states",
        sa.Column("ticket_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("past", sa.Boolean(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("district", sa.String(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.String(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("respond_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolve_count", sa.Integer(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("rating", sa.String(), nullable=True),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_no", "since", "past", name=op.f("pk_states")),
        postgresql_partition_by="LIST (past)",
    )
    # one row of each ticket has no end yet: they lie apart, and those that ended among themselves
    op.execute("CREATE TABLE states_now PARTITION OF states FOR VALUES IN (false)")
    op.execute("CREATE TABLE states_past PARTITION OF states FOR VALUES IN (true)")
    op.create_index("ix_states_reported_at", "states", ["reported_at"], unique=False)
    op.create_index("ix_states_until", "states", ["until"], unique=False)
    op.create_table(
        "units",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("aliases", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("head", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("name", name=op.f("uq_units_name")),
    )
    op.create_table(
        "members",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("enterprise", sa.String(), nullable=True),
        sa.Column("enterprise_from", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_members_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("channel", "external_id", name=op.f("uq_members_channel_external_id")),
    )
    op.create_index(op.f("ix_members_unit_id"), "members", ["unit_id"], unique=False)
    op.create_table(
        "routes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("district", sa.String(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_routes_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routes")),
        sa.UniqueConstraint(
            "category",
            "district",
            name=op.f("uq_routes_category_district"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "accounts",
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_accounts_member_id")),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_accounts")),
    )
    op.create_table(
        "tickets",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=True),
        sa.Column("reporter_id", sa.Integer(), nullable=True),
        sa.Column("enterprise", sa.String(), nullable=True),
        sa.Column("contact", sa.String(), nullable=True),
        sa.Column("district", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("assisting", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("handler_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("respond_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_respond_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extension_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolve_count", sa.Integer(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("extended", sa.Integer(), nullable=False),
        sa.Column("rating", sa.String(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("urged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_tickets_group_id")),
        sa.ForeignKeyConstraint(["handler_id"], ["members.id"], name=op.f("fk_tickets_handler_id")),
        sa.ForeignKeyConstraint(
            ["merged_into"], ["tickets.no"], name=op.f("fk_tickets_merged_into")
        ),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["members.id"], name=op.f("fk_tickets_reporter_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_tickets_unit_id")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_tickets")),
    )
    op.create_index("ix_tickets_district_no", "tickets", ["district", "no"], unique=False)
    op.create_index("ix_tickets_group_id_no", "tickets", ["group_id", "no"], unique=False)
    op.create_index(
        "ix_tickets_open",
        "tickets",
        ["reported_at"],
        unique=False,
        postgresql_where=sa.text(
            "status::text = ANY (ARRAY['new', 'assigned', 'accepted', 'suspended'])"
        ),
    )
    op.create_index("ix_tickets_reporter_id_no", "tickets", ["reporter_id", "no"], unique=False)
    op.create_index("ix_tickets_status_no", "tickets", ["status", "no"], unique=False)
    op.create_index("ix_tickets_unit_id_no", "tickets", ["unit_id", "no"], unique=False)
    op.create_table(
        "due",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("ticket_no", sa.Integer(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ticket_no"], ["tickets.no"], name=op.f("fk_due_ticket_no")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due")),
        sa.UniqueConstraint(
            "what",
            "ticket_no",
            "at",
            name=op.f("uq_due_what_ticket_no_at"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_due_open",
        "due",
        ["next_at", "at", "turn", "id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index(op.f("ix_due_ticket_no"), "due", ["ticket_no"], unique=False)
    op.create_table(
        "events",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ticket_no", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("was", sa.String(), nullable=True),
        sa.Column("became", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("prev", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_no"], ["tickets.no"], name=op.f("fk_events_ticket_no")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_ticket_no"), "events", ["ticket_no"], unique=False)
    op.create_table(
        "intakes",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("ticket_no", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_no"], ["tickets.no"], name=op.f("fk_intakes_ticket_no")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_intakes")),
    )
    op.create_table(
        "letters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_no"], ["tickets.no"], name=op.f("fk_letters_ticket_no")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
    )
    op.create_index(op.f("ix_letters_ticket_no"), "letters", ["ticket_no"], unique=False)
    op.create_table(
        "links",
        sa.Column("ticket_no", sa.Integer(), nullable=False),
        sa.Column("other_no", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["other_no"], ["tickets.no"], name=op.f("fk_links_other_no")),
        sa.ForeignKeyConstraint(["ticket_no"], ["tickets.no"], name=op.f("fk_links_ticket_no")),
        sa.PrimaryKeyConstraint("ticket_no", "other_no", name=op.f("pk_links")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "said", sa.BigInteger(), server_default=sa.text("nextval('said_seq')"), nullable=False
        ),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("sender_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("images", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "quote", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("mentions_bot", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "parse", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("parser", sa.String(), nullable=True),
        sa.Column("ticket_no", sa.Integer(), nullable=True),
        sa.Column("effect", sa.String(), nullable=False),
        sa.Column("recalled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_messages_group_id")),
        sa.ForeignKeyConstraint(["sender_id"], ["members.id"], name=op.f("fk_messages_sender_id")),
        sa.ForeignKeyConstraint(["ticket_no"], ["tickets.no"], name=op.f("fk_messages_ticket_no")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "group_id", "external_id", name=op.f("uq_messages_group_id_external_id")
        ),
    )
    op.create_index("ix_messages_group_id_said", "messages", ["group_id", "said"], unique=False)
    op.create_index(
        "ix_messages_reparse",
        "messages",
        ["said"],
        unique=False,
        postgresql_where=sa.text("parser = 'keywords'"),
    )
    op.create_index(op.f("ix_messages_ticket_no"), "messages", ["ticket_no"], unique=False)
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("ticket_no", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_notices_member_id")),
        sa.ForeignKeyConstraint(["ticket_no"], ["tickets.no"], name=op.f("fk_notices_ticket_no")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_member_id"), "notices", ["member_id"], unique=False)
    op.create_index(op.f("ix_notices_ticket_no"), "notices", ["ticket_no"], unique=False)
    op.create_table(
        "reminders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_no", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ticket_no"], ["tickets.no"], name=op.f("fk_reminders_ticket_no")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        sa.UniqueConstraint(
            "ticket_no", "level", "deadline", name=op.f("uq_reminders_ticket_no_level_deadline")
        ),
    )
    op.create_index(
        "ix_reminders_open",
        "reminders",
        ["at"],
        unique=False,
        postgresql_where=sa.text("fired_at IS NULL"),
    )
    op.create_index(op.f("ix_reminders_ticket_no"), "reminders", ["ticket_no"], unique=False)
    op.create_table(
        "signins",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["login"], ["accounts.login"], name=op.f("fk_signins_login")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_signins")),
    )
    op.create_index(op.f("ix_signins_login"), "signins", ["login"], unique=False)
    op.create_table(
        "posts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "said", sa.BigInteger(), server_default=sa.text("nextval('said_seq')"), nullable=False
        ),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("to", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("about", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["answers"], ["messages.id"], name=op.f("fk_posts_answers")),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_posts_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
    )
    op.create_index("ix_posts_group_id_said", "posts", ["group_id", "said"], unique=False)
    op.create_index(
        "ix_posts_waiting",
        "posts",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_table(
        "questions",
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_questions_group_id")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_questions_member_id")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_questions_message_id")
        ),
        sa.PrimaryKeyConstraint("group_id", "member_id", name=op.f("pk_questions")),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column(
            "decision", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_reviews_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("message_id", name=op.f("uq_reviews_message_id")),
    )
    op.create_index(
        "ix_reviews_open",
        "reviews",
        ["id"],
        unique=False,
        postgresql_where=sa.text("decided_at IS NULL"),
    )


def downgrade() -> None:
    """Backwards."""
    op.drop_index(
        "ix_reviews_open", table_name="reviews", postgresql_where=sa.text("decided_at IS NULL")
    )
    op.drop_table("reviews")
    op.drop_table("questions")
    op.drop_index(
        "ix_posts_waiting", table_name="posts", postgresql_where=sa.text("status = 'waiting'")
    )
    op.drop_index("ix_posts_group_id_said", table_name="posts")
    op.drop_table("posts")
    op.drop_index(op.f("ix_signins_login"), table_name="signins")
    op.drop_table("signins")
    op.drop_index(op.f("ix_reminders_ticket_no"), table_name="reminders")
    op.drop_index(
        "ix_reminders_open", table_name="reminders", postgresql_where=sa.text("fired_at IS NULL")
    )
    op.drop_table("reminders")
    op.drop_index(op.f("ix_notices_ticket_no"), table_name="notices")
    op.drop_index(op.f("ix_notices_member_id"), table_name="notices")
    op.drop_table("notices")
    op.drop_index(op.f("ix_messages_ticket_no"), table_name="messages")
    op.drop_index(
        "ix_messages_reparse",
        table_name="messages",
        postgresql_where=sa.text("parser = 'keywords'"),
    )
    op.drop_index("ix_messages_group_id_said", table_name="messages")
    op.drop_table("messages")
    op.drop_table("links")
    op.drop_table("intakes")
    op.drop_index(op.f("ix_letters_ticket_no"), table_name="letters")
    op.drop_table("letters")
    op.drop_index(op.f("ix_events_ticket_no"), table_name="events")
    op.drop_table("events")
    op.drop_index(op.f("ix_due_ticket_no"), table_name="due")
    op.drop_index("ix_due_open", table_name="due", postgresql_where=sa.text("done_at IS NULL"))
    op.drop_table("due")
    op.drop_index("ix_tickets_unit_id_no", table_name="tickets")
    op.drop_index("ix_tickets_status_no", table_name="tickets")
    op.drop_index("ix_tickets_reporter_id_no", table_name="tickets")
    op.drop_index(
        "ix_tickets_open",
        table_name="tickets",
        postgresql_where=sa.text(
            "status::text = ANY (ARRAY['new', 'assigned', 'accepted', 'suspended'])"
        ),
    )
    op.drop_index("ix_tickets_group_id_no", table_name="tickets")
    op.drop_index("ix_tickets_district_no", table_name="tickets")
    op.drop_table("tickets")
    op.drop_table("accounts")
    op.drop_table("routes")
    op.drop_index(op.f("ix_members_unit_id"), table_name="members")
    op.drop_table("members")
    op.drop_table("units")
    op.drop_index("ix_states_until", table_name="states")
    op.drop_index("ix_states_reported_at", table_name="states")
    op.drop_table("states")
    op.drop_table("settings")
    op.drop_table("poisoned")
    op.drop_table("heads")
    op.drop_table("groups")
    op.drop_table("districts")
    op.drop_table("digests")
    op.drop_table("days")
    op.drop_table("articles")
    op.execute(sa.schema.DropSequence(sa.Sequence("said_seq")))
