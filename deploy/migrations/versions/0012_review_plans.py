"""three reviews and three proofs: plans, seats, proofs, reviews afterwards, deadlines, and what a person saw last."""

import uuid

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant, Json

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_book",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("book", Json, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.Uuid(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["saved_by"], ["person.id"], name=op.f("fk_plan_book_saved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_book")),
        sa.UniqueConstraint("version", name=op.f("uq_plan_book_version")),
    )
    op.create_table(
        "review_view",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("before_id", sa.Uuid(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["before_id"], ["revision.id"], name=op.f("fk_review_view_before_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_review_view_document_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_review_view_person_id")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_review_view_revision_id")),
        sa.PrimaryKeyConstraint("document_id", "person_id", name=op.f("pk_review_view")),
    )
    op.create_table(
        "after_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_after_review_person_id")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_after_review_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_after_review")),
        sa.UniqueConstraint("release_id", name=op.f("uq_after_review_release_id")),
    )
    op.create_table(
        "proof_mark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("checks", Json, nullable=False),
        sa.Column("clean", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_proof_mark_person_id")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_proof_mark_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof_mark")),
        sa.UniqueConstraint("release_id", "ordinal", name=op.f("uq_proof_mark_release_id_ordinal")),
        sa.UniqueConstraint("release_id", "person_id", name=op.f("uq_proof_mark_release_id_person_id")),
    )
    op.create_table(
        "review_deadline",
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("unit_path", sa.String(length=500), nullable=False),
        sa.Column("reached", sa.String(length=500), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_review_deadline_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_deadline")),
        sa.UniqueConstraint("release_id", "ordinal", "rung", name=op.f("uq_review_deadline_release_id_ordinal_rung")),
    )
    with op.batch_alter_table("review_deadline", schema=None) as batch_op:
        batch_op.create_index("ix_review_deadline_state_due", ["state", "not_before"], unique=False)
        batch_op.create_index(
            "uq_review_deadline_open",
            ["release_id"],
            unique=True,
            sqlite_where=sa.text("state in ('due', 'working', 'retry')"),
            postgresql_where=sa.text("state in ('due', 'working', 'retry')"),
        )

    op.create_table(
        "review_seat",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("seat", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_review_seat_person_id")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_review_seat_release_id")),
        sa.PrimaryKeyConstraint("release_id", "person_id", name=op.f("pk_review_seat")),
        sa.UniqueConstraint("release_id", "person_id", "seat", name=op.f("uq_review_seat_release_id_person_id_seat")),
    )
    _seat_everybody()
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.add_column(sa.Column("terms", Json, server_default="{}", nullable=False))

    with op.batch_alter_table("review_step", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seat", sa.String(length=10), server_default="step", nullable=False))
        batch_op.create_foreign_key(
            "fk_review_step_seat",
            "review_seat",
            ["release_id", "person_id", "seat"],
            ["release_id", "person_id", "seat"],
        )
        batch_op.create_check_constraint(op.f("ck_review_step_seat"), "seat = 'step'")


def _seat_everybody() -> None:
    """Authors and whoever decided take their seats at the releases that are there."""
    here = op.get_bind()
    seat = sa.table(
        "review_seat", sa.column("release_id", sa.Uuid()), sa.column("person_id", sa.Uuid()), sa.column("seat")
    )
    release = sa.table("release", sa.column("id", sa.Uuid()), sa.column("authors", Json))
    step = sa.table("review_step", sa.column("release_id", sa.Uuid()), sa.column("person_id", sa.Uuid()))
    people = {row.id for row in here.execute(sa.text("select id from person").columns(id=sa.Uuid()))}
    taken = {
        (row.id, uuid.UUID(author)): "author"
        for row in here.execute(sa.select(release))
        for author in row.authors
        if uuid.UUID(author) in people
    }
    taken |= {(row.release_id, row.person_id): "step" for row in here.execute(sa.select(step))}
    rows = [{"release_id": one, "person_id": person, "seat": name} for (one, person), name in taken.items()]
    if rows:
        here.execute(sa.insert(seat), rows)


def downgrade() -> None:
    # An older program knows neither the state nor the verbs of an emergency; the record keeps them.
    for table in ("edition", "status"):
        op.execute(f"update {table} set state = 'published' where state = 'pending_review'")  # noqa: S608 - our names
    for verb, older in (("rush", "submit"), ("publish_urgent", "publish"), ("confirm", "publish")):
        op.execute(f"update status set verb = '{older}' where verb = '{verb}'")  # noqa: S608 - our words
    with op.batch_alter_table("review_step", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_review_step_seat"), type_="check")
    with op.batch_alter_table("review_step", schema=None) as batch_op:
        batch_op.drop_constraint("fk_review_step_seat", type_="foreignkey")
        batch_op.drop_column("seat")

    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.drop_column("terms")

    op.drop_table("review_seat")
    with op.batch_alter_table("review_deadline", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_review_deadline_open",
            sqlite_where=sa.text("state in ('due', 'working', 'retry')"),
            postgresql_where=sa.text("state in ('due', 'working', 'retry')"),
        )
        batch_op.drop_index("ix_review_deadline_state_due")

    op.drop_table("review_deadline")
    op.drop_table("proof_mark")
    op.drop_table("after_review")
    op.drop_table("review_view")
    op.drop_table("plan_book")
