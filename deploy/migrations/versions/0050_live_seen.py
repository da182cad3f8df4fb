"""live seen: how loud a signal is that comes in, and since when its picture is black or stands still."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("loudness", "peak"):
        op.add_column("live_source_state", sa.Column(name, sa.Integer(), nullable=True))
    for name in ("black_at", "frozen_at"):
        op.add_column("live_source_state", sa.Column(name, Instant(), nullable=True))


def downgrade() -> None:
    for name in ("frozen_at", "black_at", "peak", "loudness"):
        op.drop_column("live_source_state", name)
