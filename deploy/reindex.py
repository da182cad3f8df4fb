"""Builds the search index anew, in one transaction: until it commits, searches find what they found before."""

from cms.content.search import rebuild
from cms.kernel.db import Database


async def reindex(url: str) -> int:
    """The number of pieces in the new index."""
    db = Database(url)
    try:
        async with db.write() as session:
            return await rebuild(session)
    finally:
        await db.close()
