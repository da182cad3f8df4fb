"""Builds the search index anew, newest pieces first, in batches that hold up nobody."""

from cms.content.search import rebuild
from cms.kernel.db import Database
from deploy.at_hand import database_at_hand


async def reindex(url: str) -> int:
    """The number of pieces in the new index. Raises Unavailable `deploy.database_away`."""
    db = Database(url)
    try:
        with database_at_hand():
            return await rebuild(db)
    finally:
        await db.close()
