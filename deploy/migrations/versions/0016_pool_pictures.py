"""pool: what became of the pictures of a feed's item, and the item a document was made of."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Json

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pool_item", sa.Column("report", Json, nullable=False, server_default="{}"))
    op.create_index("ix_pool_item_document_id", "pool_item", ["document_id"])


def downgrade() -> None:
    op.drop_index("ix_pool_item_document_id", "pool_item")
    op.drop_column("pool_item", "report")
