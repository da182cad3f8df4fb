"""The fleet: publish→pixel ledger, proof of play, outages, places on the map, and what boxes tell of themselves."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proof_batch",
        sa.Column("screen", sa.Uuid(), nullable=False),
        sa.Column("chain", sa.String(length=22), nullable=False),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("screen", "chain", "first", name=op.f("pk_proof_batch")),
    )
    with op.batch_alter_table("proof_batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proof_batch_at"), ["at"], unique=False)

    op.create_table(
        "proof_chain",
        sa.Column("screen", sa.Uuid(), nullable=False),
        sa.Column("chain", sa.String(length=22), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("screen", "chain", name=op.f("pk_proof_chain")),
    )
    op.create_table(
        "proof_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.Column("screen", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.String(length=255), nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "release", "screen", name=op.f("pk_proof_day")),
    )
    op.create_index("ix_proof_day_screen_day", "proof_day", ["screen", "day"])
    op.create_table(
        "proof_piece_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("ms", sa.BigInteger(), nullable=False),
        sa.Column("screens", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "release", name=op.f("pk_proof_piece_day")),
    )
    op.create_table(
        "proof_screen_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("screen", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.String(length=255), nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "screen", name=op.f("pk_proof_screen_day")),
    )
    op.create_table(
        "proof_piece",
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("document", sa.String(length=10), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("release", name=op.f("pk_proof_piece")),
    )
    op.create_table(
        "proof_refusal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("screen", sa.Uuid(), nullable=False),
        sa.Column("chain", sa.String(length=22), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("ms", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof_refusal")),
    )
    with op.batch_alter_table("proof_refusal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proof_refusal_screen_at"), ["screen", "at"], unique=False)

    op.create_table(
        "screen_outage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=340), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("unit", sa.String(length=255), nullable=False),
        sa.Column("screen", sa.Uuid(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("told_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen_outage")),
    )
    with op.batch_alter_table("screen_outage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_screen_outage_began_at"), ["began_at"], unique=False)
        batch_op.create_index(
            "uq_screen_outage_open",
            ["key"],
            unique=True,
            sqlite_where=sa.text("ended_at is null"),
            postgresql_where=sa.text("ended_at is null"),
        )

    op.create_table(
        "screen_steps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen_steps")),
    )
    with op.batch_alter_table("screen_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_screen_steps_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_screen_steps_version"), ["version"], unique=False)

    op.create_table(
        "screen_version",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audience", sa.String(length=40), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("receivers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_screen_version")),
    )
    with op.batch_alter_table("screen_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_screen_version_at"), ["at"], unique=False)

    op.create_table(
        "screen_version_piece",
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("brought", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("release", "version", name=op.f("pk_screen_version_piece")),
    )
    op.create_table(
        "screen_unit_place",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("lng", sa.Integer(), nullable=True),
        sa.Column("lat", sa.Integer(), nullable=True),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_to", sa.Integer(), nullable=True),
        sa.Column("zone", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_screen_unit_place_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_screen_unit_place")),
    )
    with op.batch_alter_table("screen", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lng", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("lat", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("storage_mb", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("storage_free_mb", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("temperature", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("screen", schema=None) as batch_op:
        batch_op.drop_column("temperature")
        batch_op.drop_column("storage_free_mb")
        batch_op.drop_column("storage_mb")
        batch_op.drop_column("lat")
        batch_op.drop_column("lng")

    op.drop_table("screen_unit_place")
    op.drop_table("screen_version_piece")
    with op.batch_alter_table("screen_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_screen_version_at"))

    op.drop_table("screen_version")
    with op.batch_alter_table("screen_steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_screen_steps_version"))
        batch_op.drop_index(batch_op.f("ix_screen_steps_at"))

    op.drop_table("screen_steps")
    with op.batch_alter_table("screen_outage", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_screen_outage_open",
            sqlite_where=sa.text("ended_at is null"),
            postgresql_where=sa.text("ended_at is null"),
        )
        batch_op.drop_index(batch_op.f("ix_screen_outage_began_at"))

    op.drop_table("screen_outage")
    with op.batch_alter_table("proof_refusal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proof_refusal_screen_at"))

    op.drop_table("proof_refusal")
    op.drop_table("proof_piece")
    op.drop_table("proof_screen_day")
    op.drop_table("proof_piece_day")
    op.drop_index("ix_proof_day_screen_day", table_name="proof_day")
    op.drop_table("proof_day")
    op.drop_table("proof_chain")
    with op.batch_alter_table("proof_batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proof_batch_at"))

    op.drop_table("proof_batch")
