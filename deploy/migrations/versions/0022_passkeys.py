"""Passkeys: what a browser needs to ask for one, and the assertion beside the approval it made."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant, Json

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passkey",
        sa.Column("key", sa.String(32), sa.ForeignKey("person_key.key"), primary_key=True),
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("credential", sa.String(1400), nullable=False),
        sa.Column("rp", sa.String(253), nullable=False),
        sa.Column("label", sa.String(60), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
    )
    op.create_index("ix_passkey_person_id", "passkey", ["person_id"])
    op.add_column("approval", sa.Column("webauthn", Json, nullable=True))


def downgrade() -> None:
    op.drop_column("approval", "webauthn")
    op.drop_index("ix_passkey_person_id", table_name="passkey")
    op.drop_table("passkey")
