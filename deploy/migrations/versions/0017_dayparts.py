"""Hours of the day that the office gave a name; rules refer to them beside hours of their own."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant, Json

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_placement = sa.table("placement", sa.column("id", sa.Uuid()), sa.column("rule", Json))


def upgrade() -> None:
    op.create_table(
        "daypart",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("start", sa.String(length=5), nullable=False),
        sa.Column("end", sa.String(length=5), nullable=False),
        sa.Column("days", sa.String(length=12), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_daypart_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_daypart")),
        sa.UniqueConstraint("name", name=op.f("uq_daypart_name")),
    )


def downgrade() -> None:
    """Rules keep the hours of their names; what days a name was for is lost."""
    rows = op.get_bind().execute(sa.select(_placement.c.id, _placement.c.rule)).all()
    for row in rows:
        rule = dict(row.rule)
        named = rule.pop("named", None)
        if named is None:
            continue
        rule["dayparts"] = [*rule.get("dayparts", []), *([one["start"], one["end"]] for one in named)]
        op.get_bind().execute(_placement.update().where(_placement.c.id == row.id).values(rule=rule))
    op.drop_table("daypart")
