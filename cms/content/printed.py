"""What is printed on the pages of a newspaper, for the index of search: found by its words before any zone has them."""

import uuid
from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import RevisionAsset
from cms.content.spoken import said_in
from cms.library.models import PageText

# Of one page: a broadsheet of small type has a third of it.
_MOST: Final = 30_000


async def heard_and_printed(session: AsyncSession, revisions: Collection[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    """The words in the videos and on the pages that these revisions name, by revision; those without are missing."""
    found = {revision: [text] for revision, text in (await said_in(session, revisions)).items()}
    if revisions:
        query = select(RevisionAsset.revision_id, PageText.text)
        query = query.join(PageText, PageText.asset_id == RevisionAsset.asset_id)
        query = query.where(RevisionAsset.revision_id.in_(revisions)).order_by(PageText.asset_id)
        for revision, text in (await session.execute(query)).all():
            found.setdefault(revision, []).append(text[:_MOST])
    return {revision: "\n".join(texts) for revision, texts in found.items()}
