"""What stands in the way of a promise or a placement, gathered before it is saved; nothing is written here."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import Held, look
from cms.content.models import Document
from cms.kernel.errors import DomainError
from cms.library.models import VIDEO, Asset
from cms.library.states import VideoState
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, can, require_can
from cms.planning.daypart_rows import daypart_hours, with_hours
from cms.planning.embargo import embargo_of
from cms.planning.holidays import read_calendar
from cms.planning.hours import day_and_hour
from cms.planning.models import Occurrence, Placement, Target
from cms.planning.occurrences import OPEN, OccurrenceKind
from cms.planning.rules import read_rule
from cms.planning.schedule import Wanted, check_promise
from cms.planning.targets import targets_by_code
from schedules.calendar import Calendar
from schedules.clashes import SOON, Clash, Placing, Sending, Severity, of_placing, of_sending, said
from schedules.expand import expand
from schedules.intervals import Interval
from schedules.resolve import Layer

# Beyond a month nobody reads minutes; the rule itself is checked further (`placements.horizon`).
LOOKED_AT: Final = dt.timedelta(days=30)
# What another unit's piece is called here; no letters, because the page says it in the reader's language.
UNSEEN: Final = "…"
_AROUND: Final = SOON + dt.timedelta(hours=1)


async def clashes_of_promise(
    session: AsyncSession,
    actor: Actor,
    edition: uuid.UUID,
    wanted: Wanted,
    *,
    posts: frozenset[str],
    now: dt.datetime,
) -> Sequence[Clash]:
    """Broken rules first, then what has to be confirmed. `posts` are the channel kinds where every post counts.

    Raises Denied, NotFound: who may not schedule it is told nothing of what else is planned.
    """
    held = await look(session, edition)
    require_can(actor, Action.PUBLISHING_SCHEDULE, held.subject)
    found: list[Clash] = []
    try:
        await check_promise(session, held, actor, wanted, now=now)
    except DomainError as error:
        found.append(_of_refusal(error))
    found += await _unready(session, held)
    chosen = await targets_by_code(session, wanted.targets)
    new = Sending(
        str(edition),
        str(held.document.id),
        held.document.title,
        wanted.at,
        frozenset(target.name for target in chosen),
        frozenset(target.name for target in chosen if target.kind in posts),
    )
    found += of_sending(new, await _sendings(session, actor, wanted.at, posts))
    return found + await day_and_hour(session, held.document.id, chosen, wanted.at)


async def clashes_of_placement(
    session: AsyncSession,
    actor: Actor,
    document: uuid.UUID,
    *,
    target: str,
    rule: Mapping[str, Any],
    layer: Layer,
    now: dt.datetime,
    priority: int = 0,
    instead_of: uuid.UUID | None = None,
) -> Sequence[Clash]:
    """As `clashes_of_promise`, for the next thirty days of a rule. Raises Invalid for what is no rule, NotFound."""
    (row,) = await targets_by_code(session, [target])
    wanted = with_hours(read_rule(rule), await daypart_hours(session))
    start = max(wanted.start, now)
    window = Interval(start, start + LOOKED_AT)
    calendar = await read_calendar(session)
    title = await session.scalar(select(Document.title).where(Document.id == document)) or ""
    new = Placing("", str(document), title, layer, priority, now, expand(wanted, window, calendar))
    others = [one for one in await _placings(session, actor, row, window, calendar) if one.id != str(instead_of)]
    found = list(of_placing(new, others, window, target=row.name))
    held_back = await embargo_of(session, document, now=now)
    if held_back is not None and wanted.start < held_back.until:
        found.append(Clash(Severity.INFO, "embargo_first", {"until": said(held_back.until)}))
    return sorted(found, key=lambda one: list(Severity).index(one.severity))


def _of_refusal(error: DomainError) -> Clash:
    return Clash(Severity.ERROR, f"error.{error.code}", {name: str(value) for name, value in error.params.items()})


async def _unready(session: AsyncSession, held: Held) -> list[Clash]:
    """Videos of the piece that no channel can show yet."""
    blocks = held.revision.body.get("blocks", [])
    wanted = {uuid.UUID(block["asset"]) for block in blocks if block.get("type") == "video" and block.get("asset")}
    if not wanted:
        return []
    query = select(Asset.name).where(Asset.id.in_(wanted), Asset.kind == VIDEO, Asset.state != VideoState.READY.value)
    names = (await session.scalars(query.order_by(Asset.name))).all()
    return [Clash(Severity.WARNING, "media_not_ready", {"name": name}) for name in names]


async def _sendings(session: AsyncSession, actor: Actor, at: dt.datetime, posts: frozenset[str]) -> Sequence[Sending]:
    """What was promised, or went out, around an instant."""
    query = (
        select(Occurrence, Document.title, Unit.path)
        .join(Document, Document.id == Occurrence.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(
            Occurrence.kind == OccurrenceKind.PUBLISH.value,
            Occurrence.at > at - _AROUND,
            Occurrence.at < at + _AROUND,
            or_(Occurrence.state.in_(OPEN), Occurrence.state == "done"),
        )
        .limit(500)
    )
    rows = (await session.execute(query)).all()
    codes = {code for row in rows for code in row.Occurrence.targets}
    known = (await session.scalars(select(Target).where(Target.code.in_(codes)))).all()
    names = {target.code: target.name for target in known}
    accounts = {target.code for target in known if target.kind in posts}
    return [
        Sending(
            str(row.Occurrence.edition_id),
            str(row.Occurrence.document_id),
            _seen(actor, row),
            row.Occurrence.at,
            frozenset(names[code] for code in row.Occurrence.targets if code in names),
            frozenset(names[code] for code in row.Occurrence.targets if code in accounts),
        )
        for row in rows
    ]


async def _placings(
    session: AsyncSession, actor: Actor, target: Target, window: Interval, calendar: Calendar
) -> Sequence[Placing]:
    query = select(Placement, Document.title, Unit.path).join(Document, Document.id == Placement.document_id)
    query = query.join(Unit, Unit.id == Document.unit_id)
    query = query.where(Placement.target_id == target.id, Placement.ended_at.is_(None)).order_by(Placement.id)
    return [
        Placing(
            str(row.Placement.id),
            str(row.Placement.document_id),
            _seen(actor, row),
            Layer(row.Placement.layer),
            row.Placement.priority,
            row.Placement.created_at,
            expand(read_rule(row.Placement.rule), window, calendar),
        )
        for row in (await session.execute(query)).all()
    ]


def _seen(actor: Actor, row: Any) -> str:
    """A title, where the actor may read the piece; that something is there they are told anyway."""
    return row.title if can(actor, Action.DOCUMENT_READ, Subject(row.path)) else UNSEEN
