"""Every call to a platform that cannot be undone: its intent and its end, as rows."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant

revision = "0040"
down_revision = "0035"
branch_labels = None
depends_on = None

_OPEN = sa.text("ended_at is null")


def upgrade() -> None:
    op.create_table(
        "post_attempt",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_post_attempt_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_attempt")),
    )
    op.create_index("ix_post_attempt_delivery", "post_attempt", ["delivery_id", "begun_at"])
    op.create_index(
        "uq_post_attempt_open",
        "post_attempt",
        ["delivery_id"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    # A call that is open at this moment was begun when its delivery was last claimed, or before.
    op.execute(
        "insert into post_attempt (id, delivery_id, begun_at, ended_at, outcome, why) "
        "select call, id, created_at, null, case when accepted_at is null then 'unknown' else 'accepted' end, '' "
        "from delivery where call is not null"
    )


def downgrade() -> None:
    op.drop_table("post_attempt")
