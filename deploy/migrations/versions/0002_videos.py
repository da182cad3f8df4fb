"""videos: their state, length and poster, encode jobs, and sizes beyond two gigabytes."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant, Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "encode_job",
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("eta_seconds", sa.Integer(), nullable=True),
        sa.Column("error_code", sa.String(length=60), nullable=True),
        sa.Column("error_params", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_encode_job_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encode_job")),
        sa.UniqueConstraint("asset_id", name=op.f("uq_encode_job_asset_id")),
    )
    with op.batch_alter_table("encode_job", schema=None) as batch_op:
        batch_op.create_index("ix_encode_job_state_due", ["state", "not_before"], unique=False)

    with op.batch_alter_table("asset", schema=None) as batch_op:
        batch_op.add_column(sa.Column("state", sa.String(length=12), server_default="ready", nullable=False))
        batch_op.add_column(sa.Column("duration_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("poster_id", sa.Uuid(), nullable=True))
        batch_op.alter_column("size", existing_type=sa.INTEGER(), type_=sa.BigInteger(), existing_nullable=False)
        batch_op.create_index(batch_op.f("ix_asset_poster_id"), ["poster_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_asset_poster_id"), "asset", ["poster_id"], ["id"], ondelete="SET NULL"
        )

    with op.batch_alter_table("rendition", schema=None) as batch_op:
        batch_op.alter_column("size", existing_type=sa.INTEGER(), type_=sa.BigInteger(), existing_nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("rendition", schema=None) as batch_op:
        batch_op.alter_column("size", existing_type=sa.BigInteger(), type_=sa.INTEGER(), existing_nullable=False)

    with op.batch_alter_table("asset", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_asset_poster_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_asset_poster_id"))
        batch_op.alter_column("size", existing_type=sa.BigInteger(), type_=sa.INTEGER(), existing_nullable=False)
        batch_op.drop_column("poster_id")
        batch_op.drop_column("duration_ms")
        batch_op.drop_column("state")

    with op.batch_alter_table("encode_job", schema=None) as batch_op:
        batch_op.drop_index("ix_encode_job_state_due")

    op.drop_table("encode_job")
