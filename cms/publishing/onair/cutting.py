"""Cutting into channels: only what is approved and live there, by whoever may publish; ending it is easier."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.kinds import Kind
from cms.contract import Piece
from cms.kernel.clock import to_ms
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from cms.planning.models import Target
from cms.planning.placements import unit_of
from cms.planning.targets import targets_by_code
from cms.publishing.fan_out import Cause, order
from cms.publishing.models import Delivery, Showing
from cms.publishing.onair.budget import Rungs, check, cost_of
from cms.publishing.onair.jobs import queued_texts, want_crawl, want_picture
from cms.publishing.onair.models import CHANNEL, AirJob, CutInKind, CutInRow
from cms.publishing.onair.showing import live_at
from cms.publishing.onair.words import Words
from cms.publishing.pieces import pieces
from cms.publishing.states import CUT_IN, PRIORITY, RECALL_PRIORITY, PublicationKind
from cms.review.pieces import piece_of
from cms.review.rushing import URGENT
from cms.trust.release import read_release
from schedules.clashes import said

LONGEST: Final = dt.timedelta(hours=24)
CRAWLS: Final = frozenset({Kind.NOTICE.value, URGENT})
MOMENT: Final = dt.timedelta(seconds=8)
USUAL: Final = dt.timedelta(hours=2)
_AHEAD: Final = dt.timedelta(days=3)
# Among what takes off: an emergency waits behind nothing but a recall.
_PRIORITY: dict[CutInKind, int] = {
    CutInKind.EMERGENCY: RECALL_PRIORITY - 10,
    CutInKind.INSERT: PRIORITY[PublicationKind.PUBLISH] + 10,
}
_PRIORITY |= dict.fromkeys((CutInKind.TEXT, CutInKind.LIVE), _PRIORITY[CutInKind.INSERT])


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to cut in.

    Attributes:
        start: None for as soon as possible; a text first has to be made.
        until: of an emergency, two hours without.
        length: of a text.
        rungs: of a text, which pictures carry it.
        source: of live input, where it comes from; without one it is no order.
    """

    kind: CutInKind
    targets: tuple[str, ...]
    start: dt.datetime | None = None
    until: dt.datetime | None = None
    length: dt.timedelta = dt.timedelta(seconds=30)
    rungs: Rungs = Rungs.MIDDLE
    source: uuid.UUID | None = None


async def cut_in(
    session: AsyncSession, actor: Actor, document: uuid.UUID, wish: Wish, *, now: dt.datetime
) -> Sequence[CutInRow]:
    """Puts a piece onto channels instead of what is planned there.

    Nothing unapproved can be shown: the piece has to be live on each channel, and an emergency was signed with the two
    keys of one.

    Raises:
        Denied: no right to publish in the piece's unit or a channel's.
        Invalid: `publishing.cut_in_times` for a start in the past or too far ahead, or an end before it.
        Refused: `publishing.cut_in_no_channel`, `.cut_in_not_live`, `.cut_in_not_urgent`, `.cut_in_no_video`,
            `.cut_in_no_source`; of a text `.crawl_not_notice`, `.crawl_too_dear` beyond the encoder's budget,
            `.crawl_too_soon` to be ready.
        NotFound: a channel or the document.
    """
    if (wish.kind is CutInKind.LIVE) != (wish.source is not None):
        raise Refused("publishing.cut_in_no_source")
    chosen = await targets_by_code(session, wish.targets)
    require_can(actor, Action.PUBLISHING_PUBLISH, Subject(await unit_of(session, document)))
    for target in chosen:
        require_can(actor, Action.PUBLISHING_PUBLISH, Subject(target.unit_path))
    start, until = _times(wish, now, await queued_texts(session) if wish.kind is CutInKind.TEXT else 0.0)
    rows = []
    for target in chosen:
        shown, piece = await _shown(session, target, document, now)
        _check(wish.kind, shown, piece, target)
        if wish.kind is CutInKind.EMERGENCY:
            await want_picture(session, Words.of(piece), kind=wish.kind, now=now)
        ends = until if until is None or shown.until is None else min(until, shown.until)
        row = _row(actor, target, document, wish.kind, start, ends, now)
        if wish.kind is CutInKind.TEXT and ends is not None:
            row.job_id = (await _crawl(session, row, Words.of(piece), target, wish.rungs, ends, now)).id
        rows.append(row)
    session.add_all(rows)
    await session.flush()
    await _order(session, actor, chosen, wish.kind, now)
    for row, target in zip(rows, chosen, strict=True):
        details = {"kind": row.kind, "document": str(document), "cut_in": str(row.id)}
        details |= {"source": str(wish.source)} if wish.source is not None else {}
        unit = target.unit_path
        await record(session, actor, "cut_in.begin", of=("target", target.code), unit=unit, details=details, now=now)
    return rows


async def prepare(session: AsyncSession, target: Target, document: uuid.UUID, *, now: dt.datetime) -> None:
    """Has the picture of an emergency made before anybody puts it on air."""
    _, piece = await _shown(session, target, document, now)
    await want_picture(session, Words.of(piece), kind=CutInKind.EMERGENCY, now=now)


async def prepare_release(session: AsyncSession, text: str, *, now: dt.datetime) -> None:
    """Has the picture of an emergency made while its keys are still asked for: it is on air as the second turns."""
    piece = piece_of(read_release(text)).for_channel(CHANNEL)
    if piece.kind == URGENT and CHANNEL in piece.channels:
        await want_picture(session, Words.of(piece), kind=CutInKind.EMERGENCY, now=now)


