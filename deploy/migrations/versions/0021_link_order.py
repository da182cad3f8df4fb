"""The order of the screens' entries at all gateways: whoever holds an older socket of a screen learns of the newer."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("screen", sa.Column("link_change", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_screen_link_change", "screen", ["link_change"])


def downgrade() -> None:
    op.drop_index("ix_screen_link_change", table_name="screen")
    op.drop_column("screen", "link_change")
