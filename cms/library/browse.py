"""What the library's pages list: by kind, folder, tag, words and rights, a page at a time; and what the trash holds."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.text import search_text
from cms.library import models
from cms.library.folders import below
from cms.library.models import PICTURE, Asset, AssetTag, RenditionJob
from cms.library.queries import AssetWithFiles, with_files
from cms.library.rights import AHEAD, Rights
from cms.library.states import RemakeState
from cms.people.actor import Actor
from cms.people.permissions import Action, reach

PAGE: Final = 48
_TAGS: Final = 60
_OPEN: Final = (RemakeState.WAITING.value, RemakeState.MAKING.value)


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked for; empty means everything. `folder` includes the folders below it."""

    kind: str = ""
    words: str = ""
    folder: uuid.UUID | None = None
    tag: str = ""
    rights: Rights | None = None
    trashed: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Assets newest first, where they begin (from nought), and how many there are in all."""

    rows: Sequence[AssetWithFiles]
    first: int
    total: int


async def browse(
    session: AsyncSession, actor: Actor, look: Look, *, now: dt.datetime, page: int = 1, size: int = PAGE
) -> Page:
    """A page of the assets in the actor's reach."""
    where = await _where(session, actor, look, now)
    total = await session.scalar(select(func.count()).select_from(Asset).where(*where)) or 0
    last = max(1, -(-total // size))
    first = (min(max(page, 1), last) - 1) * size
    order = (Asset.deleted_at.desc(), Asset.id.desc()) if look.trashed else (Asset.created_at.desc(), Asset.id.desc())
    rows = (await session.scalars(select(Asset).where(*where).order_by(*order).offset(first).limit(size))).all()
    return Page(await with_files(session, rows), first, total)


async def expiring_count(session: AsyncSession, actor: Actor, *, now: dt.datetime) -> dict[Rights, int]:
    """How many files of the actor's reach may no longer be shown, and how many only for days."""
    found = {}
    for state in (Rights.EXPIRED, Rights.EXPIRING):
        where = await _where(session, actor, Look(rights=state), now)
        found[state] = await session.scalar(select(func.count()).select_from(Asset).where(*where)) or 0
    return found


async def tags_in_use(session: AsyncSession, actor: Actor) -> Sequence[tuple[str, int]]:
    """The tags of the actor's reach, the most used first."""
    count = func.count()
    query = select(AssetTag.tag, count).join(Asset, Asset.id == AssetTag.asset_id)
    query = query.where(_within(actor), Asset.deleted_at.is_(None)).group_by(AssetTag.tag)
    return [(row[0], row[1]) for row in await session.execute(query.order_by(count.desc(), AssetTag.tag).limit(_TAGS))]


async def tags_of(session: AsyncSession, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, tuple[str, ...]]:
    """Tags by asset, in their order."""
    found: dict[uuid.UUID, tuple[str, ...]] = {}
    query = select(AssetTag).where(AssetTag.asset_id.in_(ids)).order_by(AssetTag.tag)
    for row in (await session.scalars(query)) if ids else ():
        found[row.asset_id] = (*found.get(row.asset_id, ()), row.tag)
    return found


async def remakes_of(session: AsyncSession, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, RenditionJob]:
    """The jobs that make sizes of these assets anew, and those that failed."""
    states = [*_OPEN, RemakeState.FAILED.value]
    query = select(RenditionJob).where(RenditionJob.asset_id.in_(ids), RenditionJob.state.in_(states))
    return {row.asset_id: row for row in await session.scalars(query)} if ids else {}


async def same_file(session: AsyncSession, actor: Actor, sha256: str, *, kind: str) -> Asset | None:
    """The oldest asset of the actor's reach that was made of this very file."""
    where = (Asset.source_sha256 == sha256, Asset.kind == kind, Asset.deleted_at.is_(None), _within(actor))
    return (await session.scalars(select(Asset).where(*where).order_by(Asset.created_at, Asset.id).limit(1))).first()


async def pictures_lacking(session: AsyncSession, *, table: str, limit: int) -> Sequence[uuid.UUID]:
    """Pictures whose sizes were made of an older table and that nobody makes anew yet."""
    open_ = select(RenditionJob.asset_id).where(RenditionJob.state.in_([*_OPEN, RemakeState.FAILED.value]))
    # Not «!=»: no index answers that, and nearly every picture has the newest.
    older = or_(Asset.made_for < table, Asset.made_for > table)
    where = (Asset.kind == PICTURE, older, Asset.id.not_in(open_))
    return (await session.scalars(select(Asset.id).where(*where).order_by(Asset.id.desc()).limit(limit))).all()


def _within(actor: Actor) -> ColumnElement[bool]:
    paths = reach(actor, Action.LIBRARY_READ)
    return or_(false(), *(Asset.unit_path.startswith(path, autoescape=True) for path in paths))


async def _where(session: AsyncSession, actor: Actor, look: Look, now: dt.datetime) -> list[Any]:
    where: list[Any] = [_within(actor)]
    where.append(Asset.deleted_at.is_not(None) if look.trashed else Asset.deleted_at.is_(None))
    # Pages of newspapers belong to their issue: among pictures they would be in everybody's way.
    where.append(Asset.kind == look.kind if look.kind else Asset.kind != models.PAGE)
    words = search_text(look.words.lower())
    if words:
        where.append(Asset.search_text.contains(words, autoescape=True))
    if look.folder is not None:
        where.append(Asset.folder_id.in_(await below(session, look.folder)))
    if look.tag:
        where.append(Asset.id.in_(select(AssetTag.asset_id).where(AssetTag.tag == look.tag)))
    if look.rights is Rights.EXPIRED:
        where.append(Asset.valid_until <= now)
    elif look.rights is Rights.EXPIRING:
        where += [Asset.valid_until > now, Asset.valid_until <= now + AHEAD]
    return where
