"""small_first: since when all of a video that waits can be watched in its smallest size."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("encode_job", sa.Column("small_at", Instant(), nullable=True))


def downgrade() -> None:
    op.drop_column("encode_job", "small_at")
