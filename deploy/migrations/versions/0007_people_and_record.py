"""people and record: second factors, officers kept apart, an append-only record with results, archives and checks."""

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_OFFICERS = "('admin', 'operator', 'auditor')"
_CLASH = f"""exists (
    select 1 from membership held
    where held.person_id = new.person_id and held.ended_at is null and held.id <> new.id and held.role <> new.role
      and (held.role in {_OFFICERS} or new.role in {_OFFICERS})
)"""  # noqa: S608 - constants
_LIVING = "old.seq > (select coalesce(max(archived_seq), 0) from audit_head)"

_SQLITE_UP = (
    *(
        f"""create trigger officers_apart_{verb} before {when} on membership
            when new.ended_at is null and {_CLASH}
            begin select raise(abort, 'officers_apart'); end"""
        for verb, when in (("insert", "insert"), ("update", "update of person_id, role, ended_at"))
    ),
    "create trigger audit_no_update before update on audit_event begin select raise(abort, 'audit_append_only'); end",
    f"""create trigger audit_no_delete before delete on audit_event when {_LIVING}
        begin select raise(abort, 'audit_append_only'); end""",
)
_SQLITE_DOWN = tuple(
    f"drop trigger {name}"
    for name in ("officers_apart_insert", "officers_apart_update", "audit_no_update", "audit_no_delete")
)
# The lock on the person makes two grants at once take turns: neither would see the other's row.
_POSTGRES_UP = (
    f"""create function officers_apart() returns trigger language plpgsql as $$ begin
        if new.ended_at is null then
            perform 1 from person where id = new.person_id for update;
            if {_CLASH} then raise exception 'officers_apart' using errcode = '23514'; end if;
        end if;
        return new; end $$""",
    """create trigger officers_apart before insert or update of person_id, role, ended_at on membership
        for each row execute function officers_apart()""",
    f"""create function audit_append_only() returns trigger language plpgsql as $$ begin
        if tg_op <> 'DELETE' then raise exception 'audit_append_only' using errcode = '23514'; end if;
        if {_LIVING} then raise exception 'audit_append_only' using errcode = '23514'; end if;
        return old; end $$""",
    """create trigger audit_append_only before update or delete on audit_event
        for each row execute function audit_append_only()""",
    """create function audit_no_truncate() returns trigger language plpgsql as $$ begin
        raise exception 'audit_append_only' using errcode = '23514'; end $$""",
    "create trigger audit_no_truncate before truncate on audit_event for each statement execute function audit_no_truncate()",
)
_POSTGRES_DOWN = (
    "drop trigger audit_no_truncate on audit_event",
    "drop function audit_no_truncate()",
    "drop trigger audit_append_only on audit_event",
    "drop function audit_append_only()",
    "drop trigger officers_apart on membership",
    "drop function officers_apart()",
)


def upgrade() -> None:
    _second_factor()
    op.add_column("person", sa.Column("signed_in_at", Instant(), nullable=True))
    op.execute(
        "update person set signed_in_at ="
        " (select max(created_at) from desk_session where desk_session.person_id = person.id)"
    )
    op.drop_column("person", "second_factor")
    op.add_column("desk_session", sa.Column("must_verify", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("desk_session", sa.Column("known_at", Instant(), nullable=True))
    _record()
    for statement in _SQLITE_UP if _is_sqlite() else _POSTGRES_UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _SQLITE_DOWN if _is_sqlite() else _POSTGRES_DOWN:
        op.execute(statement)
    op.drop_table("audit_check")
    op.drop_table("audit_archive")
    op.drop_column("audit_head", "archived_hash")
    op.drop_column("audit_head", "archived_seq")
    op.drop_index("ix_audit_event_at", table_name="audit_event")
    op.drop_column("audit_event", "result")
    op.drop_column("desk_session", "known_at")
    op.drop_column("desk_session", "must_verify")
    op.add_column("person", sa.Column("second_factor", sa.JSON(), nullable=True))
    op.drop_column("person", "signed_in_at")
    op.drop_table("recovery_code")
    op.drop_table("second_factor")


def _second_factor() -> None:
    op.create_table(
        "second_factor",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_second_factor_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recovery_code_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index("ix_recovery_code_person_id", "recovery_code", ["person_id"])


def _record() -> None:
    op.add_column("audit_event", sa.Column("result", sa.String(length=10), nullable=False, server_default="done"))
    op.create_index("ix_audit_event_at", "audit_event", ["at"])
    op.add_column("audit_head", sa.Column("archived_seq", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column(
        "audit_head", sa.Column("archived_hash", sa.String(length=64), nullable=False, server_default="0" * 64)
    )
    op.create_table(
        "audit_archive",
        sa.Column("last_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("file", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("last_seq", name=op.f("pk_audit_archive")),
    )
    op.create_table(
        "audit_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("fault", sa.String(length=20), nullable=False),
        sa.Column("fault_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_check")),
    )
    op.create_index("ix_audit_check_at", "audit_check", ["at"])


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
