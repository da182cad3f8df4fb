"""What the rows say of the data feeds that a draft's cards name."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.draft import Draft
from cms.datafeeds.models import DataFeed
from cms.review.card_checks import Kept, feeds_named


async def feeds_kept(session: AsyncSession, draft: Draft) -> Mapping[str, Kept]:
    """By code; those nobody keeps are missing."""
    named = feeds_named(draft)
    if not named:
        return {}
    query = select(DataFeed.code, DataFeed.schema, DataFeed.active).where(DataFeed.code.in_(named))
    return {code: Kept(schema, active) for code, schema, active in (await session.execute(query)).all()}
