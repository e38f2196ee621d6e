"""What lets the ledger be filtered, sorted and searched, however long it is."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: Each letter with the next one, so that words of two letters are found, and of one.
PAIRS = r"""
CREATE FUNCTION pairs(told text, enterprise text, address text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 400
AS $$
    SELECT coalesce(array_to_tsvector(array_agg(pair)), '')
    FROM (
        SELECT letter, letter || coalesce(lead(letter) OVER (ORDER BY place), '') AS pair
        FROM unnest(string_to_array(lower(left(concat_ws(E'\n', enterprise, address, told), 10000)),
                                    NULL)) WITH ORDINALITY AS letters(letter, place)
    ) AS every
    WHERE letter COLLATE "C" > ' '
$$
"""


def upgrade() -> None:
    """Forwards."""
    op.execute(PAIRS)
    # what filters ask for lies beside the keys: the rows themselves need not be read
    op.create_index(
        "ix_tickets_ledger",
        "tickets",
        ["reported_at", "no"],
        postgresql_include=[
            "due_at", "status", "kind", "category", "unit_id", "district", "group_id", "source",
            "urgent", "reopened", "confidential", "suspended_at",
        ],
    )  # fmt: skip
    op.create_index("ix_tickets_due_at_no", "tickets", ["due_at", "no"])
    op.create_index("ix_tickets_category_no", "tickets", ["category", "no"])
    op.create_index("ix_tickets_enterprise_no", "tickets", ["enterprise", "no"])
    # what waits in its list is sorted in by little and little, so that no writer waits for long
    op.create_index(
        "ix_tickets_pairs",
        "tickets",
        [sa.text("pairs(text, enterprise, address)")],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 512},
    )


def downgrade() -> None:
    """Backwards."""
    for name in ("pairs", "enterprise_no", "category_no", "due_at_no", "ledger"):
        op.drop_index(f"ix_tickets_{name}", table_name="tickets")
    op.execute("DROP FUNCTION pairs(text, text, text)")
