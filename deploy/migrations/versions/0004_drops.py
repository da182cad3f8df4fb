"""drop folder: which items became drafts."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drop_taken",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_drop_taken_document_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_drop_taken_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drop_taken")),
        sa.UniqueConstraint("person_id", "sha256", name=op.f("uq_drop_taken_person_id_sha256")),
    )


def downgrade() -> None:
    op.drop_table("drop_taken")
