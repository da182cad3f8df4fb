"""What the benchmark of the desk is made of: its language, and an office of a few pieces in a real schema."""

from pathlib import Path

import sqlalchemy as sa

from cms.content.models import Document, Edition, Revision
from cms.planning.models import Placement, Target
from deploy.bench import fill
from deploy.bench.texts import COMMON, RARE, Language
from deploy.tables import METADATA


def test_language_when_made_again_is_the_same_and_has_the_words_it_is_searched_for() -> None:
    first, second = Language(), Language()
    assert first.paragraphs[:3] == second.paragraphs[:3]
    assert first.queries() == second.queries()
    assert RARE in str(first.body(7))
    assert COMMON[0] in "".join(first.paragraphs)
    assert all(len(word) == 2 for word in first.queries()["two characters"])


def test_office_when_filled_has_as_many_of_everything_as_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "desk.sqlite"
    engine = sa.create_engine(f"sqlite:///{path}")
    METADATA.create_all(engine)
    office = fill.fill(f"sqlite+aiosqlite:///{path}", documents=30, revisions=90, units=20)
    assert len(office.units) == 20
    with engine.connect() as connection:
        counted = [
            connection.scalar(sa.select(sa.func.count()).select_from(one)) for one in (Document, Edition, Revision)
        ]
        assert counted == [30, 30, 90]
        assert connection.scalar(sa.select(Document.public_id).limit(1)) == fill.public(0)
        assert connection.scalar(sa.select(sa.func.count()).select_from(Target)) == 24
        assert connection.scalar(sa.select(sa.func.count()).select_from(Placement)) in range(1, 31)
    found = fill.read(f"sqlite+aiosqlite:///{path}")
    assert (found.chief, found.editor) == (office.chief, office.editor)
    METADATA.drop_all(engine)
    engine.dispose()
