"""logo cost: how long films with a logo took, so that the next ones are priced by what this house needs."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("air_job", sa.Column("took_ms", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("air_job", sa.Column("took_of", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("air_job", "took_of")
    op.drop_column("air_job", "took_ms")
