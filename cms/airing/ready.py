"""Which pieces a channel's day can be made of: those signed for it whose films are ready; of the others, why not."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Document, Edition, RevisionAsset
from cms.content.states import EditionState
from cms.contract import OnAir, Piece
from cms.kernel.errors import DomainError, Refused
from cms.library.models import VIDEO, Asset
from cms.library.states import VideoState
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, reach
from cms.planning.envelope import Allowed
from cms.planning.models import Target
from cms.publishing import pieces
from cms.publishing.models import Showing
from cms.review.models import ReleaseRow
from cms.review.pieces import piece_of
from cms.trust.release import read_release
from schedules.clashes import Clash, Severity, said
from schedules.dayplan import slots_for
from schedules.intervals import Interval

SHELF: Final = 40
# In these the current edition stands on a release that counts.
_SIGNED: Final = frozenset({EditionState.APPROVED, EditionState.SCHEDULED, EditionState.PUBLISHED})


@dataclass(frozen=True, slots=True)
class Ready:
    """A piece with films and how it stands to a channel.

    Attributes:
        slots: how long it takes there; of one that is not ready, how long it would.
        piece: as it was signed; None while it may not be placed, and `why` says what is missing.
        live: it is out on the channel; otherwise it is shown only once it is published there.
        asset: its first film, for its picture.
    """

    document: uuid.UUID
    public_id: str
    title: str
    unit: str
    unit_path: str
    slots: int
    asset: uuid.UUID | None
    piece: Piece | None = None
    why: DomainError | None = None
    live: bool = False
    scheduled_at: dt.datetime | None = None

    def problems(self, target: Target, interval: Interval) -> list[Clash]:
        """What forbids, or only warns of, showing it on the target in an interval."""
        if self.piece is None:
            why = self.why or Refused("airing.not_signed")
            return [_error(why)]
        allowed = Allowed(self.piece.units, self.piece.channels, self.piece.not_before, self.piece.not_after)
        found: list[Clash] = []
        try:
            allowed.check_targets([target])
            allowed.check_time(interval.start)
            allowed.check_time(interval.end - dt.timedelta(milliseconds=1))
        except DomainError as error:
            found.append(_error(error))
        if self.live:
            return found
        if self.scheduled_at is not None and self.scheduled_at <= interval.start:
            return found
        if self.scheduled_at is None:
            return [*found, Clash(Severity.WARNING, "not_out_yet", {"target": target.name})]
        return [*found, Clash(Severity.WARNING, "out_later", {"target": target.name, "at": said(self.scheduled_at)})]


async def shelf(
    session: AsyncSession, actor: Actor, target: Target, air: OnAir, *, words: str = "", most: int = SHELF
) -> Sequence[Ready]:
    """Pieces with films that the actor reads, ready ones first, the newest of each first; who reads none sees none."""
    within = reach(actor, Action.DOCUMENT_READ)
    query = _films().where(or_(false(), *(Unit.path.startswith(path, autoescape=True) for path in within)))
    for word in words.split()[:5]:
        query = query.where(Document.title.contains(word, autoescape=True))
    found = await _ready(session, target, air, query.order_by(Document.updated_at.desc()).limit(most))
    return sorted(found, key=lambda one: one.piece is None)


async def ready_of(
    session: AsyncSession, target: Target, air: OnAir, documents: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, Ready]:
    """How these documents stand to the target; one without a film is not there."""
    if not documents:
        return {}
    found = await _ready(session, target, air, _films().where(Document.id.in_(documents)))
    return {one.document: one for one in found}


def _films() -> Select[Document, str, str]:
    """Documents whose current or live edition names a film."""
    counts = or_(Edition.is_current, Edition.is_live) & (Edition.state != EditionState.DISCARDED.value)
    named = (
        select(Edition.document_id)
        .join(RevisionAsset, RevisionAsset.revision_id == Edition.revision_id)
        .join(Asset, Asset.id == RevisionAsset.asset_id)
        .where(counts, Asset.kind == VIDEO)
    )
    return select(Document, Unit.name, Unit.path).join(Unit, Unit.id == Document.unit_id).where(Document.id.in_(named))


async def _ready(session: AsyncSession, target: Target, air: OnAir, query: Select[Document, str, str]) -> list[Ready]:
    rows = (await session.execute(query)).all()
    ids = [row.Document.id for row in rows]
    films = await _films_of(session, ids)
    live = await _live(session, target, ids)
    signed = await _signed(session, target, [one for one in ids if one not in live])
    found = []
    for row in rows:
        document = row.Document
        shown, (release, state, promised) = live.get(document.id), signed.get(document.id, (None, "", None))
        piece = shown or release
        slots, asset, waiting = films.get(document.id, (1, None, ""))
        why = _why(piece, air, state, waiting)
        found.append(
            Ready(
                document=document.id,
                public_id=document.public_id,
                title=document.title if piece is None else piece.title,
                unit=row.name,
                unit_path=row.path,
                slots=air.slots_of(piece) or slots if piece is not None else slots,
                asset=asset,
                piece=piece if why is None else None,
                why=why,
                live=shown is not None,
                scheduled_at=promised,
            )
        )
    return found


def _why(piece: Piece | None, air: OnAir, state: str, waiting: str) -> DomainError | None:
    """What is missing, the first thing first."""
    if piece is None:
        return Refused("airing.film_waits", name=waiting) if waiting else Refused("airing.not_signed", state=state)
    return None if air.slots_of(piece) else Refused("airing.no_film")


async def _films_of(
    session: AsyncSession, ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, tuple[int, uuid.UUID | None, str]]:
    """By document: slots of its films, the first film, and the name of one that is not ready."""
    query = (
        select(Edition.document_id, Asset.id, Asset.name, Asset.duration_ms, Asset.state)
        .join(RevisionAsset, RevisionAsset.revision_id == Edition.revision_id)
        .join(Asset, Asset.id == RevisionAsset.asset_id)
        .where(Edition.document_id.in_(ids), Edition.is_current, Asset.kind == VIDEO)
        .order_by(Asset.created_at)
    )
    found: dict[uuid.UUID, tuple[int, uuid.UUID | None, str]] = {}
    for row in (await session.execute(query)).all():
        slots, first, waiting = found.get(row.document_id, (0, None, ""))
        late = row.name if row.state != VideoState.READY.value else ""
        found[row.document_id] = (slots + slots_for(row.duration_ms or 0), first or row.id, waiting or late)
    return found


async def _live(session: AsyncSession, target: Target, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Piece]:
    query = select(Showing).where(Showing.target_id == target.id, Showing.document_id.in_(ids))
    rows = (await session.scalars(query.where(Showing.removed_at.is_(None)))).all()
    return dict(zip([row.document_id for row in rows], await pieces.pieces(session, rows, target.kind), strict=True))


async def _signed(
    session: AsyncSession, target: Target, ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, tuple[Piece | None, str, dt.datetime | None]]:
    """By document: what was signed of its current edition, its state, and when it was promised."""
    query = (
        select(Edition.document_id, Edition.state, Edition.scheduled_at, ReleaseRow.text)
        .outerjoin(ReleaseRow, (ReleaseRow.edition_id == Edition.id) & (ReleaseRow.round == Edition.round))
        .where(Edition.document_id.in_(ids), Edition.is_current)
    )
    found: dict[uuid.UUID, tuple[Piece | None, str, dt.datetime | None]] = {}
    for row in (await session.execute(query)).all():
        counts = EditionState(row.state) in _SIGNED and row.text is not None
        piece = piece_of(read_release(row.text)).for_channel(target.kind) if counts else None
        promised = row.scheduled_at if row.state == EditionState.SCHEDULED.value else None
        found[row.document_id] = (piece, row.state, promised)
    return found


def _error(error: DomainError) -> Clash:
    return Clash(Severity.ERROR, f"error.{error.code}", {name: str(value) for name, value in error.params.items()})
