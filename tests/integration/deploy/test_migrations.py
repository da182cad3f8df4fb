"""Migrations on both databases: up, down and up again, one head, and equal to the models."""

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from cms.kernel.db import normal_url, sync_url
from deploy import migrate


def _tables(url: str) -> set[str]:
    engine = sa.create_engine(sync_url(normal_url(url)))
    found = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    return found - {"alembic_version"}


def test_migrations_from_empty_equal_the_models(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    assert migrate.current(empty_url) == migrate.head()
    assert migrate.difference(empty_url) == []


def test_migrations_down_to_nothing_and_up_again_leave_the_same_schema(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    before = _tables(empty_url)
    migrate.downgrade(empty_url, "base")
    assert _tables(empty_url) == set()
    migrate.upgrade(empty_url)
    assert _tables(empty_url) == before


def test_migrations_have_one_head_and_each_a_way_down() -> None:
    scripts = ScriptDirectory(str(migrate.FOLDER))
    assert len(scripts.get_heads()) == 1
    for script in scripts.walk_revisions():
        source = script.module.__file__
        assert source is not None
        assert callable(script.module.upgrade)
        assert callable(script.module.downgrade)
