"""Data feeds with their newest signed values; the publish→pixel ledger by epoch and version."""

import json

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant, Json

revision = "0035"
down_revision = "0032"
branch_labels = None
depends_on = None

# Primary keys that the epoch becomes a part of.
_KEYS = {
    "screen_version": (["version"], ["epoch", "version"]),
    "screen_version_piece": (["release", "version"], ["release", "epoch", "version"]),
}


def upgrade() -> None:
    op.create_table(
        "data_feed",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("unit_path", sa.String(length=200), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("schema", sa.String(length=64), nullable=False),
        sa.Column("lasts", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("signed", sa.Text(), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("values", Json, nullable=False),
        sa.Column("said_by", sa.String(length=80), nullable=False),
        sa.Column("refused_code", sa.String(length=80), nullable=True),
        sa.Column("refused_params", Json, nullable=False),
        sa.Column("refused_at", Instant(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_data_feed_created_by")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_data_feed")),
    )
    with op.batch_alter_table("screen_state", schema=None) as batch_op:
        batch_op.add_column(sa.Column("feeds", Json, server_default="[]", nullable=False))
    for table in ("screen", "screen_steps"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("epoch", sa.BigInteger(), server_default="1", nullable=False))
    for table, (_, key) in _KEYS.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("epoch", sa.BigInteger(), server_default="1", nullable=False))
            batch_op.drop_constraint(f"pk_{table}", type_="primary")
            batch_op.create_primary_key(f"pk_{table}", key)
    epoch = _epoch()
    if epoch > 1:
        for table in ("screen", "screen_steps", *_KEYS):
            op.execute(sa.text(f"update {table} set epoch = :epoch").bindparams(epoch=epoch))  # noqa: S608 - names of ours


def downgrade() -> None:
    # Versions of one epoch only can stand: those of the newest.
    for table in _KEYS:
        op.execute(sa.text(f"delete from {table} where epoch < (select max(epoch) from {table})"))  # noqa: S608
    for table, (key, _) in _KEYS.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(f"pk_{table}", type_="primary")
            batch_op.create_primary_key(f"pk_{table}", key)
            batch_op.drop_column("epoch")
    for table in ("screen_steps", "screen"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("epoch")
    with op.batch_alter_table("screen_state", schema=None) as batch_op:
        batch_op.drop_column("feeds")
    op.drop_table("data_feed")


def _epoch() -> int:
    """The epoch of what stands: that of the newest manifest."""
    row = op.get_bind().execute(sa.text("select signed from screen_state order by change desc limit 1")).first()
    return 1 if row is None else int(json.loads(json.loads(row[0])["text"])["epoch"])
