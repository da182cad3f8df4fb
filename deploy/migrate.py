"""Brings a database to a revision, up or down, and says whether models and schema differ."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine

from cms.kernel.db import normal_url, sync_url
from deploy.tables import METADATA

FOLDER = Path(__file__).parent / "migrations"


def head() -> str:
    """The newest revision."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    if found is None:
        raise LookupError("no migration")
    return found


def current(url: str) -> str | None:
    """The revision of the database; None when it is empty."""
    engine = _engine(url)
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    return found


def upgrade(url: str, revision: str = "head") -> None:
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    _run(url, lambda config: command.downgrade(config, revision))


def revise(url: str, message: str) -> None:
    """Writes a new migration from the difference between models and this database (for developers)."""
    _run(url, lambda config: command.revision(config, message, autogenerate=True))


def difference(url: str) -> list[Any]:
    """What autogenerate would change; empty when models and schema are equal."""
    engine = _engine(url)
    with engine.connect() as connection:
        options = {"compare_type": True, "include_name": known_name}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
    engine.dispose()
    return list(found)


def known_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Whether autogenerate compares it: the index of search has no model (`cms.content.search_rows`)."""
    return not (kind == "table" and name is not None and name.startswith("document_grams"))


def _run(url: str, action: Any) -> None:
    engine = _engine(url)
    with engine.connect() as connection:
        _prepare(connection)
        action(_config(connection))
        connection.commit()
    engine.dispose()


def _prepare(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        # A batch migration copies a table; with keys enforced the old one could not be dropped.
        connection.exec_driver_sql("pragma foreign_keys=off")
        connection.exec_driver_sql("pragma journal_mode=wal")
        connection.commit()


def _engine(url: str) -> Engine:
    return create_engine(sync_url(normal_url(url)))


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    if connection is not None:
        config.attributes["connection"] = connection
    return config
