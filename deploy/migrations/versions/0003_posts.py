"""posts: since when a platform looks at one, and accounts that wait for an administrator."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant, Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("accepted_at", Instant(), nullable=True))
    with op.batch_alter_table("target", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paused_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("paused_code", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("paused_params", Json, nullable=True))


def downgrade() -> None:
    # An older program knows no such state; it asks again as it does after a lost answer.
    op.execute("update delivery set state = 'unknown' where state = 'reviewing'")
    with op.batch_alter_table("target", schema=None) as batch_op:
        batch_op.drop_column("paused_params")
        batch_op.drop_column("paused_code")
        batch_op.drop_column("paused_at")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_column("accepted_at")
