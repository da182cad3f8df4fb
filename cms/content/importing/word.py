"""A Word document an editor uploads, as a draft of theirs: what the drop folder does, said back at once."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.draft import Draft, draft_of
from cms.content.importing.drops import Given, take_drop
from cms.content.models import Document, Edition, Revision
from cms.kernel.db import Database
from cms.library.upload import Workshop
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from media.errors import MediaRefused
from media.kinds import DOCX, Kind
from media.limits import DocumentLimits
from media.probe import probe
from media.sources import Source
from media.threads import in_thread
from media.workspace import caught, private_folder

LIMITS = DocumentLimits()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the document in the library, and the block it stands in; `alt` is what Word said of it."""

    asset: uuid.UUID
    block: str
    alt: str


@dataclass(frozen=True, slots=True)
class WordTaken:
    """The draft a document became; `dropped` counts what had no place, `again`: the same bytes were taken before."""

    document: str
    title: str
    blocks: int
    pictures: tuple[Picture, ...]
    dropped: Mapping[str, int]
    again: bool


async def take_word(
    db: Database,
    workshop: Workshop,
    actor: Actor,
    source: Source,
    *,
    name: str,
    size: int | None = None,
    base: Draft | None = None,
    now: dt.datetime,
) -> WordTaken:
    """The draft of a .docx; `base` gives what a new draft begins with, `size` what the sender says it is.

    Raises:
        Denied: the person may not write or upload in their unit.
        MediaRefused: `media.too_large` before anything is read, `media.old_office`, `media.wrong_kind`, ….
        Invalid: the text does not fit an article; `content.import_table` names the table.
    """
    own = Subject(actor.unit, frozenset({actor.person}))
    for action in (Action.DOCUMENT_CREATE, Action.LIBRARY_UPLOAD):
        require_can(actor, action, own)
    if size is not None and size > LIMITS.file_bytes:
        raise MediaRefused("media.too_large", limit=LIMITS.file_bytes >> 20)
    async with private_folder(workshop.work) as folder:
        path = folder / "upload"
        await caught(source, path, limit=LIMITS.file_bytes, reserve=LIMITS.min_free_bytes)
        form = await in_thread(probe, path, accept={Kind.document, Kind.picture, Kind.video})
        if form is not DOCX:
            raise MediaRefused("media.wrong_kind", found=form.name)
        given = Given(name, (name,), (path,), is_folder=False)
        taken = await take_drop(db, workshop, actor, given, base=base, now=now)
    async with db.read() as session:
        document, draft = await _draft(session, taken.document)
    pictures = tuple(
        Picture(uuid.UUID(block["asset"]), block["id"], block["alt"])
        for block in draft.body["blocks"]
        if block["type"] == "image"
    )
    return WordTaken(document, draft.title, len(draft.body["blocks"]), pictures, taken.dropped, taken.again)


async def _draft(session: AsyncSession, document: uuid.UUID) -> tuple[str, Draft]:
    query = select(Document.public_id, Revision).join(Edition, Edition.document_id == Document.id)
    query = query.join(Revision, Revision.id == Edition.revision_id)
    found = (await session.execute(query.where(Document.id == document, Edition.is_current))).one()
    return found.public_id, draft_of(found.Revision)
