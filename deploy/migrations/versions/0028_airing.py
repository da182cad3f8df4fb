"""airing: templates and changes of a channel's day, and how many watch."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant, Json

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "day_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("entries", Json, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name=op.f("fk_day_template_target_id")),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_day_template_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_template")),
    )
    op.create_index("ix_day_template_target", "day_template", ["target_id", "ended_at"])
    op.create_table(
        "day_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("made", Json, nullable=False),
        sa.Column("ended", Json, nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name=op.f("fk_day_change_target_id")),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_day_change_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_change")),
    )
    op.create_index("ix_day_change_target_at", "day_change", ["target_id", "at"])
    op.create_table(
        "viewing_salt",
        sa.Column("on", sa.String(length=10), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("on", name=op.f("pk_viewing_salt")),
    )
    op.create_table(
        "viewing_session",
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("viewer", sa.String(length=32), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name=op.f("fk_viewing_session_target_id")),
        sa.PrimaryKeyConstraint("target_id", "viewer", name=op.f("pk_viewing_session")),
    )
    op.create_index("ix_viewing_session_last", "viewing_session", ["last_at"])
    op.create_table(
        "viewing_day",
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("on", sa.String(length=10), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name=op.f("fk_viewing_day_target_id")),
        sa.PrimaryKeyConstraint("target_id", "on", name=op.f("pk_viewing_day")),
    )


def downgrade() -> None:
    for table in ("viewing_day", "viewing_session", "viewing_salt", "day_change", "day_template"):
        op.drop_table(table)
