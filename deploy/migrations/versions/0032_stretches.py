"""encodes in stretches: what is finished, who had a first look, what was found, chapters, and films cut out of films."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant, Json

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "encode_part",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("source_sha256", sa.String(64), nullable=False),
        sa.Column("house", sa.String(16), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_encode_part"),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name="fk_encode_part_asset_id_asset", ondelete="CASCADE"),
        sa.UniqueConstraint(
            "asset_id", "source_sha256", "house", "name", name="uq_encode_part_asset_id_source_sha256_house_name"
        ),
    )
    op.create_index("ix_encode_part_sha256", "encode_part", ["sha256"])
    op.add_column("encode_job", sa.Column("looked_at", Instant(), nullable=True))
    op.add_column("asset", sa.Column("findings", Json, server_default="{}", nullable=False))
    op.add_column("asset", sa.Column("chapters", Json, server_default="[]", nullable=False))
    op.add_column("asset", sa.Column("cut_of", Json, server_default="[]", nullable=False))


def downgrade() -> None:
    for name in ("cut_of", "chapters", "findings"):
        op.drop_column("asset", name)
    op.drop_column("encode_job", "looked_at")
    op.drop_table("encode_part")
