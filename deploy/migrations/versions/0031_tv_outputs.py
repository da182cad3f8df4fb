"""tv outputs: where a channel is sent besides its playlists, and who sends it now."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tv_output",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("rung", sa.String(length=8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("ttl", sa.Integer(), nullable=False),
        sa.Column("interface", sa.String(length=45), nullable=False),
        sa.Column("service", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_tv_output_created_by_person")),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name=op.f("fk_tv_output_target_id_target")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tv_output")),
    )
    with op.batch_alter_table("tv_output", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tv_output_target_id"), ["target_id"], unique=False)
    op.create_table(
        "tv_output_state",
        sa.Column("output_id", sa.Uuid(), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("said_at", Instant(), nullable=True),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("late_ms", sa.Integer(), nullable=False),
        sa.Column("missing", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.Column("short", sa.BigInteger(), nullable=False),
        sa.Column("restarts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["output_id"], ["tv_output.id"], name=op.f("fk_tv_output_state_output_id_tv_output"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("output_id", name=op.f("pk_tv_output_state")),
    )


def downgrade() -> None:
    op.drop_table("tv_output_state")
    with op.batch_alter_table("tv_output", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tv_output_target_id"))
    op.drop_table("tv_output")
