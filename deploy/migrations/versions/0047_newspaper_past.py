"""newspaper past: what an issue was before another PDF took its place."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant, Json

revision = "0047"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "newspaper_past",
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("source_name", sa.String(200), nullable=False),
        sa.Column("source_sha256", sa.String(64), nullable=False),
        sa.Column("source_size", sa.BigInteger(), nullable=False),
        sa.Column("cover_id", sa.Uuid(), nullable=True),
        sa.Column("pages", Json, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("left", Json, nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["newspaper_issue.id"], name="fk_newspaper_past_issue_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_newspaper_past_edition_id"),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name="fk_newspaper_past_revision_id"),
        sa.ForeignKeyConstraint(["cover_id"], ["asset.id"], name="fk_newspaper_past_cover_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name="fk_newspaper_past_by"),
        sa.PrimaryKeyConstraint("issue_id", name="pk_newspaper_past"),
    )


def downgrade() -> None:
    op.drop_table("newspaper_past")
