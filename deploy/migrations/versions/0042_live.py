"""live: sources of live input, what their receiver says, who took them on air, the slots that were made."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant

revision = "0042"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "live_source",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("url", sa.String(300), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name="fk_live_source_target_id"),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name="fk_live_source_created_by"),
        sa.PrimaryKeyConstraint("id", name="pk_live_source"),
    )
    op.create_index("ix_live_source_target_id", "live_source", ["target_id"])
    op.create_table(
        "live_source_state",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("holder", sa.String(100), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("said_at", Instant(), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("since", Instant(), nullable=True),
        sa.Column("speed", sa.Integer(), nullable=False),
        sa.Column("rungs", sa.Integer(), nullable=False),
        sa.Column("room", sa.Integer(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("restarts", sa.Integer(), nullable=False),
        sa.Column("size", sa.String(20), nullable=False),
        sa.Column("error", sa.String(300), nullable=False),
        sa.Column("still", sa.LargeBinary(), nullable=True),
        sa.Column("still_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["live_source.id"], name="fk_live_source_state_source_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", name="pk_live_source_state"),
    )
    op.create_table(
        "live_take",
        sa.Column("cut_in_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("record", sa.Boolean(), nullable=False),
        sa.Column("kept_at", Instant(), nullable=True),
        sa.Column("kept_as", sa.Uuid(), nullable=True),
        sa.Column("error", sa.String(60), nullable=False),
        sa.ForeignKeyConstraint(["cut_in_id"], ["cut_in.id"], name="fk_live_take_cut_in_id"),
        sa.ForeignKeyConstraint(["source_id"], ["live_source.id"], name="fk_live_take_source_id"),
        sa.ForeignKeyConstraint(["kept_as"], ["document.id"], name="fk_live_take_kept_as"),
        sa.PrimaryKeyConstraint("cut_in_id", name="pk_live_take"),
    )
    op.create_index("ix_live_take_source_id", "live_take", ["source_id"])
    op.create_table(
        "live_slot",
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("cut_in_id", sa.Uuid(), nullable=False),
        sa.Column("index", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("rungs", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name="fk_live_slot_target_id"),
        sa.ForeignKeyConstraint(["cut_in_id"], ["cut_in.id"], name="fk_live_slot_cut_in_id"),
        sa.PrimaryKeyConstraint("target_id", "slot", name="pk_live_slot"),
    )
    op.create_index("ix_live_slot_cut_in", "live_slot", ["cut_in_id", "slot"])


def downgrade() -> None:
    # An order of a kind that the older product does not know would stop it.
    for table in ("live_slot", "live_take", "live_source_state", "live_source"):
        op.drop_table(table)
    op.execute(sa.text("delete from cut_in where kind = 'live'"))
