"""narration: the recording that is played where a piece is read aloud."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("revision", sa.Column("narration_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("revision", "narration_id")
