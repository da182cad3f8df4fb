"""logos: the picture in a channel's corner, and the films that are made with it."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant

revision = "0044"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_logo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("look", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("corner", sa.String(12), nullable=False),
        sa.Column("margin", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("opacity", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name="fk_channel_logo_target_id"),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name="fk_channel_logo_created_by"),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name="fk_channel_logo_ended_by"),
        sa.PrimaryKeyConstraint("id", name="pk_channel_logo"),
    )
    op.create_index("ix_channel_logo_target", "channel_logo", ["target_id", "ended_at"])
    op.create_index("ix_channel_logo_look", "channel_logo", ["look"])
    with op.batch_alter_table("air_job") as batch:
        batch.add_column(sa.Column("look", sa.String(64), nullable=False, server_default=""))
        batch.add_column(sa.Column("film", sa.String(64), nullable=False, server_default=""))
    op.create_index("ix_air_job_look", "air_job", ["look"])


def downgrade() -> None:
    # Work of a kind that the older product does not know would be given back for ever.
    op.execute(sa.text("delete from air_job where kind = 'logo'"))
    op.drop_index("ix_air_job_look", "air_job")
    with op.batch_alter_table("air_job") as batch:
        batch.drop_column("look")
        batch.drop_column("film")
    op.drop_table("channel_logo")
