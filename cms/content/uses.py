"""Where assets are used: in which pieces, whether what is out shows them, and whether anything ever named them."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, String, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Document, Edition, RevisionAsset, WorkingCopy
from cms.content.states import EditionState
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, reach

LIST: Final = 100


@dataclass(frozen=True, slots=True)
class Use:
    """An edition that names an asset. `may_read`: the actor may know its title; others are counted, not named."""

    document: str
    title: str
    number: int
    state: EditionState
    is_live: bool
    unit: str
    may_read: bool


async def uses_of(session: AsyncSession, actor: Actor, asset: uuid.UUID) -> Sequence[Use]:
    """The current and the live editions that name an asset, live ones first; of a piece in the trash none."""
    query = (
        select(Document.public_id, Document.title, Edition.number, Edition.state, Edition.is_live, Unit.path, Unit.name)
        .join(Edition, Edition.document_id == Document.id)
        .join(Unit, Unit.id == Document.unit_id)
        .join(RevisionAsset, RevisionAsset.revision_id == Edition.revision_id)
        .where(RevisionAsset.asset_id == asset, _counts())
        .order_by(Edition.is_live.desc(), Document.updated_at.desc(), Edition.number.desc())
        .limit(LIST)
    )
    paths = reach(actor, Action.DOCUMENT_READ)
    return [
        Use(
            row.public_id,
            row.title,
            row.number,
            EditionState(row.state),
            row.is_live,
            row.name,
            may_read=any(row.path.startswith(path) for path in paths),
        )
        for row in (await session.execute(query)).all()
    ]


async def used(session: AsyncSession, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, int]:
    """How many pieces use each of these now: saved, out, or typed and not saved yet."""
    if not ids:
        return {}
    query = (
        select(RevisionAsset.asset_id, func.count(Edition.document_id.distinct()))
        .join(Edition, Edition.revision_id == RevisionAsset.revision_id)
        .where(RevisionAsset.asset_id.in_(ids), _counts())
        .group_by(RevisionAsset.asset_id)
    )
    found = {row[0]: row[1] for row in (await session.execute(query)).all()}
    for asset in ids:
        # One row a person and piece: reading their text is quicker than keeping a second index of every keystroke.
        typed = (
            select(func.count()).select_from(WorkingCopy).where(cast(WorkingCopy.draft, String).contains(str(asset)))
        )
        if number := await session.scalar(typed):
            found[asset] = max(found.get(asset, 0), number)
    return found


async def ever_named(session: AsyncSession, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, int]:
    """How many revisions name each of these, old ones too, and working copies."""
    if not ids:
        return {}
    query = select(RevisionAsset.asset_id, func.count()).where(RevisionAsset.asset_id.in_(ids))
    found = {row[0]: row[1] for row in (await session.execute(query.group_by(RevisionAsset.asset_id))).all()}
    now = await used(session, ids)
    return {asset: found.get(asset, 0) + now.get(asset, 0) for asset in ids}


@dataclass(frozen=True, slots=True)
class Out:
    """A piece that shows an asset to the public, or is going to."""

    document: uuid.UUID
    title: str
    unit: str


async def out_with(session: AsyncSession, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Sequence[Out]]:
    """The pieces that are scheduled or out and name each of these, newest first; of an asset without any nothing."""
    if not ids:
        return {}
    out = (Edition.state == EditionState.SCHEDULED.value) | Edition.is_live
    query = (
        select(RevisionAsset.asset_id, Document.id, Document.title, Unit.path)
        .join(Edition, Edition.revision_id == RevisionAsset.revision_id)
        .join(Document, Document.id == Edition.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(RevisionAsset.asset_id.in_(ids), out)
        .order_by(Document.updated_at.desc(), Document.id)
        .distinct()
    )
    found: dict[uuid.UUID, list[Out]] = {}
    for row in (await session.execute(query.add_columns(Document.updated_at))).all():
        found.setdefault(row.asset_id, []).append(Out(row.id, row.title, row.path))
    return {asset: pieces[:LIST] for asset, pieces in found.items()}


def _counts() -> ColumnElement[bool]:
    return or_(Edition.is_current, Edition.is_live) & (Edition.state != EditionState.DISCARDED.value)