async def end_cut_in(session: AsyncSession, actor: Actor, key: uuid.UUID, *, now: dt.datetime) -> CutInRow:
    """Ends it: the channel returns to what is planned at the next slot that may change.

    Whoever may recall there may do this. Raises Denied, NotFound `publishing.no_cut_in`.
    """
    row = await session.get(CutInRow, key, with_for_update=True)
    if row is None or row.ended_at is not None:
        raise NotFound("publishing.no_cut_in")
    target = await session.get_one(Target, row.target_id)
    require_can(actor, Action.PUBLISHING_RECALL, Subject(target.unit_path))
    row.ended_at, row.ended_by = now, actor.person
    await session.flush()
    await _order(session, actor, [target], CutInKind(row.kind), now)
    details = {"kind": row.kind, "document": str(row.document_id), "cut_in": str(row.id)}
    unit = target.unit_path
    await record(session, actor, "cut_in.end", of=("target", target.code), unit=unit, details=details, now=now)
    return row


def _times(wish: Wish, now: dt.datetime, queued: float) -> tuple[dt.datetime, dt.datetime | None]:
    if wish.kind is CutInKind.TEXT:
        return _text_times(wish, now, queued)
    start = now if wish.start is None else wish.start
    # A minute's grace: people type minutes, and the page stood open for a while.
    if start < now - dt.timedelta(minutes=1) or start > now + _AHEAD:
        raise Invalid("publishing.cut_in_times", fields={"start": "publishing.cut_in_times"})
    start = max(start, now)
    if wish.kind is CutInKind.INSERT:
        return start, None
    until = start + USUAL if wish.until is None else wish.until
    if not start < until <= start + LONGEST:
        raise Invalid("publishing.cut_in_times", fields={"until": "publishing.cut_in_times"})
    return start, until


def _text_times(wish: Wish, now: dt.datetime, queued: float) -> tuple[dt.datetime, dt.datetime]:
    cost = cost_of(wish.length * len(wish.targets), wish.rungs, queued=queued)
    check(cost)
    earliest = now + cost.ahead
    start = earliest if wish.start is None else wish.start
    if start < earliest:
        raise Refused("publishing.crawl_too_soon", at=said(earliest))
    if start > now + _AHEAD or not MOMENT <= wish.length <= LONGEST:
        raise Invalid("publishing.cut_in_times", fields={"start": "publishing.cut_in_times"})
    return start, start + wish.length


async def _crawl(  # noqa: PLR0917 - one private caller
    session: AsyncSession,
    row: CutInRow,
    words: Words,
    target: Target,
    rungs: Rungs,
    until: dt.datetime,
    now: dt.datetime,
) -> AirJob:
    times = {"start": to_ms(row.start_at), "until": to_ms(until)}
    spec = {**words.spec(), **times, "target": target.code, "rungs": rungs.value}
    return await want_crawl(session, spec, key=hashlib.sha256(row.id.bytes).hexdigest(), now=now)


async def _shown(session: AsyncSession, target: Target, document: uuid.UUID, now: dt.datetime) -> tuple[Showing, Piece]:
    if target.kind != CHANNEL:
        raise Refused("publishing.cut_in_no_channel", target=target.name)
    row = await session.scalar(live_at(target, now).where(Showing.document_id == document))
    if row is None or row.not_before > now:
        raise Refused("publishing.cut_in_not_live", target=target.name)
    (piece,) = await pieces(session, [row], target.kind)
    return row, piece


def _check(kind: CutInKind, shown: Showing, piece: Piece, target: Target) -> None:
    if kind is CutInKind.EMERGENCY and shown.kind != URGENT:
        raise Refused("publishing.cut_in_not_urgent", title=piece.title)
    if kind is CutInKind.TEXT and shown.kind not in CRAWLS:
        raise Refused("publishing.crawl_not_notice", title=piece.title)
    if kind is CutInKind.INSERT and not any(block.get("type") == "video" for block in piece.body.get("blocks", ())):
        raise Refused("publishing.cut_in_no_video", title=piece.title, target=target.name)


def _row(  # noqa: PLR0917 - one private caller
    actor: Actor,
    target: Target,
    document: uuid.UUID,
    kind: CutInKind,
    start: dt.datetime,
    until: dt.datetime | None,
    now: dt.datetime,
) -> CutInRow:
    return CutInRow(
        id=uuid7(now),
        target_id=target.id,
        document_id=document,
        kind=kind.value,
        start_at=start,
        until=until,
        created_by=actor.person,
        created_at=now,
    )


async def _order(
    session: AsyncSession, actor: Actor | None, targets: Sequence[Target], kind: CutInKind, now: dt.datetime
) -> None:
    cause = Cause(f"cut_in:{uuid7(now)}", None if actor is None else actor.person, now, CUT_IN)
    made = await order(session, PublicationKind.REFRESH, cause, targets, now=now)
    first = update(Delivery).where(Delivery.publication_id == made.id).values(priority=_PRIORITY[kind])
    await session.execute(first.execution_options(synchronize_session=False))


async def order_again(session: AsyncSession, targets: Sequence[Target], kind: CutInKind, *, now: dt.datetime) -> None:
    """Shows what was made meanwhile on channels that wait for it."""
    if targets:
        await _order(session, None, targets, kind, now)
