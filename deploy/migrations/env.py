"""Alembic's entry: runs migrations on a connection handed in by `deploy.migrate`."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from cms.kernel.base import Instant
from deploy.tables import METADATA


def _render(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """Our two column types by name: a migration reads like the models."""
    if kind == "type" and isinstance(thing, Instant):
        return "Instant()"
    if kind == "type" and isinstance(thing, sa.JSON):
        return "Json"
    return False


def _known(name: str | None, kind: str, _parents: Any) -> bool:
    """Without the tables of the search index, which has no model."""
    return not (kind == "table" and name is not None and name.startswith("document_grams"))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    include_name=_known,
    render_item=_render,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
