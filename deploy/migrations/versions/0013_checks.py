"""the office's lists for machine checks, and imports that wait for a yes."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant, Json

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "check_list",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("entries", Json, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_check_list_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_list")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_check_list_kind_number")),
    )
    op.create_table(
        "check_import",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("entries", Json, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_check_import_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_import")),
        sa.UniqueConstraint("kind", "created_by", name=op.f("uq_check_import_kind_created_by")),
    )


def downgrade() -> None:
    op.drop_table("check_import")
    op.drop_table("check_list")
