"""Builds the search index anew, in one transaction: until it commits, searches find what they found before."""

from cms.content.search import rebuild
from cms.kernel.db import Database
from deploy.at_hand import database_at_hand


async def reindex(url: str) -> int:
    """The number of pieces in the new index. Raises Unavailable `deploy.database_away`."""
    db = Database(url)
    try:
        with database_at_hand():
            async with db.write() as session:
                return await rebuild(session)
    finally:
        await db.close()
