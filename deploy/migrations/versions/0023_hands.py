"""Remote hands: commands, the signed order to each screen, what boxes handed in, the rules of thin lines, updates."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant, Json

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "screen_command",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.String(length=255), nullable=False),
        sa.Column("screen", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("by_name", sa.String(length=80), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen_command")),
    )
    op.create_index(op.f("ix_screen_command_unit"), "screen_command", ["unit"])
    op.create_index(op.f("ix_screen_command_screen"), "screen_command", ["screen"])
    op.create_table(
        "screen_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("command", sa.Uuid(), nullable=False),
        sa.Column("screen", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("signed", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("received_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ticket", sa.String(length=64), nullable=True),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["command"], ["screen_command.id"], name=op.f("fk_screen_order_command")),
        sa.ForeignKeyConstraint(["screen"], ["screen.id"], name=op.f("fk_screen_order_screen")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen_order")),
        sa.UniqueConstraint("ticket", name=op.f("uq_screen_order_ticket")),
    )
    for columns in (["command", "state"], ["screen", "expires_at"], ["change"], ["state", "expires_at"]):
        op.create_index(op.f(f"ix_screen_order_{'_'.join(columns)}"), "screen_order", columns)
    op.create_table(
        "screen_file",
        sa.Column("order", sa.Uuid(), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["order"], ["screen_order.id"], name=op.f("fk_screen_file_order")),
        sa.PrimaryKeyConstraint("order", name=op.f("pk_screen_file")),
    )
    op.create_index(op.f("ix_screen_file_at"), "screen_file", ["at"])
    op.create_table(
        "screen_line",
        sa.Column("unit", sa.String(length=255), nullable=False),
        sa.Column("policy", Json, nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("unit", name=op.f("pk_screen_line")),
    )
    op.create_table(
        "screen_rollout",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("files", Json, nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("by_name", sa.String(length=80), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("stage_at", Instant(), nullable=False),
        sa.Column("looked_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen_rollout")),
    )
    op.create_index(op.f("ix_screen_rollout_state"), "screen_rollout", ["state"])


def downgrade() -> None:
    """What was ordered stays in the record; the orders themselves ran out within ten minutes."""
    for name in ("screen_rollout", "screen_line", "screen_file", "screen_order", "screen_command"):
        op.drop_table(name)
