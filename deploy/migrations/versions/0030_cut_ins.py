"""cut_ins: what stands on a channel instead of what is planned, and the pictures made for it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0028"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "air_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("spec", JSON, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("parts", JSON, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(60), nullable=True),
        sa.Column("error_params", JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_air_job"),
        sa.UniqueConstraint("key", name="uq_air_job_key"),
    )
    op.create_index("ix_air_job_state_due", "air_job", ["state", "not_before"])
    op.create_table(
        "cut_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name="fk_cut_in_target_id"),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_cut_in_document_id"),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name="fk_cut_in_created_by"),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name="fk_cut_in_ended_by"),
        sa.ForeignKeyConstraint(["job_id"], ["air_job.id"], name="fk_cut_in_job_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cut_in"),
    )
    op.create_index("ix_cut_in_target_start", "cut_in", ["target_id", "start_at"])
    op.create_index("ix_cut_in_document_id", "cut_in", ["document_id"])


def downgrade() -> None:
    op.drop_table("cut_in")
    op.drop_table("air_job")
