"""live parts: what came in of a signal that is recorded, and what a machine bears of it while it is."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("live_source_state", sa.Column("recording", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "live_part",
        sa.Column("cut_in_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("stretch", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cut_in_id"], ["cut_in.id"], name="fk_live_part_cut_in_id"),
        sa.PrimaryKeyConstraint("cut_in_id", "at", name="pk_live_part"),
    )
    op.create_index("ix_live_part_sha256", "live_part", ["sha256"])


def downgrade() -> None:
    op.drop_table("live_part")
    op.drop_column("live_source_state", "recording")
