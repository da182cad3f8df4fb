"""Search over what a target shows: every word must stand in title, subtitle or summary; newest first."""

from collections.abc import Sequence

from cms import contract
from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.text import search_text
from cms.publishing.line_ups import shown_at
from cms.publishing.models import Showing
from cms.publishing.pieces import pieces

MAX_WORDS = 10


class RowSearch:
    """Implements `cms.contract.Search`. Spaced characters make a phrase match equal to a substring of the original."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, target: contract.Target, words: str, *, limit: int = 20) -> Sequence[contract.Piece]:
        wanted = [search_text(word).casefold() for word in words.split()[:MAX_WORDS]]
        wanted = [word for word in wanted if word]
        if not wanted:
            return []
        query = shown_at(target.code, self._clock.now())
        for word in wanted:
            query = query.where(Showing.search.contains(word, autoescape=True))
        async with self._database.read() as session:
            rows = (await session.scalars(query.order_by(Showing.since.desc()).limit(limit))).all()
            return await pieces(session, rows, target.kind)
