"""An edition with everything a use case decides by, locked for changing or merely looked at."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Document, Edition, Revision
from cms.content.states import EditionState
from cms.kernel.errors import NotFound
from cms.people.models import Unit
from cms.people.permissions import Subject


@dataclass(slots=True)
class Held:
    """An edition, its document, the revision it stands on, and the unit it belongs to."""

    edition: Edition
    document: Document
    revision: Revision
    unit: Unit

    @property
    def state(self) -> EditionState:
        return EditionState(self.edition.state)

    @property
    def authors(self) -> frozenset[uuid.UUID]:
        return frozenset(map(uuid.UUID, self.revision.authors))

    @property
    def subject(self) -> Subject:
        """Its own of everyone who wrote it and of whoever holds it now."""
        return Subject(self.unit.path, self.authors | {self.document.created_by, self.edition.holder_id})


async def hold(session: AsyncSession, edition: uuid.UUID) -> Held:
    """Locks the document, then the edition, and reads them anew. Raises NotFound `content.no_edition`."""
    document = (await session.execute(select(Edition.document_id).where(Edition.id == edition))).scalar_one_or_none()
    if document is None:
        raise NotFound("content.no_edition")
    # Always the document first: whoever changes any edition of it waits here, so no two wait for each other.
    await session.get_one(Document, document, with_for_update=True, populate_existing=True)
    await session.get_one(Edition, edition, with_for_update=True, populate_existing=True)
    return await look(session, edition)


async def look(session: AsyncSession, edition: uuid.UUID) -> Held:
    """Reads without a lock. Raises NotFound `content.no_edition`."""
    query = (
        select(Edition, Document, Revision, Unit)
        .join(Document, Document.id == Edition.document_id)
        .join(Revision, Revision.id == Edition.revision_id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(Edition.id == edition)
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("content.no_edition")
    return Held(found.Edition, found.Document, found.Revision, found.Unit)
