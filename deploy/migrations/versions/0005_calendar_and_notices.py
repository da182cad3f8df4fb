"""calendar: years, embargoes, batches; notices, letters and alarms."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant, Json

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(length=160), nullable=False),
        sa.Column("unit_path", sa.String(length=500), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("href", sa.String(length=300), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("taken_at", Instant(), nullable=True),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["taken_by"], ["person.id"], name=op.f("fk_alarm_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
    )
    with op.batch_alter_table("alarm", schema=None) as batch_op:
        batch_op.create_index("ix_alarm_taken_raised", ["taken_at", "raised_at"], unique=False)
        batch_op.create_index(
            "uq_alarm_open",
            ["cause"],
            unique=True,
            sqlite_where=sa.text("taken_at is null"),
            postgresql_where=sa.text("taken_at is null"),
        )

    op.create_table(
        "batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("unit_path", sa.String(length=500), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_batch_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index("ix_batch_at", ["at"], unique=False)

    op.create_table(
        "calendar_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("entered_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("fk_calendar_year_entered_by")),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_year")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(length=160), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("href", sa.String(length=300), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("read_at", Instant(), nullable=True),
        sa.Column("done_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index("ix_notice_cause", ["cause"], unique=False)
        batch_op.create_index("ix_notice_person_last", ["person_id", "last_at"], unique=False)
        batch_op.create_index(
            "uq_notice_open",
            ["person_id", "cause"],
            unique=True,
            sqlite_where=sa.text("done_at is null"),
            postgresql_where=sa.text("done_at is null"),
        )

    op.create_table(
        "notice_choice",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("mail", sa.String(length=254), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=False),
        sa.Column("quiet_to", sa.Integer(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_choice_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_notice_choice")),
    )
    op.create_table(
        "embargo",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_embargo_document_id")),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name=op.f("fk_embargo_set_by")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_embargo")),
    )
    op.create_table(
        "letter",
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("way", sa.String(length=12), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("error_code", sa.String(length=60), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_letter_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_letter_notice_id"), ["notice_id"], unique=False)
        batch_op.create_index("ix_letter_state_due", ["state", "not_before"], unique=False)

    with op.batch_alter_table("edition", schema=None) as batch_op:
        batch_op.create_index("ix_edition_planned_at", ["planned_at"], unique=False)
        batch_op.create_index("ix_edition_published_at", ["published_at"], unique=False)

    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("take_off_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("batch_id", sa.Uuid(), nullable=True))
        batch_op.create_index("ix_occurrence_at", ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_occurrence_batch_id"), ["batch_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_occurrence_batch_id"), "batch", ["batch_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_occurrence_batch_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_occurrence_batch_id"))
        batch_op.drop_index("ix_occurrence_at")
        batch_op.drop_column("batch_id")
        batch_op.drop_column("take_off_at")

    with op.batch_alter_table("edition", schema=None) as batch_op:
        batch_op.drop_index("ix_edition_published_at")
        batch_op.drop_index("ix_edition_planned_at")

    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.drop_index("ix_letter_state_due")
        batch_op.drop_index(batch_op.f("ix_letter_notice_id"))

    op.drop_table("letter")
    op.drop_table("embargo")
    op.drop_table("notice_choice")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_notice_open", sqlite_where=sa.text("done_at is null"), postgresql_where=sa.text("done_at is null")
        )
        batch_op.drop_index("ix_notice_person_last")
        batch_op.drop_index("ix_notice_cause")

    op.drop_table("notice")
    op.drop_table("calendar_year")
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.drop_index("ix_batch_at")

    op.drop_table("batch")
    with op.batch_alter_table("alarm", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_alarm_open", sqlite_where=sa.text("taken_at is null"), postgresql_where=sa.text("taken_at is null")
        )
        batch_op.drop_index("ix_alarm_taken_raised")

    op.drop_table("alarm")
