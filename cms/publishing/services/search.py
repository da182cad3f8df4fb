"""Full-text search over what a target shows: every CJK character is a word, so a phrase equals substring search."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select

from cms import contract
from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.text import search_text
from cms.planning.models import Target
from cms.publishing import pieces
from cms.publishing.models import Showing

MOST = 100


class RowSearch:
    """Implements `cms.contract.Search` over the showing rows: a scan of one target, newest first."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, target: contract.Target, words: str, *, limit: int = 20) -> Sequence[contract.Piece]:
        phrase = search_text(words).casefold()
        if not phrase:
            return ()
        now = self._clock.now()
        query = (
            select(Showing)
            .join(Target, Target.id == Showing.target_id)
            .where(Target.code == target.code, Showing.removed_at.is_(None), _not_over(now))
            .where(Showing.search.icontains(phrase, autoescape=True))
            .order_by(Showing.since.desc(), Showing.document_id)
            .limit(min(limit, MOST))
        )
        async with self._database.read() as session:
            return await pieces.pieces(session, (await session.scalars(query)).all())


def _not_over(now: dt.datetime) -> ColumnElement[bool]:
    return or_(Showing.until.is_(None), Showing.until > now)
