"""newspapers: papers and their issues, the work of drawing one, its pages and the text printed on them."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant, Json

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "page_text",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("blocks", Json, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_page_text_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_page_text")),
    )
    op.create_table(
        "newspaper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newspaper")),
        sa.UniqueConstraint("unit_path", "name", name=op.f("uq_newspaper_unit_path_name")),
    )
    op.create_table(
        "newspaper_issue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("newspaper_id", sa.Uuid(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("source_name", sa.String(length=200), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("source_size", sa.BigInteger(), nullable=False),
        sa.Column("cover_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["newspaper_id"], ["newspaper.id"], name=op.f("fk_newspaper_issue_newspaper_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_newspaper_issue_document_id")),
        sa.ForeignKeyConstraint(
            ["cover_id"], ["asset.id"], name=op.f("fk_newspaper_issue_cover_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_newspaper_issue_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newspaper_issue")),
        sa.UniqueConstraint("newspaper_id", "date", name=op.f("uq_newspaper_issue_newspaper_id_date")),
        sa.UniqueConstraint("document_id", name=op.f("uq_newspaper_issue_document_id")),
    )
    op.create_index("ix_newspaper_issue_date", "newspaper_issue", ["date", "id"])
    op.create_table(
        "newspaper_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("left", Json, nullable=False),
        sa.Column("error_code", sa.String(length=60), nullable=True),
        sa.Column("error_params", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["newspaper_issue.id"], name=op.f("fk_newspaper_job_issue_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newspaper_job")),
        sa.UniqueConstraint("issue_id", name=op.f("uq_newspaper_job_issue_id")),
    )
    op.create_index("ix_newspaper_job_state_due", "newspaper_job", ["state", "not_before"])
    op.create_table(
        "newspaper_page",
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("left", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["newspaper_issue.id"], name=op.f("fk_newspaper_page_issue_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_newspaper_page_asset_id")),
        sa.PrimaryKeyConstraint("issue_id", "number", name=op.f("pk_newspaper_page")),
    )
    op.create_index(op.f("ix_newspaper_page_asset_id"), "newspaper_page", ["asset_id"])


def downgrade() -> None:
    op.drop_table("newspaper_page")
    op.drop_table("newspaper_job")
    op.drop_table("newspaper_issue")
    op.drop_table("newspaper")
    op.drop_table("page_text")
